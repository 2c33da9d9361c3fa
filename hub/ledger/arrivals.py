"""Takes what a source brought into the ledger: each arrival once, each submission id once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, insert, select

from hub.clock import day_of
from hub.ledger.cells import CELL, cell, kept_in, of_attachment, of_body
from hub.ledger.changes import Author, enter
from hub.ledger.engine import Turn, take_turn
from hub.ledger.ledger import Ledger
from hub.ledger.rows import UnlessThere, among, inserting, reserve
from hub.ledger.store import Stored
from hub.ledger.tables import MEDIA_TYPE, WHERE, attachments, bodies, of_id, reports, signals, submissions
from hub.mapping.record import Signal
from hub.words import Lane, Purpose, State


@dataclass(frozen=True, slots=True)
class Kept:
    """An attachment whose bytes are in the store. `whole` where they are the ones that the submission names."""

    number: int  # from 1, in the order of the submission
    media_type: str
    stored: Stored
    whole: bool = True


class Arrival(NamedTuple):
    """One submission as it was picked up, and what becomes of it unless the ledger knows it already."""

    arrival: str
    source: str
    name: str
    body: Stored
    force: str
    service: str
    state: State
    lane: Lane = Lane.ROUTINE
    code: str | None = None
    where: str | None = None
    submission_id: str | None = None
    reference: str | None = None
    language: str | None = None
    submitted_at: datetime | None = None
    signals: tuple[Signal, ...] = ()
    attachments: tuple[Kept, ...] = ()
    clean_by: str | None = None  # the edition of the reader that found nothing amiss in its bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger made of a chunk: `settled` names the arrivals that it now has for good."""

    settled: frozenset[str]
    entered: tuple[Arrival, ...]  # new ones, with the state that they got


def record(ledger: Ledger, arrivals: Sequence[Arrival], at: datetime) -> Recorded:
    """Write these arrivals, all or none. Those the ledger has already are left alone and count as settled.

    The same id and the same bytes as before is a duplicate; the same id and other bytes a conflict, quarantined.
    Workers take turns, so that two that bring the same ids neither miss nor wait for each other in a circle.
    """
    with ledger.write() as connection:
        take_turn(connection, Turn.ARRIVE)
        known = _known_arrivals(connection, arrivals)
        fresh = list({a.arrival: a for a in arrivals if a.arrival not in known}.values())
        judged = sorted(_judge(connection, fresh), key=_force_of)  # a force's rows lie together: all that comes after touches few pages
        ids = _insert_submissions(connection, judged, at)
        entered = [(ids[a.arrival], a) for a, _ in judged if a.arrival in ids]
        _insert_parts(connection, entered)
        _enter(connection, entered, at)
        _complete(connection, [a for _, a in entered if a.state == State.DUPLICATE])
    return Recorded(frozenset(known | ids.keys()), tuple(arrival for _, arrival in entered))


def _known_arrivals(connection: Connection, arrivals: Sequence[Arrival]) -> set[str]:
    asked = {"b_arrivals": [a.arrival for a in arrivals]}
    return set(connection.execute(_known(connection.dialect.name), asked).scalars().all())


@cache
def _known(dialect: str) -> Select[str]:
    return select(submissions.c.arrival).where(among(dialect, submissions.c.arrival, "b_arrivals"))


@cache
def _digests(dialect: str) -> Select[str | None, str]:
    of_these = of_id(lambda column: among(dialect, column, "b_ids"))
    return select(submissions.c.submission_id, submissions.c.digest).where(of_these)


def _judge(connection: Connection, arrivals: Sequence[Arrival]) -> list[tuple[Arrival, str | None]]:
    """Each arrival with its final state, and its identity where it is the first of its id."""
    ids = [a.submission_id for a in arrivals if a.submission_id]
    seen: dict[str, set[str]] = {}
    for submission_id, digest in connection.execute(_digests(connection.dialect.name), {"b_ids": ids}).all():
        seen.setdefault(submission_id or "", set()).add(digest)
    judged: list[tuple[Arrival, str | None]] = []
    for arrival in arrivals:
        if arrival.submission_id is None:
            judged.append((arrival, None))
        elif arrival.submission_id not in seen:
            seen[arrival.submission_id] = {arrival.body.digest}
            judged.append((arrival, arrival.submission_id))
        else:
            judged.append((_again(arrival, seen[arrival.submission_id]), None))
            seen[arrival.submission_id].add(arrival.body.digest)
    return judged


def _again(arrival: Arrival, digests: set[str]) -> Arrival:
    if arrival.body.digest in digests:
        return arrival._replace(state=State.DUPLICATE, code=None, where=None, signals=())
    return arrival._replace(state=State.QUARANTINED, code="conflict", where="submissionId")


def _force_of(judged: tuple[Arrival, str | None]) -> str:
    return judged[0].force


