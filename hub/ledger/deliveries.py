"""Delivery, as the ledger sees it: a lane's sealed drops, what was tried, and what the far end said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, null, select, update

from hub.contracts import Payload
from hub.forces.force import Endpoint
from hub.ledger.carried import Cargo, cargo
from hub.ledger.changes import Author
from hub.ledger.engine import now
from hub.ledger.lanes import Claim, hold
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Outcome, Result, settle
from hub.ledger.rows import Rows, inserting
from hub.ledger.sealed import WITH_BYTES, open_payload
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


class Piece(NamedTuple):
    """A payload that is still to be sent, with its row.

    `uncertain` where an earlier attempt may have brought it: look before sending. `shared` where all the drop's reports
    depend on it.
    """

    id: int
    payload: Payload
    uncertain: bool
    shared: bool


_D, _P, _M = drops.c, payloads.c, members.c
_LANE = (_D.force == bindparam("b_force"), _D.route == bindparam("b_route"), _D.lane == bindparam("b_lane"), _D.state == DropState.SEALED)
_OPEN = (
    select(_D.id, _D.key, _D.sequence, _D.lane, _D.instance, _D.environment, _D.reports, _D.attempts, _D.next_attempt_at)
    .where(*_LANE)
    .order_by(_D.sequence)
)
_WAITS = select(_D.id).where(*_LANE).limit(1)
_LEFT = WITH_BYTES.where(_P.drop_id == bindparam("b_drop"), _P.state == PayloadState.SEALED).order_by(_P.position)
_TOGETHER = select(_M.report_id).where(_M.drop_id == bindparam("b_drop"), _M.payload_id.is_(None)).limit(1)


def open_drops(ledger: Ledger, claim: Claim) -> list[OpenDrop]:
    """The lane's sealed drops, in order."""
    with ledger.read() as connection:
        rows = connection.execute(_OPEN, {"b_force": claim.force, "b_route": claim.route, "b_lane": claim.lane}).all()
    return [OpenDrop(*row[:3], Lane(row[3]), Endpoint(row[4], Environment(row[5])), *row[6:]) for row in rows]


def waits(ledger: Ledger, force: str, route: str, lane: Lane) -> bool:
    """Whether a lane has a sealed drop that is still to be sent."""
    with ledger.read() as connection:
        return connection.execute(_WAITS, {"b_force": force, "b_route": route, "b_lane": lane}).first() is not None


def pieces(ledger: Ledger, drop: OpenDrop) -> list[Piece]:
    """The drop's payloads that are still to be sent, in the order in which they leave."""
    return pieces_of(ledger, drop.id)


def pieces_of(ledger: Ledger, drop: int) -> list[Piece]:
    """The same of a drop that is known by its id alone."""
    with ledger.read() as connection:
        shared = connection.execute(_TOGETHER, {"b_drop": drop}).first() is not None
        carried = cargo(ledger, connection, drop)
        return [_piece(ledger, row, shared, carried) for row in connection.execute(_LEFT, {"b_drop": drop}).all()]


