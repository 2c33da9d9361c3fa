"""What an operator does to a sealed drop: take it back, also where something of it may have arrived."""

from dataclasses import dataclass

from sqlalchemy import select, update

from hub.forces.force import Endpoint
from hub.ledger.changes import Author, Move, change
from hub.ledger.deliveries import OpenDrop
from hub.ledger.lanes import Claim, hold
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import finish
from hub.ledger.tables import drops, members, payloads, reports
from hub.words import DropState, Environment, Lane, PayloadState, State


@dataclass(frozen=True, slots=True)
class Drop:
    """A drop by its key."""

    force: str
    route: str
    state: DropState
    open: OpenDrop


def drop_of(ledger: Ledger, key: str) -> Drop | None:
    """The drop with this key; None where there is none."""
    d = drops.c
    what = (d.id, d.key, d.sequence, d.lane, d.instance, d.environment, d.reports, d.attempts, d.next_attempt_at, d.force, d.route, d.state)
    with ledger.read() as connection:
        row = connection.execute(select(*what).where(d.key == key)).one_or_none()
    if row is None:
        return None
    opened = OpenDrop(*row[:3], Lane(row.lane), Endpoint(row.instance, Environment(row.environment)), *row[6:9])
    return Drop(row.force, row.route, DropState(row.state), opened)


def take_back(ledger: Ledger, claim: Claim, drop: OpenDrop, author: Author) -> int:
    """Void what is left of a drop although it may have arrived: its reports that are not known to have arrived wait again.

    Returns how many. Those in doubt stay so, for a person to settle.
    """
    with ledger.write() as connection:
        hold(connection, ledger, claim)
        query = select(reports.c.id, reports.c.state).where(reports.c.drop_id == drop.id, reports.c.state.in_((State.SEALED, State.HELD)))
        rows = connection.execute(query.order_by(reports.c.id).with_for_update(key_share=True)).all()
        left = (payloads.c.drop_id == drop.id, payloads.c.state == PayloadState.SEALED)
        connection.execute(update(payloads).where(*left).values(state=PayloadState.VOIDED))
        ended = update(members).where(members.c.drop_id == drop.id, members.c.outcome.is_(None))
        connection.execute(ended.values(outcome=PayloadState.VOIDED))
        change(connection, claim.force, author, [Move(report, State(state), State.WAITING) for report, state in rows], drop_id=drop.id)
        finish(connection, drop.id, author.at)
    return len(rows)