def _insert_submissions(connection: Connection, judged: Sequence[tuple[Arrival, str | None]], at: datetime) -> dict[str, int]:
    """The id of each submission that was new, by its arrival."""
    if not judged:
        return {}
    day, ids = day_of(at), reserve(connection, submissions, len(judged))
    rows = [
        (
            number,
            a.arrival,
            identity,
            a.submission_id,
            a.body.digest,
            a.body.size,
            a.source,
            a.name,
            a.force,
            a.service,
            a.reference,
            a.language,
            a.submitted_at,
        )
        for number, (a, identity) in zip(ids, judged, strict=True)
    ]
    if _SUBMISSIONS.write(connection, rows, day, at) == len(rows):
        return {a.arrival: number for number, (a, _) in zip(ids, judged, strict=True)}
    mine = select(submissions.c.arrival, submissions.c.id).where(submissions.c.id.between(ids[0], ids[-1]))
    brought = {a.arrival for a, _ in judged}  # beside ours another worker may have numbered its own
    return {arrival: number for arrival, number in connection.execute(mine) if arrival in brought}


_SUBMISSION = ("id", "arrival", "identity", "submission_id", "digest", "size", "source", "name", "force", "service", "reference",
               "language", "submitted_at")  # fmt: skip
_SUBMISSIONS = UnlessThere(submissions, _SUBMISSION, ("day", "picked_up_at"))
_REPORT = ("id", "submission_id", "force", "service", "lane", "state", "code", "where")
_BODIES = inserting(bodies, "submission_id", "version", *CELL, "clean_by")
_REPORTS = inserting(reports, *_REPORT, share=("purpose", "day", "since"))
_SIGNALS = inserting(signals, "report_id", "kind", "field", "count")


def _insert_parts(connection: Connection, entered: Sequence[tuple[int, Arrival]]) -> None:
    _BODIES.write(connection, (_body(number, a) for number, a in entered if a.state != State.DUPLICATE))
    files = [_file(number, kept) for number, a in entered if a.state != State.DUPLICATE for kept in a.attachments]
    if files:
        connection.execute(insert(attachments), files)


def _body(submission: int, arrival: Arrival) -> tuple[Any, ...]:
    clean_by = arrival.clean_by if arrival.body.key else None  # what is not sealed may become other bytes
    return submission, 1, *kept_in(arrival.body, of_body(submission, 1, clean_by)), clean_by


def _file(submission: int, kept: Kept) -> dict[str, Any]:
    return {
        "submission_id": submission,
        "number": kept.number,
        "media_type": kept.media_type[:MEDIA_TYPE],
        "digest": kept.stored.digest,
        "size": kept.stored.size,
        **cell(kept.stored, of_attachment(submission, kept.number)),
    }


def _complete(connection: Connection, duplicates: Sequence[Arrival]) -> None:
    """What came again may bring a file that was missing or altered the first time: the one in quarantine gets it."""
    for again in duplicates:
        found = {kept.number: kept for kept in again.attachments if kept.whole}
        if found and (first := _in_quarantine(connection, again)):
            mine = attachments.c.submission_id == first
            connection.execute(delete(attachments).where(mine, attachments.c.number.in_(found)))
            connection.execute(insert(attachments), [_file(first, kept) for kept in found.values()])


def _in_quarantine(connection: Connection, again: Arrival) -> int | None:
    """The submission that this one repeats, while it waits for its files."""
    query = select(submissions.c.id).join(reports, reports.c.submission_id == submissions.c.id)
    same = (of_id(lambda column: column == again.submission_id), submissions.c.digest == again.body.digest)
    waits = reports.c.code.in_(("attachment-missing", "attachment-altered"))
    return connection.scalar(query.where(*same, reports.c.state == State.QUARANTINED, waits).limit(1))


def _enter(connection: Connection, entered: Sequence[tuple[int, Arrival]], at: datetime) -> None:
    """The report rows of the primary route, their history (one change per force), and their signals."""
    if not entered:
        return
    ids = reserve(connection, reports, len(entered))
    rows = [
        (report, number, a.force, a.service, str(a.lane), str(a.state), a.code, a.where and a.where[:WHERE])
        for report, (number, a) in zip(ids, entered, strict=True)
    ]
    _REPORTS.write(connection, rows, Purpose.PRIMARY.value, day_of(at), at)
    by_force: dict[str, list[tuple[int, State, str | None, str | None]]] = {}
    for report, (_, a) in zip(ids, entered, strict=True):
        by_force.setdefault(a.force, []).append((report, a.state, a.code, a.where))
    for force, entries in sorted(by_force.items()):
        enter(connection, force, Author("pick up", at), entries)
    add_signals(connection, [(report, a.signals) for report, (_, a) in zip(ids, entered, strict=True)])


def add_signals(connection: Connection, found: Sequence[tuple[int, tuple[Signal, ...]]]) -> None:
    """Count what was not carried over exactly, by report, kind and field."""
    _SIGNALS.write(
        connection,
        (
            (report, signal.kind, signal.field[:WHERE], each.count(signal))
            for report, each in found
            if each
            for signal in dict.fromkeys(each)
        ),
    )
