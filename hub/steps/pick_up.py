"""Pick up: submissions come from a source into the ledger; the source lets go only of what the ledger has for good."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from hub.clock import Clock, day_of
from hub.contracts import Source, SourceUnavailable, Submission
from hub.forces.registry import BrokenForce, Registry
from hub.ledger.arrivals import Arrival, Kept, record
from hub.ledger.ledger import Ledger
from hub.ledger.store import Stored
from hub.mapping.record import Signal
from hub.reports.model import Attachment, Report
from hub.reports.reader import Read, Unreadable, read
from hub.reports.services import BY_CATEGORY
from hub.reports.urgency import lane_of
from hub.steps.inspect import Trouble, keep, too_much
from hub.words import UNKNOWN, Lane, State

CHUNK = 4_000  # submissions in one commit: each commit has a change, and a link of its chain, for every force
BESIDE = 1_000  # where others must come between: nobody writes while a commit is made
LARGE = 16_000_000  # bytes of a chunk: memory stays flat
_NAME = 300  # characters of a source's name for a file that the ledger keeps
_MISSING, _ALTERED = "attachment-missing", "attachment-altered"
_PLAIN = re.compile(r"[A-Za-z0-9._:-]{1,100}")


@dataclass
class PickedUp:
    """What a pick-up did: `seen` by the source, `entered` by state, `known` from before a crash, `left` where they were.

    `unread` has the names of those that could not be read, as far as they may be shown; `urgent` is how many urgent ones came, by force.
    """

    seen: int = 0
    known: int = 0
    left: int = 0
    unread: list[str] = field(default_factory=list)
    entered: Counter[State] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    urgent: Counter[str] = field(default_factory=Counter)


class Judged(NamedTuple):
    """What a submission's bytes say of it."""

    force: str
    service: str
    state: State
    code: str | None = None
    where: str | None = None


class Live:
    """Which reports may go on now: looked up once for all that are alike."""

    def __init__(self, registry: Registry, now: datetime) -> None:
        self.registry = registry
        self.now = now
        self._held: dict[tuple[str, str], str | None] = {}

    def held(self, force: str, service: str) -> str | None:
        """Why a report of this force and service must wait today: a code of `hub.causes`, or None where it may go."""
        if (force, service) not in self._held:
            self._held[force, service] = self._look(force, service)
        return self._held[force, service]

    def _look(self, force: str, service: str) -> str | None:
        if force in self.registry.broken or force not in self.registry.forces:
            return "force-file-broken"
        known, day = self.registry.forces[force], day_of(self.now)
        return known.not_live(service, day) or (None if known.primary_on(day) else "no-route")


