"""Voiding: a sealed drop that certainly did not arrive is taken back, and its number announced in the lane's next manifest."""

from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from hub.ledger.changes import Author, Move, change
from hub.ledger.deliveries import OpenDrop
from hub.ledger.lanes import Claim, hold
from hub.ledger.ledger import Ledger
from hub.ledger.restoring import BEFORE_RESTORE
from hub.ledger.tables import attempts, drops, members, payloads, reports
from hub.words import DropState, PayloadState, State


def void(ledger: Ledger, claim: Claim, drop: OpenDrop, at: datetime, *, route: str | None, reason: str, actor: str = "hub") -> bool:
    """Take a drop back; its reports wait again, for `route` where one is named. Only where nothing of it can have arrived.

    Returns whether it was voided: not where a payload was delivered, a report in it has its end (the force acknowledged it),
    or an attempt ended uncertain or not at all.
    """
    author = Author("void", at, actor, reason)
    with ledger.write() as connection:
        hold(connection, ledger, claim)
        if _may_have_arrived(connection, drop):
            return False
        back = [Move(report, State(state), State.WAITING, route=route) for report, state in _reports(connection, drop)]
        connection.execute(update(drops).where(drops.c.id == drop.id).values(state=DropState.VOIDED, next_attempt_at=None))
        connection.execute(update(members).where(members.c.drop_id == drop.id).values(outcome=PayloadState.VOIDED))
        change(connection, claim.force, author, back, drop_id=drop.id)
    return True


def _may_have_arrived(connection: Connection, drop: OpenDrop) -> bool:
    gone = select(payloads.c.id).where(
        payloads.c.drop_id == drop.id, or_(payloads.c.state != PayloadState.SEALED, payloads.c.attempt == BEFORE_RESTORE)
    )
    unsure = select(attempts.c.id).where(
        attempts.c.drop_id == drop.id, or_(attempts.c.outcome.is_(None), attempts.c.outcome.in_(("uncertain", "delivered")))
    )
    heard_of = select(members.c.report_id).where(members.c.drop_id == drop.id, members.c.outcome.is_not(None))
    return any(connection.scalar(query.limit(1)) is not None for query in (gone, unsure, heard_of))


def _reports(connection: Connection, drop: OpenDrop) -> list[tuple[int, str]]:
    query = select(reports.c.id, reports.c.state).where(reports.c.drop_id == drop.id, reports.c.state.in_((State.SEALED, State.HELD)))
    locked = query.order_by(reports.c.id).with_for_update(key_share=True)
    return [(report, state) for report, state in connection.execute(locked)]
