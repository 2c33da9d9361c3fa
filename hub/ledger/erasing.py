"""Erasing: the bytes of submissions are overwritten where they lie; their history, counts and identifiers stay.

With a submission go its bodies, its attachments, and our copies of every payload that carried it, also where others are in it: what was
delivered needs them no more. A payload that may still have to be sent stays, and one that carries a report under a legal hold.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, func, literal, or_, select, tuple_, update

from hub.ledger.cells import ERASED
from hub.ledger.changes import Author, note
from hub.ledger.discarding import delete_now, discard
from hub.ledger.ledger import Ledger
from hub.ledger.tables import attachments, bodies, contents, drops, legal_holds, members, notices, payloads, reports, submissions
from hub.words import PayloadKind, PayloadState, Purpose, State

ENDED = frozenset({State.DUPLICATE, State.ACCEPTED, State.DELIVERED, State.REROUTED, State.REDIRECTED, State.WITHDRAWN})
_AT_ONCE = 200  # submissions in a transaction
_GONE = (PayloadState.DELIVERED, PayloadState.REFUSED, PayloadState.VOIDED)
_THERE = or_(contents.c.body.is_not(None), contents.c.uri.is_not(None))

Days = Callable[[str, State], int]


@dataclass(frozen=True, slots=True)
class Due:
    """A submission whose time is up."""

    submission: int
    report_id: int
    force: str
    service: str
    state: State
    code: str | None
    days: int


def due(ledger: Ledger, days: Days, services: Iterable[str], now: datetime) -> Iterator[list[Due]]:
    """Submissions that came to their ends, on every route, longer ago than their days, and are under no hold; some at a time."""
    r, s, last = reports.c, submissions.c, ("", "", 0)
    time_is_up = _time_is_up(days, services, now)
    order = (r.force, r.service, r.id)  # alike in one transaction: they are one change of the history
    other = reports.alias()
    open_elsewhere = select(1).where(other.c.submission_id == s.id, other.c.state.not_in(ENDED)).exists()
    columns = (s.id, r.id.label("report_id"), r.force, r.service, r.state, r.code)
    query = select(*columns).join(submissions, s.id == r.submission_id).where(r.purpose == Purpose.PRIMARY, s.erased_at.is_(None))
    query = query.where(time_is_up, ~open_elsewhere, ~_held(s.id)).order_by(*order).limit(_AT_ONCE)
    while True:
        with ledger.read() as connection:
            rows = connection.execute(query.where(tuple_(*order) > tuple_(*map(literal, last)))).all()
        if not rows:
            return
        last = (rows[-1].force, rows[-1].service, rows[-1].report_id)
        yield [Due(*row[:4], State(row.state), row.code, days(row.service, State(row.state))) for row in rows]


def _time_is_up(days: Days, services: Iterable[str], now: datetime) -> ColumnElement[bool]:
    """By service and end: those with the same days together."""
    r, by_days = reports.c, dict[int, dict[State, list[str]]]()
    for state in ENDED - {State.DUPLICATE}:
        for service in services:
            by_days.setdefault(days(service, state), {}).setdefault(state, []).append(service)

    def of_these(number: int, ends: Mapping[State, list[str]]) -> ColumnElement[bool]:
        mine = (and_(r.state == state, r.service.in_(some)) for state, some in ends.items())
        return and_(r.since <= now - timedelta(days=number), or_(*mine))

    return or_(*(of_these(number, ends) for number, ends in sorted(by_days.items())))


def _held(submission: ColumnElement[int]) -> ColumnElement[bool]:
    return exists().where(legal_holds.c.submission_id == submission)


def erase(ledger: Ledger, chosen: Sequence[int], author_of: Mapping[int, Author]) -> set[int]:
    """Erase those of these submissions that have ended and are under no hold. Returns which; by `author_of` each stands in the history."""
    with ledger.write() as connection:
        ledger.database.overwrites(connection)
        going = _going(connection, chosen)
        ids = [row.submission_id for row in going]
        uris = _erase(connection, bodies, bodies.c.submission_id.in_(ids))
        uris += _erase(connection, attachments, attachments.c.submission_id.in_(ids))
        uris += _erase(connection, contents, contents.c.payload_id.in_(_carrying(ids)))
        if ids:
            _write(connection, going, author_of)
        discard(connection, uris)
    delete_now(ledger, uris)
    return set(ids)


def _going(connection: Connection, chosen: Sequence[int]) -> list[Any]:
    """The primary reports of those that nothing keeps, locked with all their others."""
    r, s = reports.c, submissions.c
    query = select(r.id, r.submission_id, r.purpose, r.force, r.state, r.code).where(r.submission_id.in_(chosen)).order_by(r.id)
    rows = connection.execute(query.with_for_update()).all()
    kept = set(connection.scalars(select(s.id).where(s.id.in_(chosen), or_(s.erased_at.is_not(None), _held(s.id)))))
    kept |= {row.submission_id for row in rows if row.state not in ENDED}
    return [row for row in rows if row.purpose == Purpose.PRIMARY and row.submission_id not in kept]


def _carrying(ids: Sequence[int]) -> Any:
    """The payloads that carry any of these and that nobody needs: neither to be sent, nor for a report under a hold."""
    m, r, p = members.c, reports.c, payloads.c
    mine = select(m.drop_id, m.payload_id, m.report_id).join(reports, r.id == m.report_id).where(r.submission_id.in_(ids)).subquery()
    alone = or_(p.id == mine.c.payload_id, p.report_id == mine.c.report_id)
    shared = and_(mine.c.payload_id.is_(None), p.kind == PayloadKind.RECORDS)
    return select(p.id).join(mine, mine.c.drop_id == p.drop_id).where(or_(alone, shared), p.state.in_(_GONE), ~_needed_for_a_hold())


def _needed_for_a_hold() -> ColumnElement[bool]:
    """A payload of one report is needed for that one alone; one of records that all share, for each of the drop."""
    m, r, p = members.c, reports.c, payloads.c
    in_drop = select(1).join(reports, r.id == m.report_id).join(legal_holds, legal_holds.c.submission_id == r.submission_id)
    its_own = or_(m.payload_id == p.id, p.report_id == m.report_id, and_(m.payload_id.is_(None), p.kind == PayloadKind.RECORDS))
    return in_drop.where(m.drop_id == p.drop_id, its_own).correlate(payloads).exists()


def erase_left_payloads(ledger: Ledger) -> int:
    """Payloads that stayed when a report in them was erased, and that nothing keeps any more. Returns how many."""
    m, r, p, s = members.c, reports.c, payloads.c, submissions.c
    erased = select(1).join(reports, r.id == m.report_id).join(submissions, s.id == r.submission_id)
    its_own = or_(m.payload_id == p.id, p.report_id == m.report_id, and_(m.payload_id.is_(None), p.kind == PayloadKind.RECORDS))
    gone = erased.where(m.drop_id == p.drop_id, its_own, s.erased_at.is_not(None)).correlate(payloads).exists()
    kept = select(contents.c.payload_id).where(_THERE)
    left = select(p.id).where(p.id.in_(kept), p.state.in_(_GONE), gone, ~_needed_for_a_hold())
    with ledger.read() as connection:
        ids = list(connection.scalars(left))
    return _erase_rows(ledger, contents, ids)


def erase_notices(ledger: Ledger, before: datetime) -> int:
    """The bytes of notices that the platform has had since then. Returns how many."""
    n = notices.c
    with ledger.read() as connection:
        ids = list(connection.scalars(select(n.id).where(n.sent_at <= before, or_(n.body.is_not(None), n.uri.is_not(None)))))
    return _erase_rows(ledger, notices, ids)


def due_notices(ledger: Ledger, before: datetime) -> int:
    """How many of them there are."""
    n = notices.c
    query = select(func.count()).select_from(notices).where(n.sent_at <= before, or_(n.body.is_not(None), n.uri.is_not(None)))
    with ledger.read() as connection:
        return connection.scalar(query) or 0


def _erase_rows(ledger: Ledger, table: Table, ids: Sequence[int]) -> int:
    (key,) = table.primary_key.columns
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        with ledger.write() as connection:
            ledger.database.overwrites(connection)
            uris = _erase(connection, table, key.in_(some))
            discard(connection, uris)
        delete_now(ledger, uris)
    return len(ids)


def _erase(connection: Connection, table: Table, which: ColumnElement[bool]) -> list[str]:
    """The objects that these rows named."""
    uris = list(connection.scalars(select(table.c.uri).where(which, table.c.uri.is_not(None))))
    connection.execute(update(table).where(which).values(**ERASED))
    return uris


def _write(connection: Connection, going: Sequence[Any], author_of: Mapping[int, Author]) -> None:
    """One change for each force and author."""
    together: dict[tuple[str, Author], list[tuple[int, State, str | None, str | None]]] = {}
    for row in going:
        together.setdefault((row.force, author_of[row.submission_id]), []).append((row.id, State(row.state), row.code, "erased"))
    for (force, author), seen in sorted(together.items(), key=lambda each: (each[0][0], each[0][1].reason or "")):
        note(connection, force, author, seen)
    at = next(iter(author_of.values())).at
    connection.execute(update(submissions).where(submissions.c.id.in_([row.submission_id for row in going])).values(erased_at=at))


def not_ended(ledger: Ledger, submission: int) -> State | None:
    """A state, on any route, in which nothing of a submission may be erased; None where it has ended on all."""
    r = reports.c
    with ledger.read() as connection:
        found = connection.scalar(select(r.state).where(r.submission_id == submission, r.state.not_in(ENDED)).limit(1))
    return State(found) if found else None


def held_beside(ledger: Ledger, chosen: Sequence[int]) -> dict[int, str]:
    """Of these submissions, those in whose shared drop there is another under a legal hold: the drop's key."""
    m, r, p, d = members.c, reports.c, payloads.c, drops.c
    query = select(r.submission_id, d.key).join(members, m.report_id == r.id).join(drops, d.id == m.drop_id)
    query = query.join(payloads, and_(p.drop_id == d.id, p.kind == PayloadKind.RECORDS)).where(m.payload_id.is_(None))
    query = query.join(contents, contents.c.payload_id == p.id).where(r.submission_id.in_(chosen), _THERE, _needed_for_a_hold())
    with ledger.read() as connection:
        found = connection.execute(query)
        return {row.submission_id: row.key for row in found}
