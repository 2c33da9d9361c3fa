"""What may stand where in a submission: the fields of the canonical model by their names on the wire, and the values under them.

Compiled once, from the model itself: a field that is added there is known here without a word.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, get_args

from msgspec.structs import FieldInfo, fields

from hub.reports.paths import Kind, Leaf, Part, report_paths

CASING: dict[str, Callable[[str], str]] = {  # texts that have one casing
    "category": str.upper,
    "reference": str.upper,
    "area_code": str.upper,
    "submission_id": str.lower,
    "media_type": str.lower,
    "sha256": str.lower,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field may hold. A part of the report has `fields` and no `kind`; `codes` are by their casefolded form."""

    path: str  # as in field maps, without indexes: `people.disability`
    kind: Kind | None
    many: bool
    nullable: bool
    money: bool = False
    casing: Callable[[str], str] | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, "Shape"] = field(default_factory=dict)


class Sent(NamedTuple):
    """A value in a submission: what holds it, where it stands, and what it should be."""

    parent: Any
    key: str | int
    at: tuple[str | int, ...]  # names on the wire, and indexes
    shape: Shape

    @property
    def value(self) -> Any:
        return self.parent[self.key]


@cache
def shapes() -> Mapping[str, Shape]:
    """The fields of a report, flat, by their names on the wire."""
    return _fields(report_paths())


def sent_values(flat: dict[str, Any]) -> Iterator[Sent]:
    """Every value that stands where the model has a field; what the model does not know is passed over."""
    return _below(flat, shapes(), ())


def _below(part: dict[str, Any], fields: Mapping[str, Shape], at: tuple[str | int, ...]) -> Iterator[Sent]:
    for name in [name for name in part if name in fields]:
        shape, value, here = fields[name], part[name], (*at, name)
        if shape.many and isinstance(value, list):
            for index in range(len(value)):
                yield from _or_below(Sent(value, index, (*here, index), shape))
        else:
            yield from _or_below(Sent(part, name, here, shape))


def _or_below(sent: Sent) -> Iterator[Sent]:
    if sent.shape.fields and isinstance(sent.value, dict):
        return _below(sent.value, sent.shape.fields, sent.at)
    return iter((sent,))


def _fields(part: Part) -> dict[str, Shape]:
    return {one.encode_name: _shape(one, part.below[one.name]) for one in fields(part.model)}


def _shape(one: FieldInfo, found: Part | Leaf) -> Shape:
    nullable = one.default is None
    if isinstance(found, Part):
        return Shape(found.path, None, found.many, nullable, fields=_fields(found))
    money = _mentions(one.type, Decimal)
    codes = {code.casefold(): code for code in found.codes}
    return Shape(found.path, found.kind, found.many, nullable, money, CASING.get(one.name), codes)


def _mentions(annotation: Any, wanted: type) -> bool:
    return annotation is wanted or any(_mentions(each, wanted) for each in get_args(annotation))
