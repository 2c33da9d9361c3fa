"""The hub's closed vocabularies: one word for each thing, everywhere (code, tables, YAML, screens, docs)."""

from enum import StrEnum


class Lane(StrEnum):
    """How soon a report leaves: `urgent` without waiting for the schedule, `routine` with the next drop that is due."""

    URGENT = "urgent"
    ROUTINE = "routine"


class Purpose(StrEnum):
    """What a route is for. The account follows the primary."""

    PRIMARY = "primary"
    COPY = "copy"
    FALLBACK = "fallback"


class Environment(StrEnum):
    """Which of a force's systems an endpoint is: a probe never goes to the live one."""

    LIVE = "live"
    TEST = "test"
    SANDBOX = "sandbox"


class State(StrEnum):
    """Where a report stands on one route. Every submission is in exactly one of these on its primary route."""

    DUPLICATE = "duplicate"  # the same id and the same bytes as an earlier pick-up: nothing more to do
    HELD = "held"  # waits for a date or a switch, not for a person
    QUARANTINED = "quarantined"  # waits for a person, with a stable code
    WAITING = "waiting"  # ready to be checked, mapped and sealed
    SEALED = "sealed"  # in a drop whose bytes are fixed; not yet certainly delivered
    IN_DOUBT = "in doubt"  # may have arrived and the far end cannot tell: a person decides
    DELIVERED = "delivered"  # the far end has it, whole
    ACCEPTED = "accepted"  # the force acknowledged it with its own reference
    REROUTED = "re-routed"  # passed on to another force, where it is a new pick-up
    REDIRECTED = "redirected"  # not a matter for a force: handed on to a named third party
    WITHDRAWN = "withdrawn"  # taken back, with a reason


class DropState(StrEnum):
    """Where a sealed drop stands."""

    SEALED = "sealed"
    DELIVERED = "delivered"
    IN_DOUBT = "in doubt"
    VOIDED = "voided"  # its number is announced as void in the next manifest


class PayloadKind(StrEnum):
    """What a payload of a drop is; a drop's payloads leave in this order, so that what announces the rest comes last."""

    ATTACHMENT = "attachment"
    RECORDS = "records"
    MANIFEST = "manifest"


class PayloadState(StrEnum):
    """Where one payload of a drop stands."""

    SEALED = "sealed"
    DELIVERED = "delivered"
    REFUSED = "refused"
    IN_DOUBT = "in doubt"
    VOIDED = "voided"  # never sent: what it belongs to was refused or is in doubt


class Severity(StrEnum):
    """What a failed check does to a report."""

    BLOCK = "block"  # to quarantine, with its code
    WARN = "warn"  # goes on, counted
    ENRICH = "enrich"  # goes on, counted: the force may want to add something


class Cause(StrEnum):
    """Why a report is in quarantine, in five words; the stable code says it in detail (`hub.causes`)."""

    UNREADABLE = "unreadable"
    CONFLICT = "conflict"
    CHECK = "check"
    REFUSED = "refused"
    REJECTED = "rejected"


class Language(StrEnum):
    """The language a report was written in (ISO 639-1)."""

    ENGLISH = "en"
    WELSH = "cy"


UNKNOWN = "unknown"  # the force or service of a submission that names none the hub knows
