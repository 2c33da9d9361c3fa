"""What a report becomes for a force: each value with the field that it came from and the line that decides."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hub.mapping.record import Node, Record, Shape, Signal, Value
from hub.reports.model import Report
from hub.workbench.opened import Line, OpenMap, OpenRoute
from hub.workbench.rules import deciding, elsewhere


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a record: `at` numbers the items of lists (`persons[2]/SURNAME`), `target` is the path in the field map.

    `says` and `line` are the rule's source; `also` the keys that another line says, such as a force's override.
    """

    at: str
    target: str
    value: Value
    origins: tuple[str, ...]
    says: str
    line: Line | None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Preview:
    """A report as a record, explained: `map` is the field map that it goes by."""

    map: str
    record: Record
    rows: tuple[Row, ...]

    @property
    def signals(self) -> tuple[Signal, ...]:
        """What was not carried over exactly."""
        return self.record.signals


def preview(opened: OpenRoute, report: Report, day: date) -> Preview:
    """The report by the rules of a day. Raises Unmappable."""
    one = opened.map_for(report.service)
    record = one.compiled.apply(report, day)
    return Preview(one.name, record, tuple(_rows(one, record.nodes, "")))


def text_of(value: Value) -> str:
    """A value as a person reads it: an empty element is `(empty)`."""
    if value is None:
        return "(empty)"
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _rows(one: OpenMap, nodes: list[Node], above: str) -> Iterator[Row]:
    counted: Counter[str] = Counter()
    for field, content in nodes:
        counted[field.name] += 1
        at = f"{above}{field.name}[{counted[field.name]}]" if field.shape is Shape.LIST else f"{above}{field.name}"
        if isinstance(content, list):
            yield from _rows(one, content, f"{at}/")
        else:
            yield _row(one, at, field.path, content, field.origins)


def _row(one: OpenMap, at: str, path: str, value: Value, origins: tuple[str, ...]) -> Row:
    target = one.targets.get(path)
    if target is None:
        return Row(at, path, value, origins, "", None)
    said = deciding(target)
    return Row(at, path, value, origins, said.text, said.line, tuple(f"{one.text} ({one.line})" for one in elsewhere(target)))
