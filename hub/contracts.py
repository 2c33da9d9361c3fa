"""The contracts between the hub and the outside world: sources, formats and transports, and the platform that is told the outcomes.

Errors are named by what to do next::

    DeliveryError
    ├── Refused        the force read it and said no       quarantine those reports, with its reason
    ├── Unavailable    it certainly did not arrive         retry, Retry-After honoured; then fallback or breaker
    └── Uncertain      it may have arrived                 find; if it cannot be told: in doubt
    Misconfigured      nothing can reach this endpoint     stop it, tell the operator

`Misconfigured` is no `DeliveryError` on purpose: "ignore what failed to send" must never swallow a wrong set-up.
No message of theirs holds a value of a report: only names of fields, codes, hosts and numbers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol, runtime_checkable

from hub.mapping.record import Record
from hub.words import Environment, Lane, PayloadKind


class DeliveryError(Exception):
    """One attempt to deliver failed. `code` is stable (`connection-refused`, `http-503` …); the text holds no personal data."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class Refused(DeliveryError):
    """The force read it and said no: quarantine those reports, with its reason.

    `reports` (submission id and code) where it took nothing of a batch and said which of its reports are at fault: those
    alone go to quarantine, and the others are sealed anew. Empty: it refused the payload as a whole.
    """

    def __init__(self, code: str, message: str = "", *, reports: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(code, message)
        self.reports = reports


class Unavailable(DeliveryError):
    """It certainly did not arrive: try again. `retry_after` is the far end's own wish, in seconds."""

    def __init__(self, code: str, message: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class Uncertain(DeliveryError):
    """It may have arrived: find it before anything else is sent."""


class Misconfigured(Exception):
    """Nothing can reach this endpoint until a person puts its settings right (wrong host key, bad certificate, no credentials)."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class Spoilt(Exception):
    """The hub's own copy of `name` is gone (`attachment-lost`) or is not what was sealed (`attachment-damaged`).

    Raised by a payload's `open` and by what it opened, before the last bytes are given out: a transport lets it pass, and
    nothing of that payload may count as sent.
    """

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"the hub's own copy of {name} is gone or altered: put the store's back-up in its place")
        self.code = code
        self.name = name


class SourceUnavailable(Exception):
    """A source cannot be read now (a folder without permission, a server that is down). Nothing was let go."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission as a source found it: its bytes, and what identifies this one arrival.

    `arrival` is the same when the same file is read again after a crash, and another when the platform sends the
    same file anew: the ledger keeps one row per arrival. `name` is for people, and is never used as a path.
    `attachments` opens the files that came beside it, by the name that the submission gives them; one that nobody opened
    nobody has, and it stays where it is when the submission is let go.
    A submission over the source's size limit has an empty `body` and can be read from `oversize` in pieces. One that
    cannot be read now (a file without permission) has `fault` set: it is left where it is, for the next pass.
    """

    source: str
    name: str
    arrival: str
    body: bytes
    attachments: Mapping[str, Callable[[], BinaryIO]] = field(default_factory=dict)
    oversize: Callable[[], BinaryIO] | None = None
    fault: str | None = None


class Bookmark(Protocol):
    """How far a source has been read: kept by the ledger, so that it survives a crash."""

    def read(self) -> str | None: ...

    def write(self, value: str) -> None: ...


class Source(Protocol):
    """Where submissions come from. What was read is let go only when the ledger has it for good."""

    name: str

    def submissions(self) -> Iterator[Submission]:
        """Every submission that is whole, oldest first. Raises SourceUnavailable."""
        ...

    def settle(self, submissions: Sequence[Submission]) -> None:
        """Let go of these: the ledger has them for good. Calling it twice is harmless."""
        ...

    def close(self) -> None:
        """Let go of connections. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class DropHeader:
    """What a drop says of itself; every value is fixed when it is sealed."""

    force: str
    force_code: str
    route: str
    lane: Lane
    series: str  # changes when the ledger is restored or begun anew
    sequence: int
    key: str  # unique for ever: `kent.records-system.routine.k7q2.000017`
    sealed_at: datetime
    environment: Environment
    voided: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Encoded:
    """A payload as a format made it: not yet sealed. `members` are the indexes of the records that it carries."""

    key: str
    name: str
    media_type: str
    body: bytes
    members: tuple[int, ...]


class Unencodable(Exception):
    """Some records cannot be written so that the records system's schema holds: `faults` says which, and why.

    Each fault is (record index, code, where): `where` is a path of the target's schema, never a value.
    """

    def __init__(self, faults: Sequence[tuple[int, str, str]]) -> None:
        super().__init__(f"{len(faults)} records cannot be encoded")
        self.faults = tuple(faults)


class Encryption(Protocol):
    """Makes what leaves readable by its force alone. Its bytes differ each time: a payload is encrypted once, when it is sealed."""

    suffix: str  # that an encrypted payload's name ends with
    media_type: str

    def encrypt(self, body: bytes) -> bytes:
        """These bytes, encrypted."""
        ...

    def encrypted(self, source: BinaryIO) -> BinaryIO:
        """What `source` gives, encrypted, in flat memory. What `source` raises passes."""
        ...


class Format(Protocol):
    """Turns mapped records into the bytes a records system reads. Pure: no clock, no network."""

    suffix: str
    media_type: str

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        """One payload or more, each valid against the profile's schema. Raises Unencodable, naming every record at fault."""
        ...

    def count(self, body: bytes) -> int:
        """How many reports these bytes hold, read back from them."""
        ...


@dataclass(frozen=True, slots=True)
class Carried:
    """A report that a payload carries, as far as an address may name it, or the far end when it refuses it."""

    submission_id: str
    reference: str | None  # that the person who reported was given
    service: str


@dataclass(frozen=True, slots=True)
class Payload:
    """One sealed piece of a drop on its way: `open` gives its bytes, as often as it is asked.

    `reports` are those in it, in the order of its bytes; `attachments` what came with them, for a transport that sends both in
    one request. Both are empty where nobody says.
    """

    key: str
    name: str
    kind: PayloadKind
    media_type: str
    size: int
    digest: str  # SHA-256, hex
    open: Callable[[], BinaryIO] = field(repr=False)
    reports: tuple[Carried, ...] = field(default=(), repr=False)
    attachments: "tuple[Payload, ...]" = field(default=(), repr=False)


INSIDE = "inside"  # the receipt of an attachment that travels in the request of its records, and is nowhere by itself


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the far end said when it took a payload. `reference` is the force's own, where it gives one at once."""

    key: str
    reference: str | None = None
    detail: str = ""  # a stable word of how we know: `renamed`, `http-201`, `duplicate`, `found`
    refused: tuple[tuple[str, str], ...] = ()  # reports of a batch that it would not take: submission id and code


@dataclass(frozen=True, slots=True)
class Found:
    """The far end has the payload, whole."""

    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """The far end certainly does not have it."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The far end cannot say (it clears away what it receives, or offers no look-up). Never taken for Absent."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Differs(CannotTell):
    """Other bytes are there under this name or key. To a delivery no more than `CannotTell`: what was sent may have been there before."""


Finding = Found | Absent | CannotTell  # and with the last Differs


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that lies at a far end. Its name is whatever somebody gave it: untrusted, and never shown where it is not one of ours."""

    name: str
    size: int | None  # bytes; None where the far end does not say


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a force says of one report after it took the drop. Untrusted input.

    `identity` is the same however often the same acknowledgement is read; `batch` is what `settle` lets go of
    (a file, a page).
    """

    identity: str
    submission_id: str
    accepted: bool
    their_reference: str | None
    reason: str | None
    at: datetime | None
    batch: str


class Transport(Protocol):
    """Carries a payload to one endpoint. One attempt a call: never retries, sleeps or logs content.

    `parallel` is how many threads may call `send` and `find` at once.
    """

    parallel: int

    def send(self, payload: Payload) -> Receipt:
        """Raises only DeliveryError and Misconfigured."""
        ...

    def find(self, payload: Payload) -> Finding:
        """Whether the far end has this payload. Raises only DeliveryError and Misconfigured."""
        ...

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:
        """What the force has said since `cursor` (the `batch` last settled). Raises only DeliveryError and Misconfigured.

        It raises between two batches alone: of one that it has begun to give it gives all that it has, for that is then let go.
        """
        ...

    def settle(self, batch: str) -> None:
        """Let go of a batch of acknowledgements: the ledger has them for good."""
        ...

    def close(self) -> None:
        """Let go of connections. Never raises."""
        ...


Became = Receipt | DeliveryError | Misconfigured | Spoilt  # what became of one payload that was sent
STOPS = (Unavailable, Uncertain, Misconfigured)  # what the next payloads would perhaps not get past


@runtime_checkable
class Together(Protocol):
    """A transport that carries many payloads at a time with less than one after the other costs. By one thread at a time."""

    def send_together(self, payloads: Sequence[Payload], check: Callable[[], None]) -> Sequence[Became | None]:
        """What became of each, in their order, as `send` would have returned or raised it; None where it was not begun.

        After one that `STOPS` none is begun that was not under way with it. `check` is called before any is begun, and
        before those that are begun later: what it raises passes, and nobody is told what became of the rest.
        """
        ...


@runtime_checkable
class Listing(Protocol):
    """A transport whose far end can be asked what lies there: what nobody knows of is found by that alone."""

    def listing(self) -> Iterator[Listed] | CannotTell:
        """Every file where payloads arrive, one after the other, temporary ones left out.

        Nothing else may be asked of the transport until it has ended. Raises only DeliveryError and Misconfigured, also on the way.
        """
        ...


@runtime_checkable
class Counting(Protocol):
    """A transport that counts the acknowledgements which it could not read, so that a person hears of them."""

    @property
    def unreadable(self) -> int:
        """How many since it was made: each once, however often it is met. Not those that a force may still be writing."""
        ...


class KeyRefused(Exception):
    """These bytes are not what a master key wrapped, or were wrapped for something else."""


class KeysUnavailable(Exception):
    """A master key cannot be asked now. Its text says why, and holds no secret."""


class MasterKey(Protocol):
    """Wraps the keys that encrypt what the hub keeps: itself, or by asking a service that never gives the key away.

    `name` (at most 80 plain characters) is the same as long as the key is: it stands in the ledger beside each key that it wrapped.
    """

    name: str

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """A key of 32 bytes, so that it can be unwrapped only with the same context. Raises only KeysUnavailable."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The key again. Raises only KeyRefused and KeysUnavailable."""
        ...


@runtime_checkable
class Reading(Protocol):
    """A transport whose far end lets us read again what lies there: a ledger that was restored learns from it what it has sent."""

    def read(self, name: str, at_most: int) -> bytes | CannotTell:
        """The bytes of a file where payloads arrive, whole; `CannotTell` where it is larger, not there, or not ours to read.

        Raises only DeliveryError and Misconfigured.
        """
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A sealed batch of outcomes for the platform: `body` is one JSON object a line (`docs/outcomes.md`)."""

    key: str  # unique for ever: `outcomes.k7q2.000017`
    outcomes: int
    digest: str  # SHA-256, hex
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm in words: a line, and what, where and what next. It has no personal data."""

    subject: str
    text: str


class Messenger(Protocol):
    """Who people hear of an alarm from. One attempt a call."""

    def tell(self, told: Told) -> None:
        """The far end has it when this returns. Raises only DeliveryError and Misconfigured."""
        ...


class Platform(Protocol):
    """Whom the outcomes go back to, so that the person who reported can be told. One attempt a call: never retries or logs content."""

    def tell(self, notice: Notice) -> None:
        """The platform has it for good when this returns; told again, it has it once. Raises only DeliveryError and Misconfigured."""
        ...

    def close(self) -> None:
        """Let go of connections. Never raises."""
        ...
