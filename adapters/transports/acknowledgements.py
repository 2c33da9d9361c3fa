"""Acknowledgements as the forces send them: untrusted input, read strictly and within limits (`docs/delivery.md`)."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime

import orjson

from hub.contracts import Acknowledgement

LONGEST_LINE = 16 * 1024  # bytes
LONGEST_TEXT = 200  # characters of a reference or a reason
MOST_FAULTS = 1_000  # of one file or page that are kept: more say no more, and would fill the memory
_SUBMISSION_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """An acknowledgement that could not be read: where it stands, and a stable code. Never its text."""

    batch: str
    line: int  # from 1; 0 for the whole batch
    code: str


UNFINISHED = "unfinished"  # a force is still writing it: it is read again next time


def to_be_told(faults: Iterable[Fault]) -> int:
    """How many of these a person is to hear of."""
    return sum(fault.code != UNFINISHED for fault in faults)


class Malformed(ValueError):
    """One acknowledgement is not as published. `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_line(line: bytes, identity: str, batch: str) -> Acknowledgement:
    """One line of an acknowledgement file. Raises Malformed."""
    if len(line) > LONGEST_LINE:
        raise Malformed("line-too-long")
    try:
        content = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise Malformed("not-json") from None
    return parse(content, f"{identity}:{hashlib.sha256(line).hexdigest()[:8]}", batch)


def parse(content: object, identity: str, batch: str) -> Acknowledgement:
    """One acknowledgement that was JSON. Keys beyond the published ones are ignored. Raises Malformed."""
    if not isinstance(content, Mapping):
        raise Malformed("not-an-object")
    return Acknowledgement(
        identity=identity,
        submission_id=_submission_id(content),
        accepted=_accepted(content),
        their_reference=_text(content, "reference"),
        reason=_text(content, "reason"),
        at=_instant(content),
        batch=batch,
    )


def is_plain(text: object) -> bool:
    """Whether this is a short text that can be stored and shown: no line breaks, no control characters."""
    return isinstance(text, str) and 0 < len(text) <= LONGEST_TEXT and text.isprintable()


def _submission_id(content: Mapping[str, object]) -> str:
    value = content.get("submission_id")
    if not isinstance(value, str) or not _SUBMISSION_ID.fullmatch(value):
        raise Malformed("submission-id-unreadable")
    return value.lower()


def _accepted(content: Mapping[str, object]) -> bool:
    outcome = content.get("outcome")
    if outcome not in ("accepted", "rejected"):
        raise Malformed("outcome-unknown")
    return outcome == "accepted"


def _text(content: Mapping[str, object], key: str) -> str | None:
    """A reference or a reason. One that cannot be stored and shown is none, and no reason to lose what the force decided."""
    value = content.get(key)
    return value if isinstance(value, str) and is_plain(value) else None


def _instant(content: Mapping[str, object]) -> datetime | None:
    """When the force decided, in UTC. A time that is not one, or has no offset, is no reason to lose the acknowledgement.

    Nor is one of the first year or the last, which has no place in every zone that it may be shown in.
    """
    value = content.get("at")
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        utc = instant.astimezone(UTC) if instant and instant.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return utc if utc and MINYEAR < utc.year < MAXYEAR else None
