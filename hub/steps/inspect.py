"""Inspect: the content of a report's files, as they are picked up, and when a report is let go on of whose files nobody was told."""

from collections.abc import Sequence
from typing import BinaryIO, cast

from hub.causes import CODES
from hub.contracts import Spoilt
from hub.ledger.arrivals import Kept
from hub.ledger.choosing import Chosen
from hub.ledger.ledger import Ledger
from hub.ledger.sealed import open_sealed
from hub.ledger.store import Stored
from hub.reports.attachments import MOST, MOST_BYTES
from hub.reports.content import Inspected
from hub.reports.seen import OF_CONTENT, TOO_LARGE, TOO_MANY
from hub.words import Cause, State

Trouble = tuple[str, str]  # a code of `hub.causes`, and where
_PIECE = 1 << 20
_PICK_UP = (Cause.UNREADABLE, Cause.CONFLICT)


def keep(ledger: Ledger, force: str, source: BinaryIO, media_type: str) -> tuple[Stored, str | None]:
    """A file in the store, and what is wrong with its content. Raises OSError where `source` cannot be read."""
    passing = Inspected(source, media_type)
    return ledger.store.stream(force, cast(BinaryIO, passing)), _judged(passing)


def too_much(files: Sequence[Kept]) -> Trouble | None:
    """Whether a submission has more files, or larger ones together, than the hub lets in."""
    if len(files) > MOST:
        return TOO_MANY, "attachments"
    return (TOO_LARGE, "attachments") if sum(each.stored.size for each in files) > MOST_BYTES else None


def untold(ledger: Ledger, one: Chosen, files: Sequence[Kept]) -> Trouble | None:
    """What is wrong with the files of a report in quarantine, where its code is another that its pick-up gave it, and hides that.

    Raises LedgerUnavailable where the store cannot be read.
    """
    if one.state != State.QUARANTINED or not _hides(one.code):
        return None
    found = ((_kept(ledger, kept), f"attachments[{kept.number - 1}]") for kept in files)
    return next(((code, where) for code, where in found if code), None) or too_much(files)


def _hides(code: str | None) -> bool:
    known = CODES.get(code or "")
    return known is not None and known.cause in _PICK_UP and known.code not in OF_CONTENT


def _kept(ledger: Ledger, kept: Kept) -> str | None:
    """What is wrong with a file's content; that it is gone or altered is said when it is sent."""
    was = kept.stored
    try:
        with open_sealed(ledger.store, was.body, was.uri, f"attachment {kept.number}", was.size, was.digest, was.secret) as source:
            passing = Inspected(source, kept.media_type)
            while passing.read(_PIECE):
                pass
    except Spoilt:
        return None
    return _judged(passing)


def _judged(passing: Inspected) -> str | None:
    """Bytes on which the hub itself fails must not hold up the others."""
    try:
        return passing.trouble()
    except Exception:
        return "hub-defect"
