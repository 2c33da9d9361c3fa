"""What the ledger shows to be wrong: the questions that alarms are made of. Each is answered from an index."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_

from hub.alarms import HUB, AlarmKind
from hub.gravity import AGES, Ages, Gravity, gravity_of, kinds, rank
from hub.ledger.alarms import Trouble
from hub.ledger.ledger import Ledger
from hub.ledger.sealed import DAMAGED, LOST
from hub.ledger.tables import acknowledgements, attempts, circuits, drops, members, notices, owners, pauses, reports
from hub.reports.services import SERVICES
from hub.words import DropState, Lane, PayloadState, State

SPOILT = (LOST, DAMAGED)


@dataclass(frozen=True, slots=True)
class Late:
    """A delivered drop of which reports are not acknowledged."""

    force: str
    route: str
    key: str
    delivered_at: datetime


def unacknowledged(ledger: Ledger) -> list[Late]:
    """Every drop that was delivered and has reports that are not acknowledged yet, in the order of their delivery."""
    d = drops.c
    mine = select(reports.c.drop_id).where(reports.c.state == State.DELIVERED).distinct()
    query = select(d.force, d.route, d.key, d.delivered_at).where(d.id.in_(mine), d.delivered_at.is_not(None))
    with ledger.read() as connection:
        return [Late(*row) for row in connection.execute(query.order_by(d.delivered_at, d.id))]


def unmatched(ledger: Ledger, since: datetime) -> Iterator[Trouble]:
    """Acknowledgements for nothing that was sent, by force and route."""
    a = acknowledgements.c
    query = select(a.force, a.route, func.count()).where(a.report_id.is_(None), a.received_at >= since).group_by(a.force, a.route)
    with ledger.read() as connection:
        for force, route, n in connection.execute(query):
            yield Trouble(AlarmKind.UNMATCHED_ACKNOWLEDGEMENT, force, route, n)


def perhaps_twice(ledger: Ledger, since: datetime) -> Iterator[Trouble]:
    """Reports that had arrived in a drop that was taken back, and that a later one brought or may have brought, by force and route.

    Not what a person sent anew after the force had spoken. With the newest such later drop.
    """
    a, first, second = acknowledgements.c, members.alias(), members.alias()
    void, later = drops.alias(), drops.alias()
    query = select(a.force, a.route, func.count(a.report_id.distinct()), func.max(later.c.key))
    arrived = query.join(first, and_(first.c.report_id == a.report_id, first.c.outcome == PayloadState.DELIVERED))
    taken_back = arrived.join(void, and_(void.c.id == first.c.drop_id, void.c.state == DropState.VOIDED, void.c.route == a.route))
    anew = taken_back.join(
        second, and_(second.c.report_id == a.report_id, second.c.outcome.in_((PayloadState.DELIVERED, PayloadState.IN_DOUBT)))
    )
    sent = anew.join(later, and_(later.c.id == second.c.drop_id, later.c.id > void.c.id, later.c.sealed_at <= a.received_at))
    with ledger.read() as connection:
        for force, route, n, key in connection.execute(sent.where(a.received_at >= since).group_by(a.force, a.route)):
            yield Trouble(AlarmKind.PERHAPS_TWICE, force, route, n, key)


def spoilt(ledger: Ledger, since: datetime) -> Iterator[Trouble]:
    """Drops of which an attempt found the hub's own copy gone or altered, by force and code, with the newest."""
    a, d = attempts.c, drops.c
    query = select(d.force, a.code, func.count(d.id.distinct()), func.max(d.key)).join(drops, d.id == a.drop_id)
    with ledger.read() as connection:
        for force, code, n, key in connection.execute(query.where(a.code.in_(SPOILT), a.ended_at >= since).group_by(d.force, a.code)):
            yield Trouble(AlarmKind.SPOILT, force, code, n, key)


def in_doubt(ledger: Ledger) -> Iterator[Trouble]:
    """Reports in doubt, by force and route, with the key of a drop that one was in."""
    r = reports.c
    query = select(r.force, r.route, func.count(), func.min(drops.c.key)).outerjoin(drops, drops.c.id == r.drop_id)
    with ledger.read() as connection:
        for force, route, n, key in connection.execute(query.where(r.state == State.IN_DOUBT).group_by(r.force, r.route)):
            yield Trouble(AlarmKind.IN_DOUBT, force, route or "", n, key or "")


def old_in_quarantine(ledger: Ledger, at: datetime, ages: Ages = AGES) -> Iterator[Trouble]:
    """Reports that have been in quarantine for longer than their gravity allows, by force and gravity; gravest first.

    A report that waits on several routes counts once. The detail has the code of most of them, and how many nobody works on.
    """
    r = reports.c
    too_old = or_(*(and_(_is_of(gravity), r.since < at - ages[gravity]) for gravity in Gravity))
    columns = (r.force, r.service, r.lane, r.code, r.submission_id, owners.c.owner)
    query = select(*columns).outerjoin(owners, owners.c.report_id == r.id).where(r.state == State.QUARANTINED, too_old)
    found: dict[tuple[int, str], _Old] = {}
    with ledger.read() as connection:
        for force, service, lane, code, submission, owner in connection.execute(query):
            found.setdefault((rank(gravity_of(service, Lane(lane))), force), _Old()).add(submission, code or "", owner)
    for (place, force), old in sorted(found.items()):
        yield Trouble(AlarmKind.QUARANTINE_OLD, force, list(Gravity)[place], len(old.submissions), old.told())


