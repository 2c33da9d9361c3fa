"""What strict validation would let pass although it is not meant: looked for in every submission, because it is cheap.

Blank text is a valid text but stands for an absent value. pydantic reads `"1700000000"` and `"2026"` as instants, and
`"1_000"` as money. U+0000 is valid in JSON, but no database or XML document holds it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub.reports.model import Report
from hub.reports.shapes import Kind, Leaf, Shape, leaves, shapes

_DAY = r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"  # within four centuries, so that no arithmetic on it leaves the calendar
_WRITTEN = {
    Kind.DATE: _DAY,
    Kind.INSTANT: _DAY + r"[Tt ][0-9]{2}:[0-9]{2}[^\"]*",
    Kind.MONEY: r"[0-9]{1,8}(?:\.[0-9]{1,2})?",
}
_AS_WRITTEN = {kind: re.compile(pattern) for kind, pattern in _WRITTEN.items()}
_TIME_ALONE = re.compile(r"[0-9]{1,2}[:.][0-9]{2}([:.][0-9]{2}([.,][0-9]+)?)?( ?[AaPp][Mm])?( ?([Zz]|[+-][0-9]{2}:?[0-9]{2}))?")


def doubtful(flat: bytes) -> bool:
    """Whether there may be something in a flattened submission (compact JSON) that validation alone would not see."""
    return b"\\u0000" in flat or _SUSPECT.search(flat) is not None


def misread(leaf: Leaf) -> str | None:
    """The code for a value that validation would misread, or None. Only after the known dirt was repaired."""
    value = leaf.value
    if not isinstance(value, str):
        return None
    if "\x00" in value:
        return "field-unreadable"
    written = _AS_WRITTEN.get(leaf.shape.kind)
    if written is None or written.fullmatch(value):
        return None
    alone = leaf.shape.kind is Kind.INSTANT and _TIME_ALONE.fullmatch(value.strip())
    return "time-without-date" if alone else "field-unreadable"


def misreadings(flat: dict[str, Any]) -> Iterator[tuple[Leaf, str]]:
    """Every value that validation would misread, with its code."""
    return ((leaf, code) for leaf in leaves(flat, shapes(Report)) if (code := misread(leaf)))


def _named(kinds: Mapping[str, Shape], wanted: Kind) -> set[str]:
    """The names on the wire of every field of this kind, at any depth."""
    here = {name for name, shape in kinds.items() if shape.kind is wanted}
    return here.union(*(_named(shape.fields, wanted) for shape in kinds.values()))


def _suspect() -> re.Pattern[bytes]:
    """A blank text, or a date, instant or sum of money that is not written as one. May find too much, never too little."""
    not_as_written = (f'(?:{"|".join(sorted(_named(shapes(Report), kind)))})":"(?!{pattern}")' for kind, pattern in _WRITTEN.items())
    blank = r'(?: |\\[nrt]|\xc2\xa0)*"'
    return re.compile("|".join(f'"{rest}' for rest in (blank, *not_as_written)).encode("latin-1"))


_SUSPECT = _suspect()