def _piece(ledger: Ledger, row: Any, shared: bool, carried: Cargo) -> Piece:
    kind, about = PayloadKind(row.kind), carried.of(row.id, row.report_id)
    payload = Payload(row.key, row.name, kind, row.media_type, row.size, row.digest, lambda: open_payload(ledger, row), *about)
    return Piece(row.id, payload, row.attempt is not None, shared and kind != PayloadKind.ATTACHMENT)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a drop; the first has the number 1. What is `gone` of its first payloads must not be sent any more."""

    number: int
    gone: frozenset[int] = frozenset()


_COUNTED = update(drops).where(_D.id == bindparam("b_drop")).values(attempts=_D.attempts + 1).returning(_D.attempts)
_BEGUN = inserting(attempts, "drop_id", "number", "worker", "began_at")


def begin_attempt(ledger: Ledger, claim: Claim, drop: OpenDrop, first: Sequence[Piece]) -> Attempt:
    """Write that an attempt begins, and with which payloads, before anything is sent. Raises Overtaken."""
    with ledger.write() as connection:
        hold(connection, ledger, claim)
        number = int(connection.execute(_COUNTED, {"b_drop": drop.id}).scalar_one())
        _BEGUN.write(connection, [(drop.id, number, ledger.worker, now(connection))])
        gone = _try(connection, drop, number, first)
    return Attempt(number, gone)


@dataclass(frozen=True, slots=True)
class AllTold:
    """The results are the last of an attempt that nothing stopped. `code` where a file of ours was spoilt."""

    code: str | None = None


def record_results(
    ledger: Ledger,
    claim: Claim,
    drop: OpenDrop,
    attempt: Attempt,
    results: Sequence[Result],
    following: Sequence[Piece],
    at: datetime,
    told: AllTold | None = None,
) -> Outcome:
    """Write what became of some payloads and of the reports that they carry, and which are tried next, or that the attempt has ended.

    Raises Overtaken.
    """
    with ledger.write() as connection:
        hold(connection, ledger, claim)
        outcome = settle(connection, claim.force, drop.id, results, Author("deliver", at))
        gone = _try(connection, drop, attempt.number, following)
        if told:
            _end(connection, drop, attempt, outcome.drop, told.code)
    return replace(outcome, voided=outcome.voided | gone)


_SOME = (_P.drop_id == bindparam("b_drop"), _P.id.between(bindparam("b_first"), bindparam("b_last")))
_TRY = Rows(
    update(payloads).where(*_SOME, _P.attempt.is_(None), _P.state == PayloadState.SEALED).values(attempt=bindparam("b_attempt")),
    ("b_attempt", "b_drop", "b_first", "b_last"),
)
_GONE = select(_P.id).where(*_SOME, _P.state != PayloadState.SEALED)


def _try(connection: Connection, drop: OpenDrop, number: int, tried: Sequence[Piece]) -> frozenset[int]:
    """From now on these may have arrived. Returns those that need not: an acknowledgement came meanwhile, of which `proofs` decided.

    A drop's payloads are numbered as they leave: what is between the first and the last of these leaves with them, or has left.
    """
    if not tried:
        return frozenset()
    ids = [piece.id for piece in tried]
    first, last = min(ids), max(ids)
    if _TRY.write(connection, [(number, drop.id, first, last)]) == len(ids):
        return frozenset()
    gone = connection.execute(_GONE, {"b_drop": drop.id, "b_first": first, "b_last": last}).scalars().all()
    return frozenset(gone).intersection(ids)


_ENDED = Rows(
    update(attempts)
    .where(attempts.c.drop_id == bindparam("b_drop"), attempts.c.number == bindparam("b_number"))
    .values(ended_at=bindparam("b_at"), outcome=bindparam("b_outcome"), code=bindparam("b_code")),
    ("b_at", "b_outcome", "b_code", "b_drop", "b_number"),
)
_AGAIN = Rows(
    update(drops).where(_D.id == bindparam("b_drop")).values(error=bindparam("b_code"), next_attempt_at=bindparam("b_at")),
    ("b_code", "b_at", "b_drop"),
)
_UNTRIED = (
    update(payloads)
    .where(_P.drop_id == bindparam("b_drop"), _P.attempt == bindparam("b_attempt"), _P.state == PayloadState.SEALED)
    .values(attempt=null())
)


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
        return _end(connection, drop, attempt, outcome, code, uncertain, wait)


def _end(
    connection: Connection,
    drop: OpenDrop,
    attempt: Attempt,
    outcome: str,
    code: str | None,
    uncertain: Collection[int] = (),
    wait: timedelta = timedelta(0),
) -> datetime:
    at = now(connection)
    again_at = at + wait
    _ENDED.write(connection, [(at, str(outcome), code, drop.id, attempt.number)])
    _AGAIN.write(connection, [(code, again_at if wait else None, drop.id)])
    left = _UNTRIED.where(_P.id.not_in(uncertain)) if uncertain else _UNTRIED
    connection.execute(left, {"b_drop": drop.id, "b_attempt": attempt.number})
    return again_at
