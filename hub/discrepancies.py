"""The kinds of discrepancies that a reconciliation finds, each named to the report or the file: what each says, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What does not agree, in a word. Stable: exports and screens have it."""

    MISSING = "missing-at-far-end"
    DIFFERS = "differs-at-far-end"
    EXTRA = "extra-at-far-end"
    TWICE = "twice-at-far-end"
    NEVER_SENT = "never-sent"
    FOR_NOTHING = "acknowledged-for-nothing"
    UNPROVED = "accepted-without-acknowledgement"
    MOVED = "moved-by-hand"
    TRUNCATED = "history-truncated"
    SILENT = "silent-feed"
    CLOCK = "clock-differs"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A kind in words: `what` does not agree, and what to `do`."""

    what: str
    do: str


MEANINGS: dict[Kind, Meaning] = {
    Kind.MISSING: Meaning(
        "The ledger has it as delivered, and the far end certainly does not have it.",
        "Ask the force who took the file away; `soh-hub replay` sends its reports again.",
    ),
    Kind.DIFFERS: Meaning(
        "The far end has other bytes under this name than were delivered.",
        "Ask the force who changed the file, and whether it has read it.",
    ),
    Kind.EXTRA: Meaning(
        "A file lies at the far end that this ledger never sealed.",
        "Ask who else delivers there: another hub, or this one before its ledger was restored.",
    ),
    Kind.TWICE: Meaning(
        "The far end has what was delivered once a second time: a file under another name, or a second reference for one report.",
        "Ask the force to take one of the two out of its records.",
    ),
    Kind.NEVER_SENT: Meaning(
        "The ledger has it as delivered, and no attempt was ever made to send it.",
        "Somebody wrote into the database: compare it with the last back-up, and see `soh-hub trace`.",
    ),
    Kind.FOR_NOTHING: Meaning(
        "The force acknowledged something that was never sent to it.",
        "Ask the force where the report came from.",
    ),
    Kind.UNPROVED: Meaning(
        "A report stands as accepted, and no acknowledgement says so.",
        "Ask the force whether it has the report; see `soh-hub trace`.",
    ),
    Kind.MOVED: Meaning(
        "A report's state is not the one that its history ends in, or its history has a step that the hub never makes.",
        "Somebody wrote into the database: `soh-hub trace` has the history, and the last back-up both.",
    ),
    Kind.TRUNCATED: Meaning(
        "Steps of the history are gone.",
        "Compare the history with the last back-up: it is only ever added to.",
    ),
    Kind.SILENT: Meaning(
        "A day brought fewer reports than the force's file expects, or far fewer than the same weekday usually does.",
        "Ask the platform's team whether the force's pages are up; correct `daily_minimum` if it is wrong.",
    ),
    Kind.CLOCK: Meaning(
        "A clock is off: something is dated before it can have happened, or in the future.",
        "Ask who runs that clock to set it; an even hour is summer time that somebody left out.",
    ),
}


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that does not agree. `subject` names it: a submission id or `#number`, a file, a drop's key, a service; never a value."""

    kind: Kind
    force: str
    route: str
    subject: str
    detail: str = ""
