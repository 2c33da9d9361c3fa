"""Delivery, as the ledger sees it: a lane's sealed drops, what was tried, and what the far end said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from hub.contracts import Payload
from hub.forces.force import Endpoint
from hub.ledger.carried import Cargo, cargo
from hub.ledger.changes import Author
from hub.ledger.engine import now
from hub.ledger.lanes import Claim, hold
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Outcome, Result, settle
from hub.ledger.sealed import open_payload
from hub.ledger.tables import attempts, drops, members, payloads
from hub.words import DropState, Environment, Lane, PayloadKind, PayloadState


@dataclass(frozen=True, slots=True)
class OpenDrop:
    """A sealed drop that is still to be sent."""

    id: int
    key: str
    sequence: int
    lane: Lane
    endpoint: Endpoint  # that it was sealed for
    reports: int
    attempts: int
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A payload that is still to be sent, with its row.

    `uncertain` where an earlier attempt may have brought it: look before sending. `shared` where all the drop's reports
    depend on it.
    """

    id: int
    payload: Payload
    uncertain: bool
    shared: bool


def open_drops(ledger: Ledger, claim: Claim) -> list[OpenDrop]:
    """The lane's sealed drops, in order."""
    d = drops.c
    query = (
        select(d.id, d.key, d.sequence, d.lane, d.instance, d.environment, d.reports, d.attempts, d.next_attempt_at)
        .where(d.force == claim.force, d.route == claim.route, d.lane == claim.lane, d.state == DropState.SEALED)
        .order_by(d.sequence)
    )
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return [OpenDrop(*row[:3], Lane(row[3]), Endpoint(row[4], Environment(row[5])), *row[6:]) for row in rows]


def waits(ledger: Ledger, force: str, route: str, lane: Lane) -> bool:
    """Whether a lane has a sealed drop that is still to be sent."""
    d = drops.c
    query = select(d.id).where(d.force == force, d.route == route, d.lane == lane, d.state == DropState.SEALED)
    with ledger.read() as connection:
        return connection.scalar(query.limit(1)) is not None


def pieces(ledger: Ledger, drop: OpenDrop) -> list[Piece]:
    """The drop's payloads that are still to be sent, in the order in which they leave."""
    return pieces_of(ledger, drop.id)


def pieces_of(ledger: Ledger, drop: int) -> list[Piece]:
    """The same of a drop that is known by its id alone."""
    query = select(payloads).where(payloads.c.drop_id == drop, payloads.c.state == PayloadState.SEALED).order_by(payloads.c.position)
    together = select(func.count()).where(members.c.drop_id == drop, members.c.payload_id.is_(None))
    with ledger.read() as connection:
        shared = bool(connection.scalar(together))
        carried = cargo(ledger, connection, drop)
        return [_piece(ledger, row, shared, carried) for row in connection.execute(query)]


def _piece(ledger: Ledger, row: Any, shared: bool, carried: Cargo) -> Piece:
    kind, about = PayloadKind(row.kind), carried.of(row.id, row.report_id)
    payload = Payload(row.key, row.name, kind, row.media_type, row.size, row.digest, lambda: open_payload(ledger, row), *about)
    return Piece(row.id, payload, row.attempt is not None, shared and kind != PayloadKind.ATTACHMENT)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a drop; the first has the number 1. What is `gone` of its first payloads must not be sent any more."""

    number: int
    gone: frozenset[int] = frozenset()


def begin_attempt(ledger: Ledger, claim: Claim, drop: OpenDrop, first: Sequence[Piece]) -> Attempt:
    """Write that an attempt begins, and with which payloads, before anything is sent. Raises Overtaken."""
    with ledger.write() as connection:
        hold(connection, ledger, claim)
        counted = update(drops).where(drops.c.id == drop.id).values(attempts=drops.c.attempts + 1).returning(drops.c.attempts)
        number = int(connection.execute(counted).scalar_one())
        row = {"drop_id": drop.id, "number": number, "worker": ledger.worker, "began_at": now(connection)}
        connection.execute(insert(attempts).values(**row))
        gone = _try(connection, number, first)
    return Attempt(number, gone)


def record_results(
    ledger: Ledger, claim: Claim, drop: OpenDrop, attempt: Attempt, results: Sequence[Result], following: Sequence[Piece], at: datetime
) -> Outcome:
    """Write what became of some payloads and of the reports that they carry, and which are tried next. Raises Overtaken."""
    with ledger.write() as connection:
        hold(connection, ledger, claim)
        outcome = settle(connection, claim.force, drop.id, results, Author("deliver", at))
        gone = _try(connection, attempt.number, following)
    return replace(outcome, voided=outcome.voided | gone)


def _try(connection: Connection, number: int, tried: Sequence[Piece]) -> frozenset[int]:
    """From now on these may have arrived. Returns those that need not: an acknowledgement came meanwhile, of which `proofs` decided."""
    if not tried:
        return frozenset()
    p, ids = payloads.c, [piece.id for piece in tried]
    step = update(payloads).where(p.id.in_(ids), p.attempt.is_(None), p.state == PayloadState.SEALED)
    connection.execute(step.values(attempt=number))
    return frozenset(connection.scalars(select(p.id).where(p.id.in_(ids), p.state != PayloadState.SEALED)))


def end_attempt(
    ledger: Ledger,
    claim: Claim,
    drop: OpenDrop,
    attempt: Attempt,
    outcome: str,
    code: str | None = None,
    *,
    uncertain: Collection[int] = (),
    wait: timedelta = timedelta(0),
) -> datetime:
    """Write how an attempt ended, and that of what it tried nothing has arrived but perhaps the `uncertain` payloads.

    Returns when the next may begin, after `wait`, where there is anything left to send. Raises Overtaken.
    """
    with ledger.write() as connection:
        hold(connection, ledger, claim)
        at = now(connection)
        again_at = at + wait
        ended = {"ended_at": at, "outcome": outcome, "code": code}
        connection.execute(update(attempts).where(attempts.c.drop_id == drop.id, attempts.c.number == attempt.number).values(**ended))
        connection.execute(update(drops).where(drops.c.id == drop.id).values(error=code, next_attempt_at=again_at if wait else None))
        tried = update(payloads).where(payloads.c.drop_id == drop.id, payloads.c.attempt == attempt.number)
        sealed = tried.where(payloads.c.state == PayloadState.SEALED, payloads.c.id.not_in(uncertain))
        connection.execute(sealed.values(attempt=None))
    return again_at
