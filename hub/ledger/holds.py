"""Holding what cannot go now, and letting it go: a paused force, an open circuit. A sealed report keeps its drop meanwhile."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select

from hub.forces.force import Endpoint
from hub.ledger.changes import Author, Move, change
from hub.ledger.engine import insert_unless_there
from hub.ledger.ledger import Ledger
from hub.ledger.tables import drops, endpoint_pauses, pauses, reports
from hub.words import DropState, Lane, State


def hold_sealed(ledger: Ledger, endpoint: Endpoint, code: str, at: datetime) -> int:
    """Reports in drops that are still to go to this endpoint are held. Returns how many."""
    mine = (drops.c.instance == endpoint.instance, drops.c.environment == endpoint.environment)
    return _turn(ledger, (State.SEALED,), State.HELD, (*mine, drops.c.state == DropState.SEALED), Author("hold", at), code)


def hold_lane(ledger: Ledger, force: str, route: str, lane: Lane, code: str, at: datetime) -> int:
    """Reports in this lane's drops that are still to go are held. Returns how many."""
    mine = (drops.c.force == force, drops.c.route == route, drops.c.lane == lane)
    return _turn(ledger, (State.SEALED,), State.HELD, (*mine, drops.c.state == DropState.SEALED), Author("hold", at), code)


def let_go_sealed(ledger: Ledger, endpoint: Endpoint, code: str, at: datetime) -> int:
    """What was held in drops for this endpoint is on its way again. Returns how many."""
    mine = (drops.c.instance == endpoint.instance, drops.c.environment == endpoint.environment)
    return _turn(ledger, (State.HELD,), State.SEALED, (*mine, reports.c.code == code), Author("let go", at), None)


def pause(ledger: Ledger, force: str, author: Author) -> bool:
    """Hold everything for a force until it is resumed; its history says who did it. Returns whether it was not paused before."""
    row = {"force": force, "since": author.at, "actor": author.actor, "reason": author.reason}
    with ledger.write() as connection:
        new = insert_unless_there(connection, pauses).values(**row).returning(pauses.c.force)
        paused = connection.execute(new).one_or_none() is not None  # PostgreSQL's driver counts no rows of such an insert
        if paused:
            held = (reports.c.force == force, drops.c.state == DropState.SEALED)
            change(connection, force, author, [move for _, move in _moves(connection, (State.SEALED,), State.HELD, held, "paused")])
    return paused


def resume(ledger: Ledger, force: str, author: Author) -> bool:
    """Let a paused force go on. Returns whether it was paused."""
    with ledger.write() as connection:
        resumed = connection.execute(pauses.delete().where(pauses.c.force == force)).rowcount == 1
        if resumed:
            held = (reports.c.force == force, reports.c.code == "paused", ~_at_paused_endpoint())
            change(connection, force, author, [move for _, move in _moves(connection, (State.HELD,), State.SEALED, held, None)])
    return resumed


def paused(ledger: Ledger) -> set[str]:
    """The forces that an operator has paused."""
    with ledger.read() as connection:
        return set(connection.scalars(select(pauses.c.force)))


def pause_endpoint(ledger: Ledger, endpoint: Endpoint, forces: Collection[str], author: Author) -> bool:
    """Hold everything for an endpoint until it is resumed; the history of each force that shares it says who did it.

    Returns whether it was not paused before.
    """
    row = {"instance": endpoint.instance, "environment": endpoint.environment}
    by = {"since": author.at, "actor": author.actor, "reason": author.reason}
    with ledger.write() as connection:
        new = insert_unless_there(connection, endpoint_pauses).values(**row, **by).returning(endpoint_pauses.c.instance)
        paused = connection.execute(new).one_or_none() is not None
        if paused:
            moves = _moves(connection, (State.SEALED,), State.HELD, (*_there(endpoint), drops.c.state == DropState.SEALED), "paused")
            _change(connection, moves, author, forces)
    return paused


def resume_endpoint(ledger: Ledger, endpoint: Endpoint, forces: Collection[str], author: Author) -> bool:
    """Let a paused endpoint go on; a force that is paused itself stays so. Returns whether it was paused."""
    p = endpoint_pauses.c
    with ledger.write() as connection:
        mine = endpoint_pauses.delete().where(p.instance == endpoint.instance, p.environment == endpoint.environment)
        resumed = connection.execute(mine).rowcount == 1
        if resumed:
            free = reports.c.force.not_in(select(pauses.c.force))
            moves = _moves(connection, (State.HELD,), State.SEALED, (*_there(endpoint), reports.c.code == "paused", free), None)
            _change(connection, moves, author, forces)
    return resumed


def is_paused(ledger: Ledger, force: str, endpoint: Endpoint) -> bool:
    """Whether an operator has paused the force, or the endpoint."""
    this = {"b_force": force, "b_instance": endpoint.instance, "b_environment": endpoint.environment}
    with ledger.read() as connection:
        return bool(connection.execute(_IS_PAUSED, this).scalar())


_E = endpoint_pauses.c
_IS_PAUSED = select(
    or_(
        select(pauses.c.force).where(pauses.c.force == bindparam("b_force")).exists(),
        select(_E.instance).where(_E.instance == bindparam("b_instance"), _E.environment == bindparam("b_environment")).exists(),
    )
)


def paused_endpoints(ledger: Ledger) -> set[tuple[str, str]]:
    """The endpoints that an operator has paused, by instance and environment."""
    with ledger.read() as connection:
        return {(instance, environment) for instance, environment, *_ in connection.execute(select(endpoint_pauses))}


def _there(endpoint: Endpoint) -> tuple[ColumnElement[bool], ...]:
    return (drops.c.instance == endpoint.instance, drops.c.environment == endpoint.environment)


def _at_paused_endpoint() -> ColumnElement[bool]:
    p = endpoint_pauses.c
    return select(p.instance).where(p.instance == drops.c.instance, p.environment == drops.c.environment).exists()


def _turn(
    ledger: Ledger, starts: Collection[State], end: State, which: Sequence[ColumnElement[bool]], author: Author, code: str | None
) -> int:
    """Take sealed reports from one state to another, force by force."""
    with ledger.write() as connection:
        moves = _moves(connection, starts, end, which, code)
        _change(connection, moves, author)
    return len(moves)


def _moves(
    connection: Connection, starts: Collection[State], end: State, which: Sequence[ColumnElement[bool]], code: str | None
) -> list[tuple[str, Move]]:
    """The reports in drops that are to go from one state to another, each with its force."""
    query = select(reports.c.force, reports.c.id, reports.c.state).join(drops, drops.c.id == reports.c.drop_id)
    some = query.where(reports.c.state.in_(starts), *which).order_by(reports.c.id)  # locked in the order in which everybody locks
    rows = connection.execute(some.with_for_update(of=reports, key_share=True)).all()
    return [(force, Move(report, State(state), end, code=code)) for force, report, state in rows]


def _change(connection: Connection, moves: Sequence[tuple[str, Move]], author: Author, forces: Collection[str] = ()) -> None:
    """Force by force; these `forces` are told of it also where none of their reports moves."""
    by_force: dict[str, list[Move]] = {force: [] for force in sorted(forces)}
    for force, move in moves:
        by_force.setdefault(force, []).append(move)
    for force, some in by_force.items():
        change(connection, force, author, some)
