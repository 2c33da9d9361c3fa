"""What the ledger itself contradicts: deliveries that nobody tried, acknowledgements for nothing, times that cannot be."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from hub.alarms import HUB
from hub.clock import day_of
from hub.discrepancies import Discrepancy, Kind
from hub.ledger.ledger import Ledger
from hub.ledger.tables import acknowledgements, attempts, drops, members, reports, submissions
from hub.words import DropState, State

TOLERANCE = timedelta(minutes=10)  # that clocks may differ by


def contradictions(ledger: Ledger, day: date | None = None) -> list[Discrepancy]:
    """Everything of that kind about reports first picked up on a day, or about all; acknowledgements for nothing by the day they came."""
    with ledger.read() as connection:
        return [
            *_never_sent(connection, day),
            *_for_nothing(connection, day),
            *_unproved(connection, day),
            *_twice(connection, day),
            *_clocks_of_forces(connection, day),
            *_clock_of_the_platform(connection, day),
        ]


def _of_day(query: Select[Any], day: date | None) -> Select[Any]:
    return query.where(reports.c.day == day) if day else query


def _never_sent(connection: Connection, day: date | None) -> Iterator[Discrepancy]:
    """Delivered drops without an attempt, and delivered reports that no drop carried."""
    d, m, r, s = drops.c, members.c, reports.c, submissions.c
    tried = select(attempts.c.id).where(attempts.c.drop_id == d.id).exists()
    query = select(d.force, d.route, d.key, d.reports).where(d.state == DropState.DELIVERED, ~tried).order_by(d.id)
    if day:
        query = query.where(d.id.in_(select(r.drop_id).where(r.day == day)))
    for force, route, key, n in connection.execute(query):
        yield Discrepancy(Kind.NEVER_SENT, force, route, key, f"a drop of {n:,} reports")
    carried = select(m.report_id).where(m.report_id == r.id, m.outcome == State.DELIVERED).exists()
    named = select(r.force, r.route, s.submission_id, s.id, r.state).join(submissions, s.id == r.submission_id)
    bare = _of_day(named.where(r.state.in_((State.DELIVERED, State.ACCEPTED)), ~carried), day)
    for force, route, name, number, state in connection.execute(bare.order_by(r.id)):
        yield Discrepancy(Kind.NEVER_SENT, force, route or "", name or f"#{number}", f"it is {state}, and no drop delivered it")


def _for_nothing(connection: Connection, day: date | None) -> Iterator[Discrepancy]:
    a = acknowledgements.c
    query = select(a.force, a.route, a.submission_id, a.accepted, a.received_at).where(a.report_id.is_(None)).order_by(a.id)
    for force, route, name, accepted, at in connection.execute(query):
        if day is None or day_of(at) == day:
            said = "accepted" if accepted else "rejected"
            yield Discrepancy(Kind.FOR_NOTHING, force, route, name, f"{said}, heard at {at:%Y-%m-%dT%H:%M:%SZ}")


def _unproved(connection: Connection, day: date | None) -> Iterator[Discrepancy]:
    a, r, s = acknowledgements.c, reports.c, submissions.c
    proof = select(a.id).where(a.report_id == r.id, a.accepted).exists()
    named = select(r.force, r.route, s.submission_id, s.id).join(submissions, s.id == r.submission_id)
    query = _of_day(named.where(r.state == State.ACCEPTED, ~proof), day)
    for force, route, name, number in connection.execute(query.order_by(r.id)):
        yield Discrepancy(Kind.UNPROVED, force, route or "", name or f"#{number}")


def _twice(connection: Connection, day: date | None) -> Iterator[Discrepancy]:
    """Reports that a force accepted with more than one reference of its own: it has them in its records as often."""
    a, r, s = acknowledgements.c, reports.c, submissions.c
    several = func.count(a.reference.distinct())
    query = select(r.force, r.route, s.submission_id, several).join(reports, r.id == a.report_id).join(submissions, s.id == r.submission_id)
    query = _of_day(query.where(a.accepted), day).group_by(r.id, r.force, r.route, s.submission_id).having(several > 1)
    for force, route, name, n in connection.execute(query.order_by(r.id)):
        yield Discrepancy(Kind.TWICE, force, route, name, f"accepted with {n:,} references")


@dataclass(slots=True)
class _Off:
    """How many of a drop's acknowledgements cannot have their time, and by how much the worst."""

    n: int = 0
    most: timedelta = timedelta(0)

    def add(self, by: timedelta) -> None:
        self.n, self.most = self.n + 1, max(self.most, by)


def _clocks_of_forces(connection: Connection, day: date | None) -> Iterator[Discrepancy]:
    """Acknowledgements dated before their drop was sealed, or after they were heard: by drop."""
    a, d = acknowledgements.c, drops.c
    query = select(d.force, d.route, d.key, a.at, d.sealed_at, a.received_at).join(reports, reports.c.id == a.report_id)
    query = query.join(drops, d.id == reports.c.drop_id).where(and_(a.at.is_not(None), or_(a.at < d.sealed_at, a.at > a.received_at)))
    found: dict[tuple[str, str, str, str], _Off] = {}
    for force, route, key, at, sealed_at, received_at in connection.execute(_of_day(query, day).order_by(a.id)):
        by, how = _apart(at, sealed_at, received_at)
        if by > TOLERANCE:
            found.setdefault((force, route, key, how), _Off()).add(by)
    for (force, route, key, how), off in found.items():
        yield Discrepancy(Kind.CLOCK, force, route, key, f"{off.n:,} acknowledgements are dated up to {_minutes(off.most)} {how}")


def _apart(at: datetime, sealed_at: datetime, received_at: datetime) -> tuple[timedelta, str]:
    return (sealed_at - at, "before it was sealed") if at < sealed_at else (at - received_at, "after they were heard")


def _clock_of_the_platform(connection: Connection, day: date | None) -> Iterator[Discrepancy]:
    """A source most of whose submissions of a day were sent in after they were picked up: one alone is a mistake in that one."""
    s = submissions.c
    query = select(s.source, s.day, s.submitted_at, s.picked_up_at).where(s.submitted_at > s.picked_up_at)
    found: dict[tuple[str, date], _Off] = {}
    for source, on, submitted_at, picked_up_at in connection.execute(query.where(s.day == day) if day else query):
        if (by := submitted_at - picked_up_at) > TOLERANCE:
            found.setdefault((source, on), _Off()).add(by)
    for (source, on), off in sorted(found.items()):
        whole = connection.scalar(select(func.count()).where(s.source == source, s.day == on, s.submitted_at.is_not(None))) or 0
        if off.n * 2 > whole:
            detail = f"{off.n:,} of {whole:,} submissions are dated up to {_minutes(off.most)} after they were picked up"
            yield Discrepancy(Kind.CLOCK, HUB, "", f"{source} {on}", detail)


def _minutes(by: timedelta) -> str:
    return f"{by / timedelta(minutes=1):,.0f} minutes"
