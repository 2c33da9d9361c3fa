"""Where things stand: per force what waits, is held or quarantined, and when it last received a drop."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from hub.ledger.ledger import Ledger
from hub.ledger.tables import attempts, drops, reports
from hub.words import DropState, Lane, Purpose, State


@dataclass
class Standing:
    """One force. `sealed_drops` are on their way; `oldest` is since when the oldest open report stands where it stands."""

    force: str
    states: dict[State, int] = field(default_factory=dict)
    oldest: datetime | None = None
    sealed_drops: int = 0
    last_delivery: datetime | None = None
    error: str | None = None  # of the last attempt at any drop that is still to go
    copies_quarantined: int = 0  # beside the reports themselves, which `states` counts

    @property
    def open(self) -> int:
        """Reports that have not come to an end."""
        return sum(self.states.get(state, 0) for state in OPEN)


OPEN = (State.WAITING, State.SEALED, State.HELD, State.QUARANTINED, State.IN_DOUBT, State.DELIVERED)
_MOVING = (State.WAITING, State.SEALED, State.IN_DOUBT)


def standing(ledger: Ledger) -> list[Standing]:
    """Every force that the ledger knows of."""
    found: dict[str, Standing] = {}
    r, d = reports.c, drops.c
    by_state = select(r.force, r.state, func.count(), func.min(r.since)).where(r.purpose == Purpose.PRIMARY).group_by(r.force, r.state)
    last = select(d.force, func.max(d.delivered_at)).group_by(d.force)
    waiting = select(d.force, func.count()).where(d.state == DropState.SEALED).group_by(d.force)
    tried = and_(attempts.c.drop_id == d.id, attempts.c.number == d.attempts)
    errors = select(d.force, d.error).join(attempts, tried).where(d.state == DropState.SEALED).order_by(attempts.c.id)
    copies = select(r.force, func.count()).where(r.purpose == Purpose.COPY, r.state == State.QUARANTINED).group_by(r.force)
    with ledger.read() as connection:
        for force, state, count, since in connection.execute(by_state):
            one = found.setdefault(force, Standing(force))
            one.states[State(state)] = count
            if state in _MOVING and (one.oldest is None or since < one.oldest):
                one.oldest = since
        for force, at in connection.execute(last):
            found.setdefault(force, Standing(force)).last_delivery = at
        for force, count in connection.execute(waiting):
            found[force].sealed_drops = count
        for force, error in connection.execute(errors):  # the last attempt comes last
            found[force].error = error
        for force, count in connection.execute(copies):
            found.setdefault(force, Standing(force)).copies_quarantined = count
    return sorted(found.values(), key=lambda one: one.force)


@dataclass(frozen=True, slots=True)
class Work:
    """What a route or a lane has to send: `reports` in sealed drops, of which the first has the number `first`."""

    reports: int
    first: int


def routes_with_work(ledger: Ledger, forces: Collection[str] | None = None) -> dict[tuple[str, str], Work]:
    """What `deliver` has to do, by force and route."""
    d = drops.c
    query = select(d.force, d.route, func.sum(d.reports), func.min(d.sequence)).where(d.state == DropState.SEALED)
    with ledger.read() as connection:
        rows = connection.execute(query.group_by(d.force, d.route)).all()
    return {(force, route): Work(int(n), first) for force, route, n, first in rows if forces is None or force in forces}


def lanes_with_drops(ledger: Ledger, forces: Collection[str] | None = None) -> dict[tuple[str, str, Lane], Work]:
    """The same by lane."""
    d = drops.c
    query = select(d.force, d.route, d.lane, func.sum(d.reports), func.min(d.sequence)).where(d.state == DropState.SEALED)
    with ledger.read() as connection:
        rows = connection.execute(query.group_by(d.force, d.route, d.lane)).all()
    return {(force, route, Lane(lane)): Work(int(n), first) for force, route, lane, n, first in rows if forces is None or force in forces}


def routes_delivered_to(ledger: Ledger, forces: Collection[str] | None = None) -> set[tuple[str, str]]:
    """Every force and route that a drop was ever delivered to: what a force says late, or of what was never sent, lies there."""
    query = select(drops.c.force, drops.c.route).distinct().where(drops.c.state == DropState.DELIVERED)
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return {(force, route) for force, route in rows if forces is None or force in forces}


def routes_to_confirm(ledger: Ledger, forces: Collection[str] | None = None) -> dict[tuple[str, str], int]:
    """Reports that may have arrived and that no acknowledgement has come for, by force and route."""
    r = reports.c
    sent = or_(r.state.in_((State.DELIVERED, State.IN_DOUBT)), and_(r.state == State.SEALED, drops.c.attempts > 0))
    query = select(r.force, r.route, func.count()).join(drops, drops.c.id == r.drop_id).where(sent)
    with ledger.read() as connection:
        rows = connection.execute(query.group_by(r.force, r.route)).all()
    return {(force, route): n for force, route, n in rows if forces is None or force in forces}
