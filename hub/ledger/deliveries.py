"""Delivery, as the ledger sees it: who may send a lane's drops, what was tried, and what the far end said.

A lane is claimed under a lease, so that its drops leave in order and two workers never both send one. Every write
checks the claim's fence: a worker that was overtaken can record nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, bindparam, insert, or_, select, update

from hub.contracts import Payload
from hub.ledger.changes import Author, Move, change
from hub.ledger.errors import Overtaken
from hub.ledger.ledger import Ledger, wall_clock
from hub.ledger.tables import attempts, drops, lanes, members, payloads, reports, submissions
from hub.words import DropState, Lane, PayloadKind, PayloadState, State


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send the drops of one lane, until the lease ends or another takes it over."""

    force: str
    route: str
    lane: Lane
    fence: int


@dataclass(frozen=True, slots=True)
class OpenDrop:
    """A sealed drop that is still to be sent."""

    id: int
    key: str
    sequence: int
    lane: Lane
    reports: int
    attempts: int
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A payload that is still to be sent, with its row."""

    id: int
    payload: Payload


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one payload: `receipt` is the stable word of how we know, `code` why it was refused."""

    payload_id: int
    state: PayloadState
    receipt: str | None = None
    reference: str | None = None
    code: str | None = None
    refused: tuple[tuple[str, str], ...] = ()  # reports of a batch: submission id and code


def claim_lane(ledger: Ledger, force: str, route: str, lane: Lane) -> Claim | None:
    """The right to send this lane's drops; None where another worker has it, or nothing was ever sealed in it."""
    now = wall_clock()
    free = or_(lanes.c.lease_until.is_(None), lanes.c.lease_until < now, lanes.c.worker == ledger.worker)
    take = (
        update(lanes)
        .where(lanes.c.force == force, lanes.c.route == route, lanes.c.lane == lane, free)
        .values(worker=ledger.worker, lease_until=now + timedelta(seconds=ledger.lease_seconds), fence=lanes.c.fence + 1)
        .returning(lanes.c.fence)
    )
    with ledger.write() as connection:
        fence = connection.execute(take).scalar_one_or_none()
    return None if fence is None else Claim(force, route, lane, fence)


def release_lane(ledger: Ledger, claim: Claim) -> None:
    """Give the lane back; harmless where another has taken it over."""
    with ledger.write() as connection:
        connection.execute(update(lanes).where(*_held_by(claim)).values(worker=None, lease_until=None))


def open_drops(ledger: Ledger, claim: Claim) -> list[OpenDrop]:
    """The lane's sealed drops, in order."""
    d = drops.c
    query = (
        select(d.id, d.key, d.sequence, d.lane, d.reports, d.attempts, d.next_attempt_at)
        .where(d.force == claim.force, d.route == claim.route, d.lane == claim.lane, d.state == DropState.SEALED)
        .order_by(d.sequence)
    )
    with ledger.read() as connection:
        return [OpenDrop(row[0], row[1], row[2], Lane(row[3]), row[4], row[5], row[6]) for row in connection.execute(query)]


def pieces(ledger: Ledger, drop: OpenDrop) -> list[Piece]:
    """The drop's payloads that are still to be sent, in the order in which they leave."""
    query = select(payloads).where(payloads.c.drop_id == drop.id, payloads.c.state == PayloadState.SEALED).order_by(payloads.c.position)
    with ledger.read() as connection:
        return [_piece(ledger, row) for row in connection.execute(query)]


