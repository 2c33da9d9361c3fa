"""One report on its way through a field map: what the compiled closures are given beside the value, and what they call each other."""

from collections.abc import Callable, Mapping
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


class Run:
    """The report, the translations of the day by the number of their code list, and the signals so far.

    `given` are the identifiers that elements have been given, `asked` those that others refer to, with the paths of these.
    """

    __slots__ = ("asked", "given", "report", "signals", "tables")

    def __init__(self, report: Report, tables: tuple[Mapping[str, Translation], ...]) -> None:
        self.report = report
        self.tables = tables
        self.signals: list[Signal] = []
        self.given: set[str] = set()
        self.asked: list[tuple[str, str]] = []


Getter = Callable[[Any], Any]  # of an item: its value, or None
Source = Callable[[Any, Run], Any]  # of an item and the run: a value, or None where it is absent
Step = Callable[[Any, Run], Any]  # of a value that is there: what it becomes
Test = Callable[[Any, Run], bool]  # of an item
Fill = Callable[[Any, Run, list[Node]], None]  # adds to the nodes what an item has for one target
