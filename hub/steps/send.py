"""Send: a window of one drop's payloads. What an earlier attempt may have brought is looked up before it is sent again."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from threading import Event
from typing import TypeVar

from hub.contracts import (
    Absent,
    Became,
    CannotTell,
    DeliveryError,
    Found,
    Misconfigured,
    Payload,
    Receipt,
    Refused,
    Spoilt,
    Together,
    Transport,
    Unavailable,
    Uncertain,
)
from hub.ledger.deliveries import Piece
from hub.ledger.lanes import Lease
from hub.ledger.outcomes import Result
from hub.words import PayloadKind, PayloadState

T = TypeVar("T")
R = TypeVar("R")

WINDOW = 256  # payloads whose results are written in one commit: after a crash so many are looked up


@dataclass(frozen=True, slots=True)
class Stop:
    """This route can go no further now, because of this payload. `outcome` is the attempt's."""

    piece: int
    outcome: str
    code: str
    retry_after: float | None = None


def windows(open_: Sequence[Piece]) -> list[Sequence[Piece]]:
    """What is sent between two commits: kind after kind; what all reports depend on goes together, and in order."""
    found: list[Sequence[Piece]] = []
    for _, group in groupby(open_, key=lambda piece: piece.shared or piece.payload.kind):
        some = list(group)
        found += [some[start : start + WINDOW] for start in range(0, len(some), WINDOW)]
    return found or [()]


def send(transport: Transport, lease: Lease, window: Sequence[Piece]) -> tuple[list[Result], list[Stop]]:
    """What became of each payload, and what stopped the rest: after the first that stops, nothing more is begun. Raises Overtaken.

    Of payloads that all reports depend on nothing more is begun either after one that did not arrive: what follows depends on it too.
    """
    if any(piece.shared for piece in window):
        outcomes = _in_order(transport, lease, window)
    elif isinstance(transport, Together) and sum(not piece.uncertain for piece in window) > 1:
        outcomes = _together(transport, transport, lease, window)
    else:
        outcomes = _one_by_one(transport, lease, window)
    return [o for o in outcomes if isinstance(o, Result)], [o for o in outcomes if isinstance(o, Stop)]


def _in_order(transport: Transport, lease: Lease, window: Sequence[Piece]) -> list[Result | Stop | None]:
    """One after the other. After one that did not arrive the rest is at most looked up, for an earlier attempt may have brought it.

    What a far end refuses of a payload that it takes it says but once: that is written down before anything else is sent.
    """
    outcomes: list[Result | Stop | None] = []
    send: Callable[[Payload], Receipt] | None = transport.send
    for piece in window:
        if send is None and not piece.uncertain:
            continue
        lease.check()
        outcome = _try(transport, piece, send)
        outcomes.append(outcome)
        if isinstance(outcome, Stop):
            break
        if outcome and outcome.state is not PayloadState.DELIVERED:
            send = None
        elif outcome and outcome.refused:
            break
    return outcomes


def _together(transport: Transport, together: Together, lease: Lease, window: Sequence[Piece]) -> list[Result | Stop | None]:
    """What may have arrived before is looked up first; the rest leaves together, on and on until something stops it.

    One without an answer that is found at once stops nothing: what was not begun after it is sent then.
    """
    outcomes = _one_by_one(transport, lease, [piece for piece in window if piece.uncertain])
    fresh = [piece for piece in window if not piece.uncertain]
    while fresh and not any(isinstance(outcome, Stop) for outcome in outcomes):
        told = together.send_together([piece.payload for piece in fresh], lease.check)
        outcomes += _ends(transport, fresh, told)
        fresh, before = [piece for piece, one in zip(fresh, told, strict=True) if one is None], fresh
        if len(fresh) == len(before):  # it began none
            break
    return outcomes


def _ends(transport: Transport, fresh: Sequence[Piece], told: Sequence[Became | None]) -> list[Result | Stop | None]:
    """What became of those that were sent together; if several have no answer, they are not looked up one after the other."""

    def end(sent: tuple[Piece, Became | None]) -> Result | Stop | None:
        piece, one = sent
        return None if one is None else _try(transport, piece, lambda _: _as_sent(one))

    sent = list(zip(fresh, told, strict=True))
    lost = sum(isinstance(one, Uncertain) for one in told)
    return _side_by_side(transport, sent, end) if lost > 1 else [end(one) for one in sent]


