"""The paths of a report: every field by its name (`people.family_name`, `incident.occurred_from`), and fast ways to its values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec.structs import fields

from hub.reports import model
from hub.reports.model import Report


class Kind(StrEnum):
    """What a field of a report holds."""

    TEXT = "text"
    CODE = "code"  # one of a closed list of texts
    DATE = "date"
    INSTANT = "date and time"
    INTEGER = "whole number"
    DECIMAL = "number"
    BOOLEAN = "yes or no"


@dataclass(frozen=True, eq=False)
class Leaf:
    """A field with a value, or with a list of values where `many`."""

    path: str
    kind: Kind
    many: bool = False
    codes: tuple[str, ...] = ()  # every code that a CODE may be


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a report with fields of its own, or a list of such parts where `many`; the report itself has the path ``."""

    path: str
    model: type[model.Part]
    below: Mapping[str, "Part | Leaf"]
    many: bool = False

    def leaves(self) -> Iterator[Leaf]:
        """Every field at or below this part, in the order of the model."""
        for one in self.below.values():
            if isinstance(one, Leaf):
                yield one
            else:
                yield from one.leaves()


@dataclass(frozen=True, eq=False)
class Way:
    """How a path leads from a part to a field: the names to follow, each with whether a list stands there."""

    end: Part | Leaf
    steps: tuple[tuple[str, bool], ...]

    @property
    def many(self) -> bool:
        """Whether it leads to several values: a list stands somewhere on the way."""
        return any(many for _, many in self.steps)


@cache
def report_paths() -> Part:
    """The canonical report as a tree of parts and fields."""
    return _part("", Report, many=False)


def every_leaf() -> tuple[Leaf, ...]:
    """Every field of a report."""
    return tuple(report_paths().leaves())


def find(start: Part | Leaf, path: str) -> Way | None:
    """The way from a part to a path below it (`incident.offence`); the empty path stays where it is. None where there is no such field."""
    steps: list[tuple[str, bool]] = []
    here = start
    for name in path.split(".") if path else ():
        below = here.below.get(name) if isinstance(here, Part) else None
        if below is None:
            return None
        steps.append((name, below.many))
        here = below
    return Way(here, tuple(steps))


def names_below(start: Part | Leaf) -> list[str]:
    """Every path that `find` would find from here: what a misspelt one is compared with."""
    if isinstance(start, Leaf):
        return []
    found: list[str] = []
    for name, below in start.below.items():
        found += [name, *(f"{name}.{path}" for path in names_below(below))]
    return found


def one(way: Way) -> Callable[[Any], Any]:
    """A getter of the single value on a way without lists; None where any part of the way is absent."""
    names = [name for name, _ in way.steps]
    if not names:
        return _itself
    if len(names) == 1:
        return attrgetter(names[0])
    *parts, last = map(attrgetter, names)
    return _through(parts[0], last) if len(parts) == 1 else _along(parts, last)


def every(way: Way) -> Callable[[Any], list[Any]]:
    """A getter of all the values on a way, lists flattened, absent ones left out."""
    names = [name for name, _ in way.steps]
    if len(names) == 1 and way.many:
        return attrgetter(names[0])
    getters = [(attrgetter(name), many) for name, many in way.steps]

    def values(start: Any) -> list[Any]:
        found = [start]
        for get, many in getters:
            found = [each for part in found for each in get(part)] if many else [v for part in found if (v := get(part)) is not None]
        return found

    return values


def _itself(start: Any) -> Any:
    return start


def _through(part: Callable[[Any], Any], last: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def value(start: Any) -> Any:
        found = part(start)
        return None if found is None else last(found)

    return value


def _along(parts: Sequence[Callable[[Any], Any]], last: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def value(start: Any) -> Any:
        for part in parts:
            if (start := part(start)) is None:
                return None
        return last(start)

    return value


_KINDS: dict[Any, Kind] = {
    str: Kind.TEXT,
    date: Kind.DATE,
    datetime: Kind.INSTANT,
    int: Kind.INTEGER,
    float: Kind.DECIMAL,
    Decimal: Kind.DECIMAL,
    bool: Kind.BOOLEAN,
}


def _part(path: str, part: type[model.Part], *, many: bool) -> Part:
    below = {one.name: _field(f"{path}.{one.name}" if path else one.name, one.type) for one in fields(part)}
    return Part(path, part, below, many)


def _field(path: str, annotation: Any) -> Part | Leaf:
    inner = _plain(annotation)
    many = get_origin(inner) is list
    if many:
        inner = _plain(get_args(inner)[0])
    if isinstance(inner, type) and issubclass(inner, model.Part):
        return _part(path, inner, many=many)
    if get_origin(inner) is Literal:
        return Leaf(path, Kind.CODE, many, tuple(map(str, get_args(inner))))
    return Leaf(path, _KINDS[inner], many)


def _plain(annotation: Any) -> Any:
    """The annotation without `Annotated` and without `None`."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return next(_plain(arg) for arg in get_args(annotation) if arg is not type(None))
    return annotation
