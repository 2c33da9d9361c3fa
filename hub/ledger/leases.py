"""Leases: until when a claim stands, and which have ended although their time has not come.

A lease goes by the database's clock, and ends by itself. Two things would make it end far too late: its worker was killed, and the
clock was set back. A worker of this machine that is certainly dead keeps what it claimed for a moment (`QUIET`), in which what it had
handed to the network arrives or is lost. A lease that ends later than any could (`LONGEST`) was written before the clock was set back:
it is cut to the longest that there may be, which its worker, if it lives, renews in time; so nobody is overtaken while it may be sending.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, func, or_, select, update

from hub.ledger.engine import now
from hub.ledger.ledger import LONGEST_LEASE, Ledger
from hub.ledger.tables import circuits, drops, lanes, reports
from hub.ledger.workers import is_dead, shown
from hub.words import DropState, Lane, State

LONGEST = timedelta(seconds=LONGEST_LEASE)
QUIET = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds something, and until when, unless it lives and goes on."""

    worker: str
    until: datetime

    def __str__(self) -> str:
        return f"{shown(self.worker)} until {self.until:%H:%M:%S} UTC"


def lapsed(until: ColumnElement[datetime | None], at: datetime) -> ColumnElement[bool]:
    """Whether a lease has ended, of a claim without which nothing can be sent anyhow: one from before the clock was set back has."""
    return or_(until.is_(None), until < at, until > at + LONGEST)


def cut_leases(ledger: Ledger) -> None:
    """The leases of lanes and probes that nobody can be holding end soon."""
    for table in (lanes, circuits):
        _cut(ledger, table, QUIET)


def cut_claims(ledger: Ledger) -> None:
    """Reports that a dead worker of this machine had taken on are free: nothing had left."""
    _cut(ledger, reports, timedelta(0), reports.c.state == State.WAITING)


def _cut(ledger: Ledger, table: Table, quiet: timedelta, *which: ColumnElement[bool]) -> None:
    """Look, and write only where there is something to cut."""
    t = table.c
    query = select(t.worker, func.max(t.lease_until)).where(t.worker.is_not(None), *which).group_by(t.worker)
    with ledger.read() as connection:
        at, held = now(connection), connection.execute(query).all()
    limits = {worker: limit for worker, until in held if until and until > (limit := _limit(worker, at, quiet))}
    for worker, limit in limits.items():
        with ledger.write() as connection:
            connection.execute(update(table).where(t.worker == worker, t.lease_until > limit).values(lease_until=limit))


def _limit(worker: str, at: datetime, quiet: timedelta) -> datetime:
    return at + (quiet if is_dead(worker) else LONGEST)


def holder(ledger: Ledger, force: str, route: str, lane: Lane) -> Holder | None:
    """Who is to send what is sealed in a lane; None where nobody is, or nothing is sealed in it."""
    la, d = lanes.c, drops.c
    sealed = select(d.id).where(d.force == la.force, d.route == la.route, d.lane == la.lane, d.state == DropState.SEALED)
    mine = (la.force == force, la.route == route, la.lane == lane, la.worker.is_not(None), sealed.exists())
    with ledger.read() as connection:
        row = connection.execute(select(la.worker, la.lease_until).where(*mine)).one_or_none()
    return Holder(row[0], row[1]) if row and row[1] else None


def holders(ledger: Ledger) -> dict[str, Sequence[Holder]]:
    """Who sends to each force just now."""
    la = lanes.c
    held = (la.worker.is_not(None), la.lease_until.is_not(None))
    query = select(la.force, la.worker, la.lease_until).where(*held).order_by(la.force, la.lane)
    found: dict[str, list[Holder]] = {}
    with ledger.read() as connection:
        for force, worker, until in connection.execute(query):
            found.setdefault(force, []).append(Holder(worker, until))
    return dict(found)


def with_others(ledger: Ledger) -> tuple[int, Holder] | None:
    """How many waiting reports other workers have taken on, and the one that holds some the longest; None where none have."""
    r = reports.c
    query = select(r.worker, func.max(r.lease_until), func.count()).where(r.state == State.WAITING, r.worker != ledger.worker)
    with ledger.read() as connection:
        at = now(connection)
        rows = connection.execute(query.where(r.lease_until >= at).group_by(r.worker).order_by(func.max(r.lease_until))).all()
    return (sum(count for *_, count in rows), Holder(rows[-1][0], rows[-1][1])) if rows else None
