"""What a reader would let pass although it is not meant: looked for in every submission, because it is cheap.

Blank text is a valid text but stands for an absent value. pydantic reads `"1700000000"` and `"2026"` as instants, both readers `"1_000"` as
money. U+0000 is valid in JSON, but no database or XML document holds it. And what the two readers (`hub/reports/submission.py`,
`hub/reports/validator.py`) read otherwise is doubtful too: fractions of a microsecond, and a sum of money that is a number.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub.reports.paths import Kind
from hub.reports.shapes import Sent, Shape, sent_values, shapes
from hub.reports.submission import MONEY, SENT_AS

_DAY = r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"  # within three centuries, so that no arithmetic on it leaves the calendar
_INSTANT = _DAY + r"[Tt ][0-9]{2}:[0-9]{2}[^\"]*"
_PLAIN_INSTANT = _DAY + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
_TIME_ALONE = re.compile(r"[0-9]{1,2}[:.][0-9]{2}([:.][0-9]{2}([.,][0-9]+)?)?( ?[AaPp][Mm])?( ?([Zz]|[+-][0-9]{2}:?[0-9]{2}))?")


def doubtful(submission: bytes) -> bool:
    """Whether there may be something in a submission (compact JSON) that reading alone would not see."""
    if b"\\u0000" in submission or _MISWRITTEN.search(submission):
        return True
    return _SPACE.search(submission) is not None and _BLANK.search(submission) is not None


def misreadings(flat: dict[str, Any]) -> Iterator[tuple[Sent, str]]:
    """Every value that validation would misread, with its code. Only after the known dirt was repaired."""
    return ((sent, code) for sent in sent_values(flat) if (code := _misread(sent)))


def _misread(sent: Sent) -> str | None:
    value, written = sent.value, _as_written(sent.shape)
    if not isinstance(value, str):
        return None
    if "\x00" in value:
        return "field-unreadable"
    if written is None or re.fullmatch(written, value):
        return None
    alone = sent.shape.kind is Kind.INSTANT and _TIME_ALONE.fullmatch(value.strip())
    return "time-without-date" if alone else "field-unreadable"


def _as_written(shape: Shape) -> str | None:
    """The pattern of a field whose text pydantic reads too generously."""
    if shape.money:
        return MONEY
    return {Kind.DATE: _DAY, Kind.INSTANT: _INSTANT}.get(shape.kind) if shape.kind else None


def _generous(fields: Mapping[str, Shape]) -> Iterator[tuple[str, Shape]]:
    """Such fields, at any depth, by their names in the report."""
    for name, shape in fields.items():
        if _as_written(shape):
            yield name, shape
        yield from _generous(shape.fields)


def _miswritten() -> re.Pattern[bytes]:
    """A date, instant or sum of money that is not plainly written as one. May find too much, never too little."""
    sent_as = {name: sent for sent, name in SENT_AS.items()}
    names: dict[str, set[str]] = {}
    for name, shape in _generous(shapes()):
        plain = _PLAIN_INSTANT if shape.kind is Kind.INSTANT else _as_written(shape) or ""
        names.setdefault(rf'":(?!null\b|"{plain}")' if shape.money else f'":"(?!{plain}")', set()).add(sent_as.get(name, name))
    unlike = (f"(?:{'|'.join(sorted(those))}){otherwise}" for otherwise, those in names.items())
    return re.compile(f'"(?:{"|".join(unlike)})'.encode("latin-1"))


_MISWRITTEN = _miswritten()
_SPACE = re.compile(b'"(?:"| |\\\\[nrt]|\xc2\xa0)')  # how a blank text begins: looked for first, in a third of the time
_BLANK = re.compile(b'"(?: |\\\\[nrt]|\xc2\xa0)*"')
