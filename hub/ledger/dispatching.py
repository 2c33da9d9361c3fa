"""What the dispatcher keeps in the ledger, and what it looks at: who is on watch, what was served when, and what there is to do."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, and_, bindparam, case, func, or_, select, update

from hub.ledger.circuits import probe_is_due
from hub.ledger.engine import insert_unless_there, now
from hub.ledger.leases import LONGEST, lapsed
from hub.ledger.ledger import Ledger
from hub.ledger.tables import attempts, circuits, cursors, drops, endpoint_pauses, lanes, pauses, reports, restores
from hub.ledger.workers import is_dead
from hub.schedule import RouteName
from hub.words import DropState, Lane, Purpose, State

LaneName = tuple[str, str, Lane]  # force, route and lane

_WATCH = "dispatcher"
_SERVED = "schedule/"  # then force/route; the value is an instant


def take_watch(ledger: Ledger, seconds: float) -> bool:
    """Whether this process is the one dispatcher for so many seconds from now; call it again to stay it.

    Two at once would do no harm, for what they do they claim: it would only be done in pieces.
    """
    name = cursors.c.name == _WATCH
    with ledger.write() as connection:
        at = now(connection)
        connection.execute(insert_unless_there(connection, cursors).values(name=_WATCH, value=_watch("nobody", at)))
        held = str(connection.scalar(select(cursors.c.value).where(name)))
        worker, until = held.split()
        if worker != ledger.worker and _acts(worker, datetime.fromisoformat(until), at):
            return False
        mine = _watch(ledger.worker, at + timedelta(seconds=seconds))
        taken = connection.execute(update(cursors).where(name, cursors.c.value == held).values(value=mine))
        return taken.rowcount == 1


def acts(ledger: Ledger) -> bool:
    """Whether somebody is the dispatcher just now."""
    with ledger.read() as connection:
        held = connection.scalar(select(cursors.c.value).where(cursors.c.name == _WATCH))
        worker, until = str(held or _watch("nobody", now(connection))).split()
        return worker != "nobody" and _acts(worker, datetime.fromisoformat(until), now(connection))


def _acts(worker: str, until: datetime, at: datetime) -> bool:
    """Whether the one that is written acts: it is not certainly dead, and its time is not of before the clock was set back."""
    return at < until <= at + LONGEST and not is_dead(worker)


def end_watch(ledger: Ledger) -> None:
    """Another may be the dispatcher from now on; harmless where another is."""
    with ledger.write() as connection:
        mine = cursors.c.value.startswith(f"{ledger.worker} ", autoescape=True)
        connection.execute(update(cursors).where(cursors.c.name == _WATCH, mine).values(value=_watch("nobody", now(connection))))


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


def take_slot(connection: Connection, route: RouteName, since: datetime, at: datetime) -> bool:
    """Whether this transaction serves a route that was last served at `since`: another worker may have done so meanwhile."""
    mine = (cursors.c.name == _name(route), cursors.c.value == since.isoformat())
    return connection.execute(update(cursors).where(*mine).values(value=at.isoformat())).rowcount == 1


def has_nothing_for(ledger: Ledger, route: RouteName, slot: datetime) -> bool:
    """Whether a slot brings a route nothing: no routine drop was sealed since, no report waits, and no empty drop is on its way already."""
    d, r = drops.c, reports.c
    lane = (d.force == route[0], d.route == route[1], d.lane == Lane.ROUTINE)
    sealed = select(d.id).where(*lane, d.sealed_at >= slot)
    empty = select(d.id).where(*lane, d.state == DropState.SEALED, d.reports == 0)
    of_route = or_(r.purpose == Purpose.PRIMARY, r.route == route[1])
    waits = select(r.id).where(r.state == State.WAITING, r.force == route[0], r.lane == Lane.ROUTINE, of_route)
    with ledger.read() as connection:
        return all(connection.scalar(query.limit(1)) is None for query in (sealed, empty, waits))


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


def waiting(ledger: Ledger, lanes: Collection[Lane] = tuple(Lane)) -> dict[tuple[str, str | None, Lane], tuple[int, int]]:
    """Where reports wait that no worker has taken on: by force, route of a copy (None: the primary) and lane, the oldest and the newest."""
    r = reports.c
    with ledger.read() as connection:
        free = lapsed(r.lease_until, now(connection))
        copy = case((r.purpose == Purpose.COPY, r.route))
        columns = (r.force, copy, r.lane, func.min(r.id), func.max(r.id))
        query = select(*columns).where(r.state == State.WAITING, r.lane.in_(lanes), free).group_by(r.force, copy, r.lane)
        return {(force, route, Lane(lane)): (oldest, newest) for force, route, lane, oldest, newest in connection.execute(query)}


def lanes_ready_to_send(ledger: Ledger, closed: Collection[LaneName] = ()) -> dict[LaneName, tuple[int, int]]:
    """Lanes with a sealed drop that may be tried now, with the newest such drop and how often they were tried.

    Nobody is at them, no operator has paused their force or endpoint, the lane is not `closed`, and what failed has waited
    as long as it was told to. Of the lanes whose circuit is open there is one, when a probe is due.
    """
    with ledger.read() as connection:
        rows = connection.execute(_ready(now(connection))).all()
    found: dict[LaneName, tuple[int, int]] = {}
    probed: set[tuple[str, str]] = set()
    for force, route, lane, instance, environment, newest, tries, incident in rows:
        if (force, route, lane) in closed or (incident and (instance, environment) in probed):
            continue
        probed.add((instance, environment))
        found[force, route, Lane(lane)] = (newest, int(tries))
    return found


def _ready(at: datetime) -> Select[str, str, str, str, str, int, int, datetime | None]:
    d, c = drops.c, circuits.c
    lane = and_(lanes.c.force == d.force, lanes.c.route == d.route, lanes.c.lane == d.lane)
    endpoint = and_(c.instance == d.instance, c.environment == d.environment)
    free = or_(lanes.c.lease_until.is_(None), lanes.c.lease_until < at)
    probe_due = or_(c.opened_at.is_(None), probe_is_due(at))
    last = and_(attempts.c.drop_id == d.id, attempts.c.number == d.attempts)
    again = func.max(case((attempts.c.ended_at > at, None), else_=d.next_attempt_at))  # that one ended before the clock was set back
    columns = (d.force, d.route, d.lane, d.instance, d.environment)
    query = select(*columns, func.max(d.id), func.sum(d.attempts), c.opened_at).join(lanes, lane)
    joined = query.outerjoin(circuits, endpoint).outerjoin(attempts, last)
    stopped = (select(pauses.c.force), select(restores.c.force).where(restores.c.compared_at.is_(None)))
    p = endpoint_pauses.c
    shut = select(p.instance).where(p.instance == d.instance, p.environment == d.environment).exists()
    some = joined.where(d.state == DropState.SEALED, free, probe_due, ~shut, *(d.force.not_in(forces) for forces in stopped))
    grouped = some.group_by(*columns, c.opened_at).order_by(func.min(d.id))
    return grouped.having(or_(again.is_(None), again <= at))
