"""What happened to the reports of some days: how many came, how soon the forces had them, and what still waits for a person."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select

from hub.gravity import Gravity, gravity_of
from hub.ledger.account import Cell
from hub.ledger.alarms import Alarm, alarm_of
from hub.ledger.ledger import Ledger
from hub.ledger.tables import alarms, drops, history, reports, signals, submissions
from hub.words import DropState, Lane, Purpose, State

CHECKED = "check-"  # signals of this kind are of checks: `check-warn`, `check-enrich`


@dataclass(frozen=True, slots=True)
class Wait:
    """So many reports of a force in quarantine with one gravity and code, all since one instant."""

    force: str
    gravity: Gravity
    code: str
    since: datetime
    reports: int


def picked_up(ledger: Ledger, first: date, last: date) -> Counter[Cell]:
    """Submissions by force, service and day, of the days from `first` to `last`."""
    cell = (submissions.c.force, submissions.c.service, submissions.c.day)
    query = select(*cell, func.count()).where(submissions.c.day.between(first, last)).group_by(*cell)
    with ledger.read() as connection:
        return Counter({Cell(force, service, day): n for force, service, day, n in connection.execute(query)})


def first_day(ledger: Ledger) -> date | None:
    """The day on which the ledger took its first submission."""
    with ledger.read() as connection:
        day: date | None = connection.scalar(select(func.min(submissions.c.day)))
    return day


def delivery_times(ledger: Ledger, first: date, last: date) -> dict[str, list[float]]:
    """Seconds from submission to delivery on the primary route, by force, the shortest first.

    From the picking up where nothing says when it was submitted.
    """
    r, s, d = reports.c, submissions.c, drops.c
    arrived = and_(r.state.in_((State.DELIVERED, State.ACCEPTED)), d.state == DropState.DELIVERED, d.delivered_at.is_not(None))
    query = (
        select(r.force, s.submitted_at, s.picked_up_at, d.delivered_at)
        .join(drops, d.id == r.drop_id)
        .join(submissions, s.id == r.submission_id)
    )
    found: dict[str, list[float]] = {}
    with ledger.read() as connection:
        for force, submitted, came, delivered in connection.execute(
            query.where(r.purpose == Purpose.PRIMARY, r.day.between(first, last), arrived)
        ):
            found.setdefault(force, []).append(max(0.0, (delivered - (submitted or came)).total_seconds()))
    return {force: sorted(times) for force, times in found.items()}


def in_quarantine(ledger: Ledger, last: date) -> list[Wait]:
    """What is in quarantine now of everything picked up until `last`, on all routes, the oldest first."""
    r = reports.c
    columns = (r.force, r.service, r.lane, r.code, r.since)
    query = (
        select(*columns, func.count())
        .where(r.state == State.QUARANTINED, r.day <= last)
        .group_by(*columns)
        .order_by(r.since, r.force, r.code)
    )
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return [Wait(force, gravity_of(service, Lane(lane)), code or "", since, n) for force, service, lane, code, since, n in rows]


def alarms_between(ledger: Ledger, begin: datetime, end: datetime) -> list[Alarm]:
    """Every alarm that stood at any time from `begin` until before `end`, the oldest first."""
    a = alarms.c
    query = select(alarms).where(a.raised_at < end, or_(a.cleared_at.is_(None), a.cleared_at > begin)).order_by(a.raised_at, a.id)
    with ledger.read() as connection:
        return [alarm_of(row) for row in connection.execute(query)]


def failed_codes(ledger: Ledger, first: date, last: date) -> Counter[str]:
    """Reports of these days that a check stopped or remarked upon, by its code; one that was stopped twice counts once."""
    r, h, g = reports.c, history.c, signals.c
    stopped = select(h.code, func.count(h.report_id.distinct())).join(reports, r.id == h.report_id).where(h.to_state == State.QUARANTINED)
    noted = select(g.field, func.count(g.report_id.distinct())).join(reports, r.id == g.report_id).where(g.kind.startswith(CHECKED))
    found: Counter[str] = Counter()
    with ledger.read() as connection:
        for query, code in ((stopped, h.code), (noted, g.field)):
            for name, n in connection.execute(query.where(r.purpose == Purpose.PRIMARY, r.day.between(first, last)).group_by(code)):
                found[name or ""] += n
    return found