@dataclass(slots=True)
class _Old:
    """What waits too long of one force and gravity."""

    submissions: set[int] = field(default_factory=set)
    owned: set[int] = field(default_factory=set)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, submission: int, code: str, owner: str | None) -> None:
        self.codes[code] += submission not in self.submissions
        self.submissions.add(submission)
        self.owned |= {submission} if owner else set()

    def told(self) -> str:
        codes = ", ".join(f"{code} {n}" for code, n in sorted(self.codes.items(), key=lambda item: (-item[1], item[0])) if n)
        return f"{codes}; {len(self.submissions) - len(self.owned)} without an owner"


def _is_of(gravity: Gravity) -> ColumnElement[bool]:
    r = reports.c
    if gravity is Gravity.UNKNOWN:
        return r.service.not_in(SERVICES)
    return tuple_(r.service, r.lane).in_(list(kinds(gravity)))


def refused_notices(ledger: Ledger) -> Iterator[Trouble]:
    """Notices that the platform has refused and does not have."""
    n = notices.c
    query = select(func.count(), func.min(n.key), func.max(n.refused)).where(n.sent_at.is_(None), n.refused.is_not(None))
    with ledger.read() as connection:
        count, key, code = connection.execute(query).one()
    if count:
        yield Trouble(AlarmKind.NOTICE_REFUSED, HUB, "", count, f"{key} {code}")


def untold(ledger: Ledger, before: datetime) -> Iterator[Trouble]:
    """Notices that were sealed before then, and that the platform has neither taken nor refused."""
    n = notices.c
    late = (n.sent_at.is_(None), n.refused.is_(None), n.sealed_at < before)
    with ledger.read() as connection:
        count, key = connection.execute(select(func.count(), func.min(n.key)).where(*late)).one()
    if count:
        yield Trouble(AlarmKind.UNTOLD, HUB, "", count, key)


def misconfigured(ledger: Ledger) -> Iterator[Trouble]:
    """Routes with sealed drops whose last attempt found that nothing can reach the far end, with the code of why."""
    d, a = drops.c, attempts.c
    last = and_(a.drop_id == d.id, a.number == d.attempts)
    query = select(d.force, d.route, a.code, func.count()).join(attempts, last)
    some = query.where(d.state == DropState.SEALED, a.outcome == "misconfigured").group_by(d.force, d.route, a.code)
    with ledger.read() as connection:
        for force, route, code, n in connection.execute(some):
            yield Trouble(AlarmKind.MISCONFIGURED, force, route, n, code or "")


def not_sent(ledger: Ledger, before: datetime) -> Iterator[Trouble]:
    """Drops that were sealed before then, with reports that nothing holds, by route, with the oldest.

    Not where an open circuit or a pause explains it: a report may be let go by one while the other still keeps its drop here.
    """
    d, a, c = drops.c, attempts.c, circuits.c
    is_open = select(c.instance).where(c.instance == d.instance, c.environment == d.environment, c.opened_at.is_not(None)).exists()
    unexplained = (~is_open, d.force.not_in(select(pauses.c.force)))
    free = select(reports.c.id).where(reports.c.drop_id == d.id, reports.c.state == State.SEALED).exists()
    known = select(a.id).where(a.drop_id == d.id, a.number == d.attempts, a.outcome == "misconfigured").exists()
    query = select(d.force, d.route, func.count(), func.min(d.key)).where(d.state == DropState.SEALED, d.sealed_at < before, free, ~known)
    with ledger.read() as connection:
        for force, route, n, key in connection.execute(query.where(*unexplained).group_by(d.force, d.route)):
            yield Trouble(AlarmKind.NOT_SENT, force, route, n, key)


def without_a_route(ledger: Ledger) -> Iterator[Trouble]:
    """Reports that their force's file holds up, by force and code."""
    r = reports.c
    query = select(r.force, r.code, func.count()).where(r.state == State.HELD, r.code.in_(("no-route", "force-file-broken")))
    with ledger.read() as connection:
        for force, code, n in connection.execute(query.group_by(r.force, r.code)):
            yield Trouble(AlarmKind.NO_ROUTE, force, code, n)


def drops_waiting(ledger: Ledger) -> dict[tuple[str, str], int]:
    """How many sealed drops wait for each endpoint."""
    d = drops.c
    query = select(d.instance, d.environment, func.count()).where(d.state == DropState.SEALED).group_by(d.instance, d.environment)
    with ledger.read() as connection:
        return {(instance, environment): n for instance, environment, n in connection.execute(query)}
