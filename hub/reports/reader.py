"""Submissions become reports here, and nowhere else.

What is clean is read at one stroke. What is not is read again with patience: known dirt is repaired and signalled
(`hub.reports.repairs`), and what remains wrong is told by a stable code and a path, never by a value
(docs/decisions/0027-two-readers-of-one-model.md). What this edition of the reader found clean before is only held to the model
(docs/decisions/0026-what-was-read-clean-is-not-doubted-again.md).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub.mapping.record import Signal
from hub.reports.doubts import doubtful, misreadings
from hub.reports.edition import EDITION
from hub.reports.model import Report
from hub.reports.parsing import Fault, loads, within_limits, written
from hub.reports.repairs import repair
from hub.reports.services import SERVICES
from hub.reports.submission import DIGITAL, report_in
from hub.reports.validator import validated
from hub.reports.wire import IN_SKELETON, ORIGIN, Envelope, envelope_of, flatten, plain, service_of, where


class Read(NamedTuple):
    """A submission, read: the report, and a signal for everything that was not taken exactly as it was sent.

    `clean_by` is this edition of the reader where nothing at all was amiss.
    """

    report: Report
    signals: tuple[Signal, ...] = ()
    clean_by: str | None = None


class Unreadable(Exception):
    """A submission cannot be read. `code` is of `hub.causes`, `where` a path in the submission (empty: all of it).

    `envelope` has whatever could still be read, so that it can be accounted for.
    """

    def __init__(self, code: str, where: str, envelope: Envelope) -> None:
        super().__init__(f"{code} at {where}" if where else code)
        self.code = code
        self.where = where
        self.envelope = envelope


def read(body: bytes) -> Read:
    """The report in a submission's bytes. Raises Unreadable, and nothing else, whatever the bytes are."""
    return _of(body, within_limits)


def read_again(body: bytes, clean_by: str | None = None) -> Read:
    """The report in bytes that were read before: they are within limits. Raises Unreadable, and nothing else.

    `clean_by` is the edition that found these very bytes clean. Where it is this one, there is nothing in them that the model would not
    see, and they are held to it alone. What even so does not pass is read like all else, which says why.
    """
    found = report_in(body) if clean_by == EDITION else None
    return Read(found, clean_by=EDITION) if found else _of(body, lambda document, _body: written(document))


def _of(body: bytes, plainly: Callable[[Any, bytes], bytes]) -> Read:
    document: Any = None
    try:
        document = loads(body)
        return _read(document, plainly(document, body))
    except Fault as caught:
        fault = caught
    raise Unreadable(fault.code, fault.where, envelope_of(document))


def _read(document: Any, plain: bytes) -> Read:
    report = None if doubtful(plain) else report_in(plain)
    if report and SERVICES[report.service].modelled:
        return Read(report, clean_by=EDITION)
    flat = flatten(document)
    found = Read(report, clean_by=EDITION) if report else _patiently(flat)
    if not SERVICES[found.report.service].modelled:
        _hold_to_skeleton(found.report, flat)
    return found


def _patiently(flat: dict[str, Any]) -> Read:
    signals = repair(flat)
    flat.update(service_of(flat))
    for sent, code in misreadings(flat):
        raise _fault(code, sent.at)
    try:
        return Read(validated(written(flat)), signals)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    raise _fault(_code(first, flat), first["loc"])


def _fault(code: str, at: tuple[str | int, ...]) -> Fault:
    """Where the envelope is at fault that is all there is to say, unless there is more exactly a code."""
    in_envelope = at[0] in ORIGIN and at[0] != "attachments"
    return Fault("envelope-incomplete" if in_envelope and code not in _MORE_EXACT else code, where(at))


def _code(error: ErrorDetails, flat: dict[str, Any]) -> str:
    """pydantic's error, in the hub's words."""
    if error["loc"][0] == "service" and isinstance(flat.get("category"), str):
        return "unknown-service"
    return _CODES.get(error["type"], "field-unreadable")


_CODES = {"missing": "field-missing", "extra_forbidden": "field-unknown", "timezone_aware": "time-without-offset"}
_MORE_EXACT = frozenset({"time-without-date", "time-without-offset", "unknown-service"})


def _hold_to_skeleton(report: Report, flat: dict[str, Any]) -> None:
    """A service that is not modelled has its whole text, and of the rest at most the reporter."""
    for name in sorted(flat.keys() - ORIGIN.keys() - IN_SKELETON):
        raise Fault("field-unknown", f"{DIGITAL}.{plain(name)}")
    for index, person in enumerate(report.people):
        if "reporter" not in person.roles:
            raise Fault("field-unknown", f"{DIGITAL}.people[{index}]")
