"""Proofs: a force acknowledges, over one route, what had been taken back from there because it certainly had not arrived.

It has arrived all the same: the far end said that it had not, and was wrong. So it is sent by no other way any more. What was tried by
another way meanwhile may have brought it a second time: that is an alarm (`troubles.perhaps_twice`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select, update

from hub.ledger.changes import Author
from hub.ledger.outcomes import Result, finish, settle
from hub.ledger.tables import drops, members, payloads
from hub.words import PayloadState, State

P = PayloadState
ACKNOWLEDGED = "acknowledged"  # the receipt of what a force has spoken of before its far end's own receipt came
PROVABLE = frozenset({State.WAITING, State.HELD, State.SEALED, State.IN_DOUBT, State.DELIVERED, State.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Proof:
    """A report that was taken out of the drop `taken_back`, and may be in another now (`drop_id`), with a payload of its own or not."""

    report_id: int
    taken_back: int
    drop_id: int | None
    payload_id: int | None


def tried_over(connection: Connection, force: str, route: str, ids: Collection[int]) -> Mapping[int, int | None]:
    """Of these reports those that were ever tried over this route; with the last such drop, where they were taken out of it again."""
    m, d = members.c, drops.c
    query = select(m.report_id, d.id, m.outcome).join(drops, d.id == m.drop_id)
    mine = (d.force == force, d.route == route, d.attempts > 0, m.report_id.in_(ids))
    rows = connection.execute(query.where(*mine).order_by(d.id))
    return {report: drop if outcome == P.VOIDED else None for report, drop, outcome in rows}


def prove(connection: Connection, force: str, proofs: Sequence[Proof], author: Author) -> None:
    """They arrived in the drops that they were taken out of; the ones that they are in now need not bring them any more."""
    for one in proofs:
        _arrived(connection, one, author)
        if one.drop_id is not None and one.drop_id != one.taken_back:
            _take_out(connection, force, one, one.drop_id, author)


def _arrived(connection: Connection, one: Proof, author: Author) -> None:
    m, p = members.c, payloads.c
    mine = (m.drop_id == one.taken_back, m.report_id == one.report_id)
    connection.execute(update(members).where(*mine).values(outcome=P.DELIVERED))
    own = p.id.in_(select(m.payload_id).where(*mine, m.payload_id.is_not(None)))
    known = {"state": P.DELIVERED, "receipt": ACKNOWLEDGED, "delivered_at": author.at}
    connection.execute(update(payloads).where(own).values(**known))


def _take_out(connection: Connection, force: str, one: Proof, drop_id: int, author: Author) -> None:
    """A payload of its own that nobody has begun to send is never sent. Anything else counts as brought: it is on its way, or will be."""
    end = P.VOIDED if one.payload_id is not None and _is_untouched(connection, one.payload_id) else P.DELIVERED
    mine = (members.c.drop_id == drop_id, members.c.report_id == one.report_id)
    on_its_way = or_(members.c.outcome.is_(None), members.c.outcome == P.IN_DOUBT)
    connection.execute(update(members).where(*mine, on_its_way).values(outcome=end))
    if one.payload_id is None:
        finish(connection, drop_id, author.at)
    else:
        settle(connection, force, drop_id, [Result(one.payload_id, end, ACKNOWLEDGED if end == P.DELIVERED else None)], author)


def _is_untouched(connection: Connection, payload_id: int) -> bool:
    """Locked, so that no worker begins with it meanwhile: it looks whether what it is about to send is still to be sent."""
    p = payloads.c
    untouched = select(p.id).where(p.id == payload_id, p.state == P.SEALED, p.attempt.is_(None))
    return connection.scalar(untouched.with_for_update()) is not None
