"""What each field of the canonical model may hold, by its name on the wire: compiled once, from the model itself.

A field that is added to the model is known here without a word.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

IN_CAPITALS = frozenset({"category", "reference", "area_code"})
IN_SMALL_LETTERS = frozenset({"submission_id", "media_type", "sha256"})


class Kind(StrEnum):
    """What a field holds."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    CODE = "code"  # one of a closed list, or a text that has one casing
    DATE = "date"
    INSTANT = "instant"
    TEXT = "text"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field of the model may hold. `codes` are by their casefolded form; `fields` those of a part."""

    name: str  # snake_case, as in field maps
    kind: Kind
    repeated: bool
    nullable: bool
    codes: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, "Shape"] = field(default_factory=dict)  # by their names on the wire


class Leaf(NamedTuple):
    """A value in a submission: what holds it, where it stands, and what it should be."""

    parent: Any
    key: str | int
    at: tuple[str | int, ...]  # names on the wire, and indexes
    field: str  # the canonical path without indexes: `people.disability`
    shape: Shape

    @property
    def value(self) -> Any:
        return self.parent[self.key]


def leaves(part: dict[str, Any], fields: Mapping[str, Shape], at: tuple[str | int, ...] = (), path: str = "") -> Iterator[Leaf]:
    """Every value that stands where the model has a field; what the model does not know is passed over."""
    for name in [name for name in part if name in fields]:
        shape, value, here = fields[name], part[name], (*at, name)
        items = enumerate(value) if shape.repeated and isinstance(value, list) else None
        if items is None:
            yield from _leaf(Leaf(part, name, here, path + shape.name, shape))
            continue
        for index, _ in items:
            yield from _leaf(Leaf(value, index, (*here, index), path + shape.name, shape))


@cache
def shapes(model: type[BaseModel]) -> Mapping[str, Shape]:
    """The fields of a part of the model, by their names on the wire."""
    return {info.alias or name: _shape(name, info.annotation) for name, info in model.model_fields.items()}


def _leaf(leaf: Leaf) -> Iterator[Leaf]:
    if leaf.shape.kind is Kind.PART and isinstance(leaf.value, dict):
        return leaves(leaf.value, leaf.shape.fields, leaf.at, f"{leaf.field}.")
    return iter((leaf,))


def _shape(name: str, annotation: Any) -> Shape:
    inner, nullable = _without(annotation)
    repeated = get_origin(inner) is list
    if repeated:
        inner, _ = _without(get_args(inner)[0])
    if get_origin(inner) is Literal:
        return Shape(name, Kind.CODE, repeated, nullable, codes={code.casefold(): code for code in get_args(inner)})
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return Shape(name, Kind.PART, repeated, nullable, fields=shapes(inner))
    kind = Kind.CODE if name in IN_CAPITALS | IN_SMALL_LETTERS else _SIMPLE[inner]
    return Shape(name, kind, repeated, nullable)


def _without(annotation: Any) -> tuple[Any, bool]:
    """The annotation without its constraints and without None, and whether None was there."""
    if get_origin(annotation) is Annotated:
        return _without(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        (inner,) = (arg for arg in get_args(annotation) if arg is not NoneType)
        return _without(inner)[0], True
    return annotation, False


_SIMPLE: dict[Any, Kind] = {
    bool: Kind.BOOLEAN,
    int: Kind.INTEGER,
    float: Kind.NUMBER,
    Decimal: Kind.MONEY,
    date: Kind.DATE,
    datetime: Kind.INSTANT,
    AwareDatetime: Kind.INSTANT,
    str: Kind.TEXT,
}
