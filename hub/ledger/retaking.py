"""What an operator does to a drop: take it back, look at one that was delivered, and try an endpoint before its probe is due."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select, update

from hub.contracts import Payload
from hub.forces.force import Endpoint
from hub.ledger.carried import cargo
from hub.ledger.changes import Author, Move, change
from hub.ledger.deliveries import OpenDrop, Piece
from hub.ledger.lanes import Claim, hold
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import finish
from hub.ledger.sealed import open_sealed
from hub.ledger.tables import circuits, drops, members, payloads, reports
from hub.words import DropState, Environment, Lane, PayloadKind, PayloadState, State


@dataclass(frozen=True, slots=True)
class Drop:
    """A drop by its key. `accepted` of its reports are accepted; `gone` ones have gone another way since."""

    force: str
    route: str
    state: DropState
    open: OpenDrop
    accepted: int
    gone: int


def drop_of(ledger: Ledger, key: str) -> Drop | None:
    """The drop with this key; None where there is none."""
    d, m, r = drops.c, members.c, reports.c
    query = select(
        d.id, d.key, d.sequence, d.lane, d.instance, d.environment, d.reports, d.attempts, d.next_attempt_at, d.force, d.route, d.state
    )
    mine = select(func.count()).select_from(members.join(reports, r.id == m.report_id))
    delivered = or_(r.drop_id.is_distinct_from(d.id), r.state.not_in((State.DELIVERED, State.ACCEPTED)))
    with ledger.read() as connection:
        row = connection.execute(query.where(d.key == key)).one_or_none()
        if row is None:
            return None
        accepted = connection.scalar(mine.where(m.drop_id == row.id, r.state == State.ACCEPTED)) or 0
        gone = connection.scalar(mine.join(drops, d.id == m.drop_id).where(m.drop_id == row.id, delivered)) or 0
    opened = OpenDrop(*row[:3], Lane(row.lane), Endpoint(row.instance, Environment(row.environment)), *row[6:9])
    return Drop(row.force, row.route, DropState(row.state), opened, accepted, gone)


def delivered_pieces(ledger: Ledger, drop: OpenDrop) -> list[Piece]:
    """Every payload of a drop that was delivered, as it was sealed, in the order in which they left."""
    p = payloads.c
    query = select(payloads).where(p.drop_id == drop.id, p.state == PayloadState.DELIVERED).order_by(p.position)
    found: list[Piece] = []
    with ledger.read() as connection:
        carried = cargo(ledger, connection, drop.id)
        for row in connection.execute(query):
            body, uri, name, size, digest = row.body, row.uri, row.name, row.size, row.digest

            def opened(sealed: tuple[bytes | None, str | None, str, int, str] = (body, uri, name, size, digest)):  # type: ignore[no-untyped-def]  # a default that binds now
                return open_sealed(ledger.store, *sealed)

            about = carried.of(row.id, row.report_id)
            payload = Payload(row.key, name, PayloadKind(row.kind), row.media_type, size, digest, opened, *about)
            found.append(Piece(row.id, payload, uncertain=True, shared=False))
    return found


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


def write_down(ledger: Ledger, force: str, author: Author, drop_id: int | None = None) -> None:
    """An action that changes no report is in the history all the same."""
    with ledger.write() as connection:
        change(connection, force, author, [], drop_id=drop_id)


def hurry_probe(ledger: Ledger, force: str, endpoint: Endpoint, author: Author) -> bool:
    """The next probe of an open circuit is due at once. Returns whether it is open."""
    c = circuits.c
    mine = (c.instance == endpoint.instance, c.environment == endpoint.environment, c.opened_at.is_not(None))
    with ledger.write() as connection:
        is_open = connection.execute(update(circuits).where(*mine).values(probe_at=None)).rowcount == 1
        if is_open:
            change(connection, force, author, [])
    return is_open
