"""The columns language of the suites: how one value is had of each row, compiled once to a closure.

A row is a report, a record or a volume. A value is a text or a number, never both in one column: a boolean is the
text `true` or `false`; an instant is its seconds since 1970, a date those of its midnight (UTC), an amount a float.
Errors are ValueErrors, which the loader of the suite puts in their place in the file.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import Field, PlainValidator, model_validator

from hub.documents import Closed, did_you_mean
from hub.mapping.record import Record
from hub.quality.derived import OF_REPORTS, OF_VOLUMES, Derived
from hub.quality.volume import Volume
from hub.reports.model import Report
from hub.reports.paths import Kind, Leaf, Part, Way, every, find, names_below, one, report_paths

R = TypeVar("R")
Cell = str | float | None
Cells = list[Cell]
EPOCH = date(1970, 1, 1).toordinal()
DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One value of each row: `cells` gives those of many rows on a day, in their order.

    `field` names it in findings: a field of the report, a path of the target, or a count of a volume.
    """

    field: str
    text: bool
    cells: Callable[[Sequence[R], date], Cells]


class Spec(Closed):
    """A column as a suite writes it; a string is short for `{from: …}`."""

    from_: Annotated[str | None, Field(alias="from")] = None
    first: str | None = None
    count: str | None = None
    length: str | None = None
    lines: str | None = None
    call: str | None = None
    role: str | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if len(self.model_fields_set - {"role"}) != 1:
            raise ValueError("a column has exactly one of from, first, count, length, lines and call")
        if self.role and not (self.first or self.count):
            raise ValueError("role goes with first or count")
        return self


def of_report(raw: object) -> Column[Report]:
    """Compile a column of the suites of reports."""
    spec = _spec(raw)
    if spec.call:
        return _called(OF_REPORTS, spec.call)
    if spec.from_:
        return _value(spec.from_)
    if spec.length:
        return _length(spec.length)
    if spec.lines:
        return _lines(spec.lines)
    if spec.first:
        return _first(spec.first, spec.role)
    return _count(spec.count or "", spec.role)


def of_record(raw: object) -> Column[Record]:
    """Compile a column of a suite of records: `from`, `count` or `lines` of a path of the target."""
    spec = _spec(raw)
    if spec.from_:
        return Column(spec.from_, True, _each(_value_at(spec.from_)))
    if spec.lines:
        return Column(spec.lines, True, _each(_lines_at(spec.lines)))
    if spec.count and not spec.role:
        return Column(spec.count, False, _each(_count_at(spec.count)))
    raise ValueError("a column of records has from, count or lines, with a path of the target")


def of_volume(raw: object) -> Column[Volume]:
    """Compile a column of the suite of volumes: `from` one of a volume's counts, or `call`."""
    spec = _spec(raw)
    if spec.call:
        return _called(OF_VOLUMES, spec.call)
    counts = ("picked_up", "quarantined", "daily_minimum")
    if spec.from_ not in counts:
        raise unknown("count", spec.from_ or "", counts)
    get = attrgetter(spec.from_)
    return Column(spec.from_, False, lambda volumes, _: list(map(get, volumes)))


ReportColumn = Annotated[Column[Report], PlainValidator(of_report)]
RecordColumn = Annotated[Column[Record], PlainValidator(of_record)]
VolumeColumn = Annotated[Column[Volume], PlainValidator(of_volume)]


def unknown(what: str, name: str, known: Iterable[str]) -> ValueError:
    """An error that names the nearest right name."""
    hint = did_you_mean(name, known)
    return ValueError(f"unknown {what} {name!r}{f'; {hint}' if hint else ''}")


def _spec(raw: object) -> Spec:
    if isinstance(raw, str):
        return Spec.model_validate({"from": raw})
    keys = [info.alias or name for name, info in Spec.model_fields.items()]
    for key in raw if isinstance(raw, dict) else ():
        if key not in keys:
            raise unknown("key", key, keys)
    return Spec.model_validate(raw)


def _each(of: Callable[[R], Cell]) -> Callable[[Sequence[R], date], Cells]:
    return lambda rows, _: [of(row) for row in rows]


def _called(registry: Mapping[str, Derived[R]], name: str) -> Column[R]:
    if name not in registry:
        raise unknown("named value", name, registry)
    derived = registry[name]
    of = derived.of
    return Column(derived.field, derived.text, lambda rows, day: [of(row, day) for row in rows])


