"""What the dispatcher keeps in the ledger, and what it looks at: who is on watch, what was served when, and what there is to do."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select, update

from hub.ledger.engine import insert_unless_there
from hub.ledger.ledger import Ledger, wall_clock
from hub.ledger.tables import cursors, drops, lanes, reports
from hub.words import DropState, Lane, State

RouteName = tuple[str, str]  # force and route

_WATCH = "dispatcher"
_SERVED = "schedule/"  # then force/route; the value is an instant


def take_watch(ledger: Ledger, seconds: float) -> bool:
    """Whether this process is the one dispatcher for so many seconds from now, by the machine's time; call it again to stay it.

    Two at once would do no harm, for what they do they claim: it would only be done in pieces.
    """
    now = wall_clock()
    name = cursors.c.name == _WATCH
    with ledger.write() as connection:
        connection.execute(insert_unless_there(connection, cursors).values(name=_WATCH, value=_watch("nobody", now)))
        held = str(connection.scalar(select(cursors.c.value).where(name)))
        worker, until = held.split()
        if worker != ledger.worker and datetime.fromisoformat(until) > now:
            return False
        mine = _watch(ledger.worker, now + timedelta(seconds=seconds))
        taken = connection.execute(update(cursors).where(name, cursors.c.value == held).values(value=mine))
        return taken.rowcount == 1


def end_watch(ledger: Ledger) -> None:
    """Another may be the dispatcher from now on; harmless where another is."""
    with ledger.write() as connection:
        mine = cursors.c.value.startswith(f"{ledger.worker} ", autoescape=True)
        connection.execute(update(cursors).where(cursors.c.name == _WATCH, mine).values(value=_watch("nobody", wall_clock())))


def _watch(worker: str, until: datetime) -> str:
    return f"{worker} {until.isoformat()}"


def served(ledger: Ledger) -> dict[RouteName, datetime]:
    """Until when each route's schedule has been kept."""
    query = select(cursors.c.name, cursors.c.value).where(cursors.c.name.startswith(_SERVED, autoescape=True))
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return {_route(name): datetime.fromisoformat(value) for name, value in rows}


def serve(ledger: Ledger, routes: Collection[RouteName], at: datetime) -> None:
    """Write that everything these routes had due until `at` was sealed."""
    begin_schedules(ledger, routes, at)
    rows = [{"b_name": _name(route), "b_value": at.isoformat()} for route in sorted(routes)]
    if rows:
        with ledger.write() as connection:
            step = update(cursors).where(cursors.c.name == bindparam("b_name")).values(value=bindparam("b_value"))
            connection.execute(step, rows)


def begin_schedules(ledger: Ledger, routes: Collection[RouteName], at: datetime) -> None:
    """Routes that are new here: their first slot is the first after `at`. Those that are known stay as they are."""
    rows = [{"name": _name(route), "value": at.isoformat()} for route in sorted(routes)]
    if rows:
        with ledger.write() as connection:
            connection.execute(insert_unless_there(connection, cursors), rows)


def _name(route: RouteName) -> str:
    return f"{_SERVED}{route[0]}/{route[1]}"


def _route(name: str) -> RouteName:
    force, _, route = name.removeprefix(_SERVED).partition("/")
    return force, route


def waiting(ledger: Ledger) -> dict[tuple[str, Lane], int]:
    """Forces and lanes in which reports wait that no worker has taken on, with the newest of them."""
    r = reports.c
    free = or_(r.lease_until.is_(None), r.lease_until < wall_clock())
    query = select(r.force, r.lane, func.max(r.id)).where(r.state == State.WAITING, free).group_by(r.force, r.lane)
    with ledger.read() as connection:
        return {(force, Lane(lane)): newest for force, lane, newest in connection.execute(query)}


def ready_to_send(ledger: Ledger) -> dict[RouteName, tuple[int, int]]:
    """Routes with a sealed drop that may be tried now, with the newest such drop and how often they were tried.

    No other worker is at them, and what failed has waited as long as it was told to.
    """
    now, d = wall_clock(), drops.c
    free = or_(lanes.c.lease_until.is_(None), lanes.c.lease_until < now, lanes.c.worker == ledger.worker)
    lane = and_(lanes.c.force == d.force, lanes.c.route == d.route, lanes.c.lane == d.lane)
    again = func.max(d.next_attempt_at)
    query = (
        select(d.force, d.route, func.max(d.id), func.sum(d.attempts))
        .join(lanes, lane)
        .where(d.state == DropState.SEALED, free)
        .group_by(d.force, d.route, d.lane)
        .having(or_(again.is_(None), again <= now))
    )
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    found: dict[RouteName, tuple[int, int]] = {}
    for force, route, newest, tries in rows:  # one for each lane
        seen, tried = found.get((force, route), (0, 0))
        found[force, route] = (max(seen, newest), tried + int(tries))
    return found
