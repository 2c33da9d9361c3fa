"""Each border as one function of hostile bytes: it answers `read`, or the stable code that refused them. Anything else is a defect."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.transports.acknowledgements import Malformed, is_plain, parse_line
from adapters.transports.rest import paging
from adapters.transports.rest.answers import Answer
from adapters.transports.rest.declared import Answers
from adapters.transports.rest.meanings import receipt
from adapters.transports.rest.paths import items_at, value_at
from hub.contracts import DeliveryError, Misconfigured, Payload
from hub.documents import InvalidDocument, read
from hub.mapping.codes import load_codes
from hub.reports.reader import Unreadable
from hub.reports.reader import read as read_submission
from hub.words import PayloadKind
from tests.hostile import outside
from tests.hostile.cases import Case
from tests.reports.submissions import CLEAN

ACKNOWLEDGED = {
    "submission_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "outcome": "accepted",
    "reference": "NICHE-1",
    "reason": "x",
    "at": "y",
}
AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
_HOLE = "\x00hole\x00"


def bytes_of(case: Case, clean: Mapping[str, Any]) -> bytes:
    """The case's own bytes, or a clean document with them in the place of one value."""
    if case.at is None:
        return case.body
    document = json.loads(json.dumps(clean))
    *steps, last = (int(step) if step.isdigit() else step for step in case.at.split("."))
    within: Any = document
    for step in steps:
        within = within[step]
    within[last] = _HOLE
    return json.dumps(document).encode().replace(json.dumps(_HOLE).encode(), case.body)


def intake(case: Case) -> str:
    try:
        read_submission(bytes_of(case, CLEAN))
    except Unreadable as fault:
        return fault.code
    return "read"


def acknowledgement(case: Case) -> str:
    try:
        said = parse_line(bytes_of(case, ACKNOWLEDGED), "a:1", "a")
    except Malformed as fault:
        return fault.code
    assert all(text is None or is_plain(text) for text in (said.their_reference, said.reason))
    return "read"


def page(case: Case) -> str:
    """A page over REST: `read` where all of it was, else its faults or the error that it means."""
    clean = {"data": [{"id": "1", **ACKNOWLEDGED}], "next": None}
    try:
        found = paging.read(Answer(200, {}, bytes_of(case, clean)), None)
    except DeliveryError as error:
        return error.code
    return found.faults[0].code if found.faults else "read"


def answer(case: Case) -> str:
    """What a far end says when it took something: whether its reference can be kept."""
    heard = Answer(201, {"content-type": "application/vnd.api+json"}, bytes_of(case, {"data": {"id": "NICHE-1"}}))
    payload = Payload("kent.1", "kent.1", PayloadKind.RECORDS, "application/json", 0, "00" * 32, open=lambda: None)  # type: ignore[arg-type, return-value]  # nobody opens it
    try:
        found = receipt(Answers(), heard, payload, "https://kent.example", AT).reference
    except (DeliveryError, Misconfigured) as error:
        return error.code
    assert found is None or is_plain(found)
    return "reference" if found else "no-reference"


def xml_answer(case: Case) -> str:
    heard = Answer(200, {}, case.body)
    if heard.xml() is None:
        return "no-xml"
    found = value_at("xml:Envelope/Case", heard)
    assert items_at("xml:Envelope/Case", heard) is not None
    assert found is None or "root:" not in found
    return "read"


def _document(case: Case, load: Callable[[Path], object], name: str) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(case.body)
        try:
            load(path)
        except InvalidDocument as invalid:
            return "invalid" if all(fault.line >= 1 for fault in invalid.faults) else "nowhere"
    return "read"


def yaml_file(case: Case) -> str:
    return _document(case, read, "kent.yaml")


def code_list(case: Case) -> str:
    return _document(case, load_codes, "gender.csv")


BORDERS: Mapping[str, Callable[[Case], str]] = {
    "intake": intake,
    "acknowledgement": acknowledgement,
    "page": page,
    "answer": answer,
    "xml-answer": xml_answer,
    "yaml": yaml_file,
    "codes": code_list,
    "attachment": outside.attachment,
    "attachment-name": outside.attachment_name,
    "lines": outside.ndjson,
    "listing": outside.listing,
    "feed": outside.feed,
    "endpoints": outside.endpoints,
    "form": outside.form,
}
