"""The circuit breaker of each endpoint: forces that share an instance share its breaker and its incident, never a drop.

A circuit opens when the attempts at a drop are spent. While it is open one worker at a time probes, at growing intervals,
with the first drop that waits; when that arrives the circuit closes, and everything held for it goes on by itself.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update

from hub.forces.force import Endpoint
from hub.ledger.changes import Author, change
from hub.ledger.engine import insert_unless_there, now
from hub.ledger.leases import lapsed
from hub.ledger.ledger import Ledger
from hub.ledger.tables import attempts, circuits, drops
from hub.words import DropState, Lane


@dataclass(frozen=True, slots=True)
class Circuit:
    """An open circuit: an incident that began at `opened_at`, with the code of what opened it."""

    instance: str
    environment: str
    incident: int
    opened_at: datetime
    code: str
    probes: int
    probe_at: datetime | None


def open_circuits(ledger: Ledger) -> dict[tuple[str, str], Circuit]:
    """Every circuit that is open, by instance and environment."""
    c = circuits.c
    query = select(c.instance, c.environment, c.incidents, c.opened_at, c.code, c.probes, c.probe_at).where(c.opened_at.is_not(None))
    with ledger.read() as connection:
        return {(row[0], row[1]): Circuit(*row) for row in connection.execute(query)}


def claim_probe(ledger: Ledger, endpoint: Endpoint) -> bool:
    """Whether an open circuit may be probed now: its time has come, and nobody else does, in this process or another.

    Whoever may ends it with `end_probe` or `close`.
    """
    if not _begin(ledger, endpoint):
        return False
    is_ours = False
    try:
        is_ours = _take(ledger, endpoint)
    finally:
        if not is_ours:
            _end(ledger, endpoint)
    return is_ours


def _begin(ledger: Ledger, endpoint: Endpoint) -> bool:
    """Whether no other thread of this process probes it."""
    this = (endpoint.instance, endpoint.environment)
    with ledger.lock:
        is_free = this not in ledger.probing
        ledger.probing.add(this)
    return is_free


def _end(ledger: Ledger, endpoint: Endpoint) -> None:
    ledger.probing.discard((endpoint.instance, endpoint.environment))


def _take(ledger: Ledger, endpoint: Endpoint) -> bool:
    """What is still written as ours nobody probes with: the ledger was gone when it should have been given back."""
    c = circuits.c
    with ledger.write() as connection:
        at = now(connection)
        due, free = probe_is_due(at), or_(lapsed(c.lease_until, at), c.worker == ledger.worker)
        lease = {"worker": ledger.worker, "lease_until": at + timedelta(seconds=ledger.lease_seconds)}
        return connection.execute(update(circuits).where(*_of(endpoint), c.opened_at.is_not(None), due, free).values(**lease)).rowcount == 1


def probe_is_due(at: datetime) -> ColumnElement[bool]:
    """Whether an open circuit's next probe is due: also where the last attempt ended in the future, for then the clock was set back."""
    c, d = circuits.c, drops.c
    there = (d.instance == c.instance, d.environment == c.environment)
    last = select(attempts.c.ended_at).join(drops, d.id == attempts.c.drop_id).where(*there).order_by(attempts.c.id.desc()).limit(1)
    return or_(c.probe_at.is_(None), c.probe_at <= at, last.correlate(circuits).scalar_subquery() > at)


def trip(ledger: Ledger, endpoint: Endpoint, code: str, at: datetime, probe_at: datetime) -> bool:
    """Open the circuit, or put off the next probe of one that is open. Returns whether a new incident began."""
    c = circuits.c
    again = {"probe_at": probe_at, "probes": c.probes + 1, "worker": None, "lease_until": None}
    first = {"opened_at": at, "code": code, "incidents": c.incidents + 1, "probes": 0, "probe_at": probe_at}
    new = {"instance": endpoint.instance, "environment": endpoint.environment, "incidents": 0, "probes": 0}
    with ledger.write() as connection:
        connection.execute(insert_unless_there(connection, circuits).values(**new))
        began = connection.execute(update(circuits).where(*_of(endpoint), c.opened_at.is_(None)).values(**first)).rowcount == 1
        if not began:
            connection.execute(update(circuits).where(*_of(endpoint)).values(**again))
    return began


def probe_now(ledger: Ledger, endpoint: Endpoint, forces: Collection[str], author: Author, *, dry_run: bool = False) -> bool:
    """An open circuit's next probe is due at once, because an operator says so. Returns whether it is open."""
    d = drops.c
    waits = (d.instance == endpoint.instance, d.environment == endpoint.environment, d.state == DropState.SEALED)
    if dry_run:
        return (endpoint.instance, endpoint.environment) in open_circuits(ledger)
    with ledger.write() as connection:
        open_ = update(circuits).where(*_of(endpoint), circuits.c.opened_at.is_not(None))
        if connection.execute(open_.values(probe_at=None)).rowcount == 0:
            return False
        connection.execute(update(drops).where(*waits).values(next_attempt_at=None))
        for force in sorted(forces):
            change(connection, force, author, [])
    return True


def end_probe(ledger: Ledger, endpoint: Endpoint) -> None:
    """It was probed in vain, or there was nothing to probe with: another may. For who was given the probe alone."""
    mine = update(circuits).where(*_of(endpoint), circuits.c.worker == ledger.worker)
    try:
        with ledger.write() as connection:
            connection.execute(mine.values(worker=None, lease_until=None))
    finally:
        _end(ledger, endpoint)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lane with a sealed drop that is still to go to an endpoint."""

    force: str
    route: str
    lane: Lane
    instance: str
    environment: str


def lanes_with_work(ledger: Ledger) -> list[Waiting]:
    """The lanes that there is something in to probe an endpoint with."""
    d = drops.c
    query = select(d.force, d.route, d.lane, d.instance, d.environment).distinct().where(d.state == DropState.SEALED)
    with ledger.read() as connection:
        return [Waiting(force, route, Lane(lane), *endpoint) for force, route, lane, *endpoint in connection.execute(query)]


def took_something_since(ledger: Ledger, endpoint: Endpoint, drop_id: int) -> bool:
    """Whether this endpoint has taken a drop since that one was first tried: in the order of the attempts, whatever clocks say."""
    a, d = attempts.c, drops.c
    first = select(func.min(a.id)).where(a.drop_id == drop_id).scalar_subquery()
    here = (d.instance == endpoint.instance, d.environment == endpoint.environment)
    took = select(a.id).join(drops, d.id == a.drop_id).where(*here, a.outcome == DropState.DELIVERED, a.id > first)
    with ledger.read() as connection:
        return connection.scalar(took.limit(1)) is not None


def close(ledger: Ledger, endpoint: Endpoint) -> bool:
    """The far end is well again, and the probe has ended. Returns whether the circuit was open."""
    well = {"opened_at": None, "code": None, "probes": 0, "probe_at": None, "worker": None, "lease_until": None}
    with ledger.write() as connection:
        step = update(circuits).where(*_of(endpoint), circuits.c.opened_at.is_not(None))
        was_open = connection.execute(step.values(**well)).rowcount == 1
    _end(ledger, endpoint)
    return was_open


def _of(endpoint: Endpoint) -> tuple[ColumnElement[bool], ...]:
    return (circuits.c.instance == endpoint.instance, circuits.c.environment == endpoint.environment)