def _piece(ledger: Ledger, row: Row[tuple[object, ...]]) -> Piece:
    p = row._mapping
    body, uri = p["body"], p["uri"]
    payload = Payload(
        p["key"], p["name"], PayloadKind(p["kind"]), p["media_type"], p["size"], p["digest"], lambda: ledger.store.open(body, uri)
    )
    return Piece(p["id"], payload)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a drop. `uncertain` where an earlier one may have brought something: look before sending."""

    number: int  # from 1
    uncertain: bool


def begin_attempt(ledger: Ledger, claim: Claim, drop: OpenDrop) -> Attempt:
    """Write that an attempt begins, before anything is sent. Raises Overtaken."""
    earlier = select(attempts.c.id).where(attempts.c.drop_id == drop.id, _MAY_HAVE_ARRIVED).limit(1)
    with ledger.write() as connection:
        _hold(connection, ledger, claim)
        uncertain = connection.scalar(earlier) is not None
        counted = update(drops).where(drops.c.id == drop.id).values(attempts=drops.c.attempts + 1).returning(drops.c.attempts)
        number = int(connection.execute(counted).scalar_one())
        row = {"drop_id": drop.id, "number": number, "worker": ledger.worker, "began_at": wall_clock()}
        connection.execute(insert(attempts).values(**row))
    return Attempt(number, uncertain)


_MAY_HAVE_ARRIVED = or_(attempts.c.outcome.is_(None), attempts.c.outcome == "uncertain")  # none: its worker died


def end_attempt(
    ledger: Ledger, claim: Claim, drop: OpenDrop, attempt: Attempt, outcome: str, code: str | None = None, again_at: datetime | None = None
) -> None:
    """Write how an attempt ended, and when the next may begin. Raises Overtaken."""
    with ledger.write() as connection:
        _hold(connection, ledger, claim)
        ended = {"ended_at": wall_clock(), "outcome": outcome, "code": code}
        connection.execute(update(attempts).where(attempts.c.drop_id == drop.id, attempts.c.number == attempt.number).values(**ended))
        connection.execute(update(drops).where(drops.c.id == drop.id).values(error=code, next_attempt_at=again_at))


def record_results(ledger: Ledger, claim: Claim, drop: OpenDrop, results: Sequence[Result], at: datetime) -> None:
    """Write what became of some payloads, and with them of the reports that they carry. Raises Overtaken.

    A report that an acknowledgement has already taken further is left where it is.
    """
    if not results:
        return
    with ledger.write() as connection:
        _hold(connection, ledger, claim)
        _update_payloads(connection, results, at)
        moves = _moves_of_own(connection, drop, results) + _moves_of_shared(connection, drop, results)
        if moves:
            change(connection, claim.force, Author("deliver", at), moves, drop_id=drop.id)
        _close_members(connection, drop, results, moves)
        _finish_drop(connection, drop, at)


def _held_by(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (lanes.c.force == claim.force, lanes.c.route == claim.route, lanes.c.lane == claim.lane, lanes.c.fence == claim.fence)


def _hold(connection: Connection, ledger: Ledger, claim: Claim) -> None:
    """Renew the lease, if the claim still stands."""
    until = wall_clock() + timedelta(seconds=ledger.lease_seconds)
    if connection.execute(update(lanes).where(*_held_by(claim)).values(lease_until=until)).rowcount != 1:
        raise Overtaken(f"another worker has taken over {claim.force} {claim.route} {claim.lane}")


def _update_payloads(connection: Connection, results: Sequence[Result], at: datetime) -> None:
    rows = [
        {
            "b_id": r.payload_id,
            "state": r.state,
            "receipt": r.receipt,
            "reference": r.reference,
            "delivered_at": at if r.state == PayloadState.DELIVERED else None,
        }
        for r in results
    ]
    step = update(payloads).where(payloads.c.id == bindparam("b_id"), payloads.c.state == PayloadState.SEALED)
    names = ("state", "receipt", "reference", "delivered_at")
    connection.execute(step.values({name: bindparam(name) for name in names}), rows)


_END = {PayloadState.DELIVERED: State.DELIVERED, PayloadState.REFUSED: State.QUARANTINED, PayloadState.IN_DOUBT: State.IN_DOUBT}


def _moves_of_own(connection: Connection, drop: OpenDrop, results: Sequence[Result]) -> list[Move]:
    """Reports that have a payload of their own go where it went."""
    by_payload = {r.payload_id: r for r in results}
    query = (
        select(members.c.report_id, reports.c.state, members.c.payload_id)
        .join(reports, reports.c.id == members.c.report_id)
        .where(members.c.drop_id == drop.id, members.c.payload_id.in_(by_payload), *_on_its_way_in(drop))
        .with_for_update(of=reports)
    )
    return [_move(report, State(state), by_payload[payload]) for report, state, payload in connection.execute(query)]


def _on_its_way_in(drop: OpenDrop) -> tuple[ColumnElement[bool], ...]:
    """Sealed reports of a drop, and those held while its circuit is open: a probe may bring them."""
    return (reports.c.drop_id == drop.id, reports.c.state.in_((State.SEALED, State.HELD)))


def _move(report: int, start: State, result: Result) -> Move:
    code = "refused" if result.state == PayloadState.REFUSED else None
    return Move(report, start, _END[result.state], code=code, where=result.code if code else None, reference=result.reference)


def _moves_of_shared(connection: Connection, drop: OpenDrop, results: Sequence[Result]) -> list[Move]:
    """Reports that share the drop's payloads go on when the last of these has gone."""
    state = _whole(connection, drop)
    if state is None:
        return []
    refused = dict(pair for r in results for pair in r.refused)
    query = (
        select(reports.c.id, reports.c.state)
        .join(members, members.c.report_id == reports.c.id)
        .where(members.c.drop_id == drop.id, members.c.payload_id.is_(None), *_on_its_way_in(drop))
        .with_for_update(of=reports)
    )
    worst = next((r for r in results if r.state == state), Result(0, state))
    found = connection.execute(query).all()
    codes = _codes(connection, [report for report, _ in found], refused)
    return [
        _move(report, State(state), Result(0, PayloadState.REFUSED, code=codes[report]) if report in codes else worst)
        for report, state in found
    ]


