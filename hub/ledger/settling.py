"""Settling what is in doubt: a person has asked the force, and says what became of each report."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from hub.ledger.changes import Author, Move, change
from hub.ledger.choosing import Chosen, Locked
from hub.ledger.ledger import Ledger
from hub.ledger.operating import Done, each_force, not_now
from hub.ledger.outcomes import finish
from hub.ledger.tables import members, payloads
from hub.reasons import Arrived
from hub.words import PayloadKind, PayloadState, State

P = PayloadState
_END = {
    Arrived.ARRIVED: (State.DELIVERED, P.DELIVERED, None),
    Arrived.NOT_ARRIVED: (State.WAITING, P.VOIDED, None),
    Arrived.REFUSED: (State.QUARANTINED, P.REFUSED, "refused"),
}


def settle_doubt(ledger: Ledger, chosen: Sequence[Chosen], what: Arrived, author: Author, *, dry_run: bool = False) -> Done:
    """Reports in doubt are delivered, wait again, or are in quarantine as refused; and so do their drops end."""
    state, outcome, code = _END[what]

    def act(connection: Connection, force: str, some: Sequence[Locked], done: Done) -> None:
        moves: list[Move] = []
        drops: set[int] = set()
        for one in some:
            if one.state != State.IN_DOUBT or one.drop_id is None:
                done.refuse(one, not_now(one))
            elif what == Arrived.ARRIVED and not _was_sent(connection, one):
                done.refuse(one, "only an attachment of it may have arrived, the report itself was not sent: settle it as not arrived")
            else:
                moves.append(Move(one.report_id, State.IN_DOUBT, state, code=code))
                drops.add(one.drop_id)
                _end(connection, one, outcome)
        if moves:
            change(connection, force, author, moves)
            done.by_force[force] += len(moves)
        for drop in sorted(drops):
            _end_shared(connection, drop)
            finish(connection, drop, author.at)

    return each_force(ledger, chosen, act, dry_run=dry_run)


def _was_sent(connection: Connection, one: Locked) -> bool:
    """Whether what carries the report was not given up: an attachment in doubt takes its report out of the drop."""
    m, p = members.c, payloads.c
    own = connection.scalar(select(m.payload_id).where(m.drop_id == one.drop_id, m.report_id == one.report_id))
    carriers = select(p.state).where(p.drop_id == one.drop_id, p.kind == PayloadKind.RECORDS)
    states = set(connection.scalars(carriers if own is None else carriers.where(p.id == own)))
    return not states & {P.VOIDED, P.REFUSED}


def _end(connection: Connection, one: Locked, outcome: PayloadState) -> None:
    """Its part in the drop ends, and with it the payloads that are its own."""
    m, p = members.c, payloads.c
    mine = (m.drop_id == one.drop_id, m.report_id == one.report_id)
    connection.execute(update(members).where(*mine).values(outcome=outcome))
    own = p.id.in_(select(m.payload_id).where(*mine, m.payload_id.is_not(None))) | (p.report_id == one.report_id)
    connection.execute(update(payloads).where(p.drop_id == one.drop_id, p.state == P.IN_DOUBT, own).values(state=outcome))


def _end_shared(connection: Connection, drop: int) -> None:
    """What its reports share is in doubt until the last of them is settled; it arrived if any of them did."""
    m, p = members.c, payloads.c
    shared = (m.drop_id == drop, m.payload_id.is_(None))
    ends = set(connection.scalars(select(m.outcome).where(*shared).distinct()))
    if ends and P.IN_DOUBT not in ends:
        state = P.DELIVERED if P.DELIVERED in ends else P.VOIDED
        left = (p.drop_id == drop, p.report_id.is_(None), p.state == P.IN_DOUBT)
        connection.execute(update(payloads).where(*left).values(state=state))
