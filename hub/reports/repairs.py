"""The dirt that is known to occur in submissions: read as it is meant, and every repair counted.

Booleans as text (`"false"`, `"Yes"`), codes in odd casing, blank text for an absent value, numbers as text. What is
none of these is left for validation to refuse.
"""

import re
from typing import Any

from hub.mapping.record import Signal
from hub.reports.paths import Kind
from hub.reports.shapes import Sent, Shape, sent_values

BLANK = " \t\r\n\u00a0"  # what a text consists of that stands for an absent value
WORDS = {"true": True, "yes": True, "false": False, "no": False}

_INTEGER = re.compile(r"-?[0-9]{1,9}")
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,17})?")


def repair(flat: dict[str, Any]) -> tuple[Signal, ...]:
    """Put the known dirt right, in place; a signal for each repair, with the field's path and never its value."""
    done = ((sent, _repaired(sent)) for sent in list(sent_values(flat)))
    return tuple(Signal(kind, sent.shape.path) for sent, kind in done if kind)


def _repaired(sent: Sent) -> str | None:
    """Repair one value in place; the kind of the repair, or None where nothing was to be done."""
    value = sent.value
    if isinstance(sent.key, str) and _stands_for_absent(value, sent.shape):
        del sent.parent[sent.key]
        return "blank-for-absent"
    kind, meant = _reading(value.strip(BLANK), sent.shape) if isinstance(value, str) else ("", None)
    if meant is None or meant == value:
        return None
    sent.parent[sent.key] = meant
    return kind


def _stands_for_absent(value: Any, shape: Shape) -> bool:
    if value is None:
        return not shape.nullable  # where None is allowed it already means absent
    return isinstance(value, str) and not value.strip(BLANK)


def _reading(text: str, shape: Shape) -> tuple[str, Any]:
    """What a text is taken for in this field, and under which name that is counted; None where it is nothing known."""
    if shape.casing:
        return "odd-casing", shape.casing(text)
    match shape.kind:
        case Kind.BOOLEAN:
            return "boolean-as-text", WORDS.get(text.casefold())
        case Kind.CODE:
            return "odd-casing", shape.codes.get(text.casefold())
        case Kind.INTEGER if _INTEGER.fullmatch(text):
            return "number-as-text", int(text)
        case Kind.DECIMAL if not shape.money and _NUMBER.fullmatch(text):
            return "number-as-text", float(text)
    return "", None
