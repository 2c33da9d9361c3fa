"""A submission as the platform sends it: the names on its envelope, and a clean one's way into a report, at one stroke.

Nothing is doubted here: `hub/reports/reader.py` says what may come. What does not hold to the model is refused without a reason.
"""

import re
from decimal import Decimal
from operator import attrgetter
from typing import Any, get_args

import msgspec
from msgspec import NODEFAULT, defstruct
from msgspec.structs import FieldInfo, fields

from hub.reports.model import Report
from hub.reports.services import BY_CATEGORY

DIGITAL = "digitalReport"
SENT_AS = {  # name on the wire: name in the report, as it stands beside the fields of the digital report
    "submissionId": "submissionId",
    "customerReferenceNumber": "reference",
    "forceIdentifier": "forceCode",
    "category": "category",
    "submitTime": "submittedAt",
    "submissionContent": "text",
    "formVersion": "formVersion",
    "language": "language",
    "attachments": "attachments",
}
DERIVED = {"service": "category", "marking": "submissionContent"}
MONEY = r"[0-9]{1,8}(?:\.[0-9]{1,2})?"  # how a sum is written

_FIELDS = {one.encode_name: one for one in fields(Report)}
_MARKINGS = frozenset(get_args(_FIELDS["marking"].type))
_ENVELOPE = {_FIELDS[name].name: sent for sent, name in SENT_AS.items()}  # name in the model: name on the wire
_ASKED = [one for one in fields(Report) if one.name not in _ENVELOPE and one.name not in DERIVED]  # what the form asked


def report_in(body: bytes) -> Report | None:
    """The report in a submission that is clean; None where it is not, or there is none."""
    try:
        sent: Any = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    service, marking = BY_CATEGORY.get(sent.category), marking_of(sent.text)
    if service is None or marking not in _MARKINGS or not all(_is_sum(item.value) for item in sent.digital.property):
        return None
    return Report(
        sent.submission_id,
        sent.reference,
        sent.force_code,
        service.slug,
        sent.category,
        sent.submitted_at,
        marking,  # type: ignore[arg-type] # one of the two
        sent.text,
        sent.language,
        sent.form_version,
        sent.attachments,
        *_asked(sent.digital),
    )


def marking_of(text: str) -> str:
    """The protective marking that a submission opens with: the first line of its text."""
    return text.split("\n", 1)[0].strip()


def _is_sum(value: Decimal | None) -> bool:
    """Whether a sum of money is one, or absent: structs know no limits of a Decimal."""
    return value is None or re.fullmatch(MONEY, str(value)) is not None


def _declared(one: FieldInfo) -> tuple[Any, ...]:
    if one.required:
        return (one.name, one.type)
    return (one.name, one.type, msgspec.field(default_factory=one.default_factory) if one.default is NODEFAULT else one.default)


_ALIKE: dict[str, Any] = {"forbid_unknown_fields": True, "frozen": True, "gc": False, "kw_only": True}
_Digital = defstruct("_Digital", map(_declared, _ASKED), rename="camel", **_ALIKE)
_Submission = defstruct(
    "_Submission",
    [("digital", _Digital), *(_declared(one) for one in fields(Report) if one.name in _ENVELOPE)],
    rename={"digital": DIGITAL, **_ENVELOPE},
    **_ALIKE,
)
_decode = msgspec.json.Decoder(_Submission).decode
_asked = attrgetter(*(one.name for one in _ASKED))