def _codes(connection: Connection, ids: Sequence[int], refused: dict[str, str]) -> dict[int, str]:
    """The reports of a batch that the far end would not take, by their submission ids."""
    if not refused:
        return {}
    query = (
        select(reports.c.id, submissions.c.submission_id)
        .join(submissions, submissions.c.id == reports.c.submission_id)
        .where(reports.c.id.in_(ids), submissions.c.submission_id.in_(refused))
    )
    return {report: refused[name] for report, name in connection.execute(query)}


def _whole(connection: Connection, drop: OpenDrop) -> PayloadState | None:
    """What became of the drop as a whole; None while a payload is still to be sent."""
    query = select(payloads.c.state).distinct().where(payloads.c.drop_id == drop.id)
    found = {PayloadState(state) for state in connection.scalars(query)}
    if PayloadState.SEALED in found:
        return None
    return next((s for s in (PayloadState.REFUSED, PayloadState.IN_DOUBT) if s in found), PayloadState.DELIVERED)


def _close_members(connection: Connection, drop: OpenDrop, results: Sequence[Result], moves: Sequence[Move]) -> None:
    """Memberships end with their payload: also those of reports that an acknowledgement has taken further already."""
    by_payload = update(members).where(members.c.payload_id == bindparam("b_payload"))
    connection.execute(by_payload.values(outcome=bindparam("outcome")), [{"b_payload": r.payload_id, "outcome": r.state} for r in results])
    whole = _whole(connection, drop)
    if whole is not None:
        shared = update(members).where(members.c.drop_id == drop.id, members.c.payload_id.is_(None), members.c.outcome.is_(None))
        connection.execute(shared.values(outcome=whole))
    refused = [{"b_report": m.report_id} for m in moves if m.end == State.QUARANTINED]
    if refused:
        by_report = update(members).where(members.c.drop_id == drop.id, members.c.report_id == bindparam("b_report"))
        connection.execute(by_report.values(outcome=PayloadState.REFUSED), refused)


def _finish_drop(connection: Connection, drop: OpenDrop, at: datetime) -> None:
    state = _whole(connection, drop)
    if state is None:
        return
    end = DropState.IN_DOUBT if state == PayloadState.IN_DOUBT else DropState.DELIVERED
    connection.execute(update(drops).where(drops.c.id == drop.id).values(state=end, delivered_at=at, error=None, next_attempt_at=None))