def _as_sent(told: Became) -> Receipt:
    """As if it had been sent by itself."""
    if isinstance(told, Receipt):
        return told
    raise told


def _one_by_one(transport: Transport, lease: Lease, window: Sequence[Piece]) -> list[Result | Stop | None]:
    stopping = Event()

    def one(piece: Piece) -> Result | Stop | None:
        if stopping.is_set():
            return None
        lease.check()
        outcome = _try(transport, piece, transport.send)
        if isinstance(outcome, Stop):
            stopping.set()
        return outcome

    return _side_by_side(transport, window, one)


def _side_by_side(transport: Transport, each: Sequence[T], one: Callable[[T], R]) -> list[R]:
    """`one` of each, in as many threads as the transport allows."""
    if transport.parallel == 1 or len(each) < 2:
        return [one(this) for this in each]
    with ThreadPoolExecutor(min(transport.parallel, len(each)), thread_name_prefix="deliver") as pool:
        return list(pool.map(one, each))


def _try(transport: Transport, piece: Piece, send: Callable[[Payload], Receipt] | None) -> Result | Stop | None:
    """What became of it; None where it must not be sent now, and is not there."""
    try:
        found = _look(transport, piece) if piece.uncertain else None
        return found or (_send(transport, piece, send) if send else None)
    except Unavailable as error:
        return Stop(piece.id, "unavailable", error.code, error.retry_after)
    except Uncertain as error:
        return Stop(piece.id, "uncertain", error.code)
    except Misconfigured as error:
        return Stop(piece.id, "misconfigured", error.code)
    except Spoilt as error:
        return _spoilt(piece.payload, piece.id, error)


def _spoilt(payload: Payload, piece: int, error: Spoilt) -> Result:
    """Only the report that a spoilt attachment came with must wait for a person; spoilt records are sealed anew."""
    if payload.kind is PayloadKind.ATTACHMENT:
        return Result(piece, PayloadState.REFUSED, code=error.code, spoilt=error.name)
    inside = [one.submission_id for one in payload.reports if error.name != payload.name and error.name.startswith(f"{one.submission_id}.")]
    refused = tuple((submission, error.code) for submission in inside)
    return Result(piece, PayloadState.VOIDED, code=error.code, refused=refused, spoilt=error.name)


def _look(transport: Transport, piece: Piece) -> Result | None:
    """What the far end knows of a payload that an earlier attempt may have brought; None where it certainly has it not."""
    try:
        finding = transport.find(piece.payload)
    except Uncertain as error:  # a question that got no answer brought nothing
        raise Unavailable(error.code) from None
    except Refused as refusal:  # the question, not the report
        finding = CannotTell(refusal.code)
    if isinstance(finding, Absent):
        return None
    if isinstance(finding, CannotTell):
        return Result(piece.id, PayloadState.IN_DOUBT)
    return Result(piece.id, PayloadState.DELIVERED, "found", finding.reference)


def _send(transport: Transport, piece: Piece, send: Callable[[Payload], Receipt]) -> Result:
    try:
        receipt = send(piece.payload)
    except Refused as refusal:  # of a batch of which nothing was taken, what is not at fault is sealed anew
        state = PayloadState.VOIDED if refusal.reports else PayloadState.REFUSED
        return Result(piece.id, state, code=refusal.code, refused=refusal.reports)
    except Uncertain as error:
        return _look_at_once(transport, piece, error)
    return Result(piece.id, PayloadState.DELIVERED, receipt.detail, receipt.reference, refused=receipt.refused)


def _look_at_once(transport: Transport, piece: Piece, error: Uncertain) -> Result:
    """Perhaps it arrived. Absent a moment later may still be on its way: then the next attempt looks again before it sends."""
    try:
        finding = transport.find(piece.payload)
    except (DeliveryError, Misconfigured):
        raise error from None
    if isinstance(finding, Found):
        return Result(piece.id, PayloadState.DELIVERED, "found", finding.reference)
    raise error
