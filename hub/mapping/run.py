"""One report on its way through a field map: what the compiled closures are given beside the value, and what they call each other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.mapping.codes import Translation
from hub.mapping.record import Node, Signal
from hub.reports.model import Report


class Unmappable(Exception):
    """This report cannot become a record: `code` is `required-missing`, `code-unmapped` or `reference-dangling`, `path` the target's.

    Neither holds a value.
    """

    def __init__(self, code: str, path: str) -> None:
        super().__init__(f"{code} at {path}")
        self.code = code
        self.path = path


Tables = tuple[Mapping[str, Translation], ...]


class Run:
    """The report, the translations of the day by the number of their code list, and the signals so far.

    `ready` has, for each rule with a code list, the nodes that could be made beforehand for the day, by the code. `given` are the
    identifiers that elements have been given, `asked` those that others refer to, with the paths of these.
    """

    __slots__ = ("asked", "given", "ready", "report", "signals", "tables")

    def __init__(self, report: Report, tables: Tables, ready: Sequence[Mapping[Any, Node]] = ()) -> None:
        self.report = report
        self.tables = tables
        self.ready = ready
        self.signals: list[Signal] = []
        self.given: set[str] = set()
        self.asked: list[tuple[str, str]] = []


Getter = Callable[[Any], Any]  # of an item: its value, or None
Source = Callable[[Any, Run], Any]  # of an item and the run: a value, or None where it is absent
Change = Callable[[Any, Run], Any]  # of a value that is there: what it becomes
Test = Callable[[Any, Run], bool]  # of an item


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One thing that is done to a value, with what may be known of it beforehand.

    `plain` is the same without the run, where the step never asks for it; `untouched` an expression of the value, `{}`, under which
    it stays as it is; `codes` the number of the code list that the step reads.
    """

    call: Change
    plain: Callable[[Any], Any] | None = None
    untouched: str = ""
    codes: int | None = None


def plainly(write: Callable[[Any], Any]) -> Step:
    """A step that needs nothing but the value."""
    return Step(lambda value, _: write(value), plain=write)


def chained(steps: Sequence[Step]) -> Change:
    """These steps in order, as one."""
    if len(steps) == 1:
        return steps[0].call
    calls = tuple(step.call for step in steps)

    def change(value: Any, run: Run) -> Any:
        for call in calls:
            value = call(value, run)
        return value

    return change
