"""The dirt that is known to occur in submissions: read as it is meant, and every repair counted.

Booleans as text (`"false"`, `"Yes"`), codes in odd casing, blank text for an absent value, numbers as text. What is
none of these is left for validation to refuse.
"""

import re
from collections.abc import Callable
from typing import Any

from hub.mapping.record import Signal
from hub.reports.model import Report
from hub.reports.shapes import IN_CAPITALS, IN_SMALL_LETTERS, Kind, Leaf, Shape, leaves, shapes

BLANK = " \t\r\n\u00a0"  # what a text consists of that stands for an absent value
WORDS = {"true": True, "yes": True, "false": False, "no": False}


def repair(flat: dict[str, Any]) -> tuple[Signal, ...]:
    """Put the known dirt right, in place; a signal for each repair. What is not known dirt stays for validation to refuse."""
    found = ((leaf, _repaired(leaf)) for leaf in list(leaves(flat, shapes(Report))))
    return tuple(Signal(kind, leaf.field) for leaf, kind in found if kind)


def _repaired(leaf: Leaf) -> str | None:
    """Repair one value in place; the kind of the repair, or None where nothing was to be done."""
    value, shape = leaf.value, leaf.shape
    if isinstance(leaf.key, str) and _stands_for_absent(value, shape):
        del leaf.parent[leaf.key]
        return "blank-for-absent"
    reading = _READINGS.get(shape.kind)
    if reading is None or not isinstance(value, str):
        return None
    kind, read = reading
    meant = read(value.strip(BLANK), shape)
    if meant is None or meant == value:
        return None
    leaf.parent[leaf.key] = meant
    return kind


def _stands_for_absent(value: Any, shape: Shape) -> bool:
    if value is None:
        return not shape.nullable  # where None is allowed it already means absent
    return isinstance(value, str) and not value.strip(BLANK)


def _boolean(text: str, _: Shape) -> bool | None:
    return WORDS.get(text.casefold())


def _integer(text: str, _: Shape) -> int | None:
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


def _number(text: str, _: Shape) -> float | None:
    return float(text) if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,17})?", text) else None


def _code(text: str, shape: Shape) -> str | None:
    if shape.name in IN_CAPITALS:
        return text.upper()
    if shape.name in IN_SMALL_LETTERS:
        return text.lower()
    return shape.codes.get(text.casefold())


_READINGS: dict[Kind, tuple[str, Callable[[str, Shape], Any]]] = {
    Kind.BOOLEAN: ("boolean-as-text", _boolean),
    Kind.INTEGER: ("number-as-text", _integer),
    Kind.NUMBER: ("number-as-text", _number),
    Kind.CODE: ("odd-casing", _code),
}