def _value(path: str) -> Column[Report]:
    way = _way(report_paths(), path)
    if way.many:
        raise ValueError(f"{path!r} has several values: use first, count or lines")
    get, (convert, text) = one(way), _conversion(path, way.end)
    return Column(path, text, lambda reports, _: convert(map(get, reports)))


def _length(path: str) -> Column[Report]:
    column = _value(path)
    if not column.text:
        raise ValueError(f"{path!r} is no text: it has no length")
    of = column.cells
    return Column(path, False, lambda reports, day: [len(str(text or "")) for text in of(reports, day)])


def _lines(path: str) -> Column[Report]:
    way = _way(report_paths(), path)
    get, (convert, text) = every(way), _conversion(path, way.end)
    if not text:
        raise ValueError(f"{path!r} is no text: it makes no lines")
    return Column(path, True, _each(lambda report: _joined(convert(get(report)))))


def _first(path: str, role: str | None) -> Column[Report]:
    root, _, rest = path.partition(".")
    items, part = _items(root, role)
    way = _way(part, rest)
    if not rest or way.many:
        raise ValueError(f"first takes one value of a list's items: {root}.<field>")
    get, (convert, text) = one(way), _conversion(path, way.end)
    return Column(path, text, lambda reports, _: convert(next(map(get, items(report)), None) for report in reports))


def _count(path: str, role: str | None) -> Column[Report]:
    items, _ = _items(path, role)
    return Column(path, False, lambda reports, _: [len(items(report)) for report in reports])


def _items(path: str, role: str | None) -> tuple[Callable[[Report], Sequence[Any]], Part | Leaf]:
    """The items of a list, or those of one role: people have several roles each, locations and vehicles one."""
    way = _way(report_paths(), path)
    if not way.end.many:
        raise ValueError(f"{path!r} is no list")
    get = one(way)
    if role is None:
        return lambda report: get(report) or (), way.end
    has, several = _role(way.end, path, role)
    if several:
        return lambda report: [item for item in get(report) if role in has(item)], way.end
    return lambda report: [item for item in get(report) if has(item) == role], way.end


def _role(part: Part | Leaf, path: str, role: str) -> tuple[Callable[[Any], Any], bool]:
    """The getter of an item's role or roles, and whether it may have several."""
    field = next((found.end for name in ("role", "roles") if (found := find(part, name))), None)
    if not isinstance(field, Leaf):
        raise ValueError(f"the items of {path!r} have no role")
    if role not in field.codes:
        raise unknown("role", role, field.codes)
    return attrgetter("roles" if field.many else "role"), field.many


def _way(start: Part | Leaf, path: str) -> Way:
    way = find(start, path)
    if way is None:
        raise unknown("field of the report", path, names_below(start))
    return way


def _conversion(path: str, end: Part | Leaf) -> tuple[Callable[[Iterable[Any]], Cells], bool]:
    """How values of this kind become cells, and whether these are texts."""
    if isinstance(end, Part):
        raise ValueError(f"{path!r} is a part, not a value: name one of its fields")
    match end.kind:
        case Kind.BOOLEAN:
            return lambda values: [_BOOLEANS[value] for value in values], True
        case Kind.INSTANT:
            return lambda values: [None if value is None else value.timestamp() for value in values], False
        case Kind.DATE:
            return lambda values: [None if value is None else (value.toordinal() - EPOCH) * DAY for value in values], False
        case Kind.INTEGER | Kind.DECIMAL:
            return lambda values: [None if value is None else float(value) for value in values], False
    return list, True


_BOOLEANS = {True: "true", False: "false", None: None}


def _joined(cells: Iterable[Cell]) -> str | None:
    return "\n".join(str(cell) for cell in cells if cell is not None) or None


def _value_at(path: str) -> Callable[[Record], Cell]:
    def value(record: Record) -> Cell:
        found = next((found for found in record.values(path) if found is not None), None)
        return None if found is None else str(found)

    return value


def _lines_at(path: str) -> Callable[[Record], Cell]:
    return lambda record: "\n".join(str(found) for found in record.values(path) if found is not None) or None


def _count_at(path: str) -> Callable[[Record], Cell]:
    return lambda record: sum(found is not None for found in record.values(path))