def pick_up(
    ledger: Ledger,
    source: Source,
    registry: Registry,
    clock: Clock,
    *,
    chunk: int | None = None,
    first: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> PickedUp:
    """Take everything that the source has. Raises SourceUnavailable and LedgerUnavailable; what was committed stays.

    `chunk` is how many submissions are in one commit (default: `CHUNK`), `first` in the first one, where these are fewer: several that
    begin at once would want to write at once.
    """
    done, each = PickedUp(), chunk or CHUNK
    for some in _chunks(source.submissions(), min(first or each, each), each):
        _take(ledger, source, Live(registry, clock.now()), some, done)
        if progress:
            progress(len(some))
    return done


def _chunks(submissions: Iterator[Submission], first: int, each: int) -> Iterator[list[Submission]]:
    """So many at a time, or fewer where they are large."""
    chunk: list[Submission] = []
    most, size = first, 0
    for submission in submissions:
        chunk.append(submission)
        size += len(submission.body)
        if len(chunk) >= most or size > LARGE:
            yield chunk
            chunk, most, size = [], each, 0
    if chunk:
        yield chunk


def _take(ledger: Ledger, source: Source, live: Live, chunk: Sequence[Submission], done: PickedUp) -> None:
    readable = [submission for submission in chunk if submission.fault is None]
    arrivals = [arrival for submission in readable if (arrival := _read(ledger, live, submission))]
    recorded = record(ledger, arrivals, live.now)
    source.settle([submission for submission in readable if submission.arrival in recorded.settled])
    done.seen += len(chunk)
    done.left += len(chunk) - len(recorded.settled)
    taken = {arrival.arrival for arrival in arrivals}
    done.unread += [_shown(submission.name) for submission in chunk if submission.arrival not in taken]
    done.known += len(recorded.settled) - len(recorded.entered)
    done.entered.update(arrival.state for arrival in recorded.entered)
    done.urgent.update(arrival.force for arrival in recorded.entered if (arrival.state, arrival.lane) == (State.WAITING, Lane.URGENT))
    done.codes.update(arrival.code for arrival in recorded.entered if arrival.code)


def _read(ledger: Ledger, live: Live, submission: Submission) -> Arrival | None:
    """None where a file of it cannot be read now, or changed while it was read: it is left for the next pass."""
    try:
        return _arrival(ledger, live, submission)
    except (OSError, SourceUnavailable):
        return None


def _shown(name: str) -> str:
    """A file's name as it may be told: one that is not plain may be anything, a person's too."""
    return name if _PLAIN.fullmatch(name) else "?"


def _arrival(ledger: Ledger, live: Live, submission: Submission) -> Arrival:
    """What becomes of one submission, unless the ledger knows it already."""
    if submission.oversize:
        with submission.oversize() as source:
            return _unknown(submission, ledger.store.stream(UNKNOWN, source), "too-large")
    try:
        found = read(submission.body)
        lane = lane_of(found.report, live.now)
    except Unreadable as fault:
        return _unreadable(ledger, live.registry, submission, fault)
    except Exception as defect:
        return _unknown(submission, ledger.store.put(UNKNOWN, submission.body), "hub-defect", type(defect).__name__)
    return _readable(ledger, live, submission, found, lane)


def _readable(ledger: Ledger, live: Live, submission: Submission, found: Read, lane: Lane) -> Arrival:
    report = found.report
    judged = _judge(live, report)
    kept, trouble = _keep_attachments(ledger, judged.force, report.attachments, submission)
    if trouble and judged.state != State.QUARANTINED:
        judged = Judged(judged.force, judged.service, State.QUARANTINED, *trouble)
    return Arrival(
        arrival=submission.arrival,
        source=submission.source,
        name=submission.name[:_NAME],
        body=ledger.store.put(judged.force, submission.body),
        force=judged.force,
        service=judged.service,
        state=judged.state,
        lane=lane,
        code=judged.code,
        where=judged.where,
        submission_id=report.submission_id,
        reference=report.reference,
        language=report.language,
        submitted_at=report.submitted_at,
        signals=found.signals + _not_named(report, submission),
        attachments=kept,
        clean_by=found.clean_by,
    )


def _unknown(submission: Submission, stored: Stored, code: str, where: str | None = None) -> Arrival:
    """One of which nothing was read, or nothing could be."""
    name = submission.name[:_NAME]
    return Arrival(submission.arrival, submission.source, name, stored, UNKNOWN, UNKNOWN, State.QUARANTINED, code=code, where=where)


def _unreadable(ledger: Ledger, registry: Registry, submission: Submission, fault: Unreadable) -> Arrival:
    envelope = fault.envelope
    force = registry.by_code(envelope.force_code) if envelope.force_code else None
    service = BY_CATEGORY.get(envelope.category or "")
    slug = force.slug if force else UNKNOWN
    kept, _ = _keep_attachments(ledger, slug, envelope.attachments or (), submission)
    return Arrival(
        arrival=submission.arrival,
        source=submission.source,
        name=submission.name[:_NAME],
        body=ledger.store.put(slug, submission.body),
        force=slug,
        service=service.slug if service else UNKNOWN,
        state=State.QUARANTINED,
        code=fault.code,
        where=fault.where or None,
        submission_id=envelope.submission_id,
        reference=envelope.reference,
        language=envelope.language,
        submitted_at=envelope.submitted_at,
        attachments=kept,
    )


def _judge(live: Live, report: Report) -> Judged:
    """Whether the report may go on today, waits for a date, or for a person."""
    force = live.registry.by_code(report.force_code)
    if force is None:
        return Judged(UNKNOWN, report.service, State.QUARANTINED, "unknown-force", "forceIdentifier")
    if isinstance(force, BrokenForce):
        return Judged(force.slug, report.service, State.HELD, "force-file-broken")
    held = live.held(force.slug, report.service)
    return Judged(force.slug, report.service, State.HELD if held else State.WAITING, held)


def _keep_attachments(
    ledger: Ledger, force: str, announced: Sequence[Attachment], submission: Submission
) -> tuple[tuple[Kept, ...], Trouble | None]:
    """Bring the attachments into the store, each compared with what the submission says of it; the first trouble counts."""
    kept: list[Kept] = []
    trouble: Trouble | None = None
    for number, attachment in enumerate(announced, start=1):
        stored, found = _keep(ledger, force, submission, attachment)
        if stored:
            kept.append(Kept(number, attachment.media_type, stored, found != _ALTERED))
        if found:
            trouble = trouble or (found, f"attachments[{number - 1}]")
    return tuple(kept), trouble or too_much(kept)


def _not_named(report: Report, submission: Submission) -> tuple[Signal, ...]:
    """A signal for each file that came with a submission which does not name it: such a file stays where it is."""
    if not submission.attachments:
        return ()
    strays = submission.attachments.keys() - {attachment.name for attachment in report.attachments}
    return (Signal("attachment-not-named", "attachments"),) * len(strays)


def _keep(ledger: Ledger, force: str, submission: Submission, attachment: Attachment) -> tuple[Stored | None, str | None]:
    """One file in the store, and what is wrong with it: a code of `hub.causes`."""
    opener = submission.attachments.get(attachment.name)
    try:
        source = opener() if opener else None
    except FileNotFoundError:
        source = None
    if source is None:
        return None, _MISSING
    with source:
        stored, found = keep(ledger, force, source, attachment.media_type)
    return stored, found if stored.digest == attachment.sha256 else _ALTERED
