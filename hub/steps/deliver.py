"""Deliver: a route's sealed drops go to its far end, urgent first, in order; what may have arrived is looked up first."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from hub.clock import Clock
from hub.contracts import Absent, CannotTell, DeliveryError, Found, Misconfigured, Refused, Transport, Unavailable, Uncertain
from hub.forces.registry import Route
from hub.ledger.deliveries import (
    Attempt,
    Claim,
    OpenDrop,
    Piece,
    Result,
    begin_attempt,
    claim_lane,
    end_attempt,
    open_drops,
    pieces,
    record_results,
    release_lane,
)
from hub.ledger.ledger import Ledger, wall_clock
from hub.steps.retry import Retry
from hub.words import Lane, PayloadState

WINDOW = 64  # payloads whose results are written in one commit


@dataclass
class Delivered:
    """What a delivery did. `stopped` is the code of what kept the rest from leaving; `again` says whether to try soon."""

    drops: int = 0
    reports: int = 0
    refused: int = 0
    in_doubt: int = 0
    last_sequence: int | None = None
    stopped: str | None = None
    again: bool = False
    again_at: datetime | None = None


_AS_SHIPPED = Retry()


class _Stop(Exception):
    """This route can go no further now. `outcome` is the attempt's."""

    def __init__(self, outcome: str, code: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.outcome = outcome
        self.code = code
        self.retry_after = retry_after


def deliver(
    ledger: Ledger,
    route: Route,
    transport: Transport,
    clock: Clock,
    retry: Retry = _AS_SHIPPED,
    *,
    progress: Callable[[int], None] | None = None,
) -> Delivered:
    """Send every sealed drop of this route, until all are gone or the far end can take no more for now.

    Raises LedgerUnavailable, and Overtaken where another worker took this route over.
    """
    done = Delivered()
    for lane in (Lane.URGENT, Lane.ROUTINE):
        if done.stopped:
            break
        with _lane(ledger, route, lane) as claim:
            if claim:
                _drain(ledger, transport, clock, retry, claim, done, progress)
    return done


def _drain(
    ledger: Ledger, transport: Transport, clock: Clock, retry: Retry, claim: Claim, done: Delivered, progress: Callable[[int], None] | None
) -> None:
    for drop in open_drops(ledger, claim):
        if not _deliver(ledger, transport, clock, retry, claim, drop, done):
            return
        if progress:
            progress(drop.reports)


@contextmanager
def _lane(ledger: Ledger, route: Route, lane: Lane) -> Iterator[Claim | None]:
    claim = claim_lane(ledger, route.force, route.name, lane)
    try:
        yield claim
    finally:
        if claim:
            release_lane(ledger, claim)


def _deliver(ledger: Ledger, transport: Transport, clock: Clock, retry: Retry, claim: Claim, drop: OpenDrop, done: Delivered) -> bool:
    """One attempt at one drop. Returns whether the next may follow."""
    attempt = begin_attempt(ledger, claim, drop)
    try:
        for results in _send_all(transport, attempt, pieces(ledger, drop)):
            record_results(ledger, claim, drop, results, clock.now())
            _count(done, results)
    except _Stop as stop:
        done.stopped, done.again = stop.code, stop.outcome != "misconfigured" and attempt.number < retry.attempts
        done.again_at = retry.again_at(wall_clock(), attempt.number, stop.retry_after)
        end_attempt(ledger, claim, drop, attempt, stop.outcome, stop.code, done.again_at)
        return False
    end_attempt(ledger, claim, drop, attempt, "delivered")
    done.drops += 1
    done.reports += drop.reports
    done.last_sequence = drop.sequence
    return True


def _count(done: Delivered, results: Sequence[Result]) -> None:
    done.refused += sum(r.state == PayloadState.REFUSED for r in results) + sum(len(r.refused) for r in results)
    done.in_doubt += sum(r.state == PayloadState.IN_DOUBT for r in results)


def _send_all(transport: Transport, attempt: Attempt, open_: Sequence[Piece]) -> Iterator[list[Result]]:
    """Results window by window, kind after kind. Raises _Stop after the results that came before it have been given out."""
    with ThreadPoolExecutor(max_workers=max(1, transport.parallel), thread_name_prefix="deliver") as pool:
        for _, kind in groupby(open_, key=lambda piece: piece.payload.kind):
            for window in _windows(list(kind)):
                outcomes = list(pool.map(lambda piece: _try(transport, attempt, piece), window)) if transport.parallel > 1 else []
                results, stop = _sort(outcomes or _one_by_one(transport, attempt, window))
                yield results
                if stop:
                    raise stop


def _windows(open_: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
    return (open_[start : start + WINDOW] for start in range(0, len(open_), WINDOW))


def _one_by_one(transport: Transport, attempt: Attempt, window: Sequence[Piece]) -> Iterator[Result | _Stop]:
    """In order, and nothing more after the first that stops: what announces the rest must not overtake it."""
    for piece in window:
        outcome = _try(transport, attempt, piece)
        yield outcome
        if isinstance(outcome, _Stop):
            return


def _sort(outcomes: "Sequence[Result | _Stop] | Iterator[Result | _Stop]") -> tuple[list[Result], _Stop | None]:
    results: list[Result] = []
    stop: _Stop | None = None
    for outcome in outcomes:
        if isinstance(outcome, Result):
            results.append(outcome)
        elif stop is None or outcome.outcome == "uncertain":
            stop = outcome
    return results, stop


def _try(transport: Transport, attempt: Attempt, piece: Piece) -> Result | _Stop:
    try:
        found = _look(transport, piece) if attempt.uncertain else None
        return found or _send(transport, piece)
    except Unavailable as error:
        return _Stop("unavailable", error.code, error.retry_after)
    except Uncertain as error:
        return _Stop("uncertain", error.code)
    except Misconfigured as error:
        return _Stop("misconfigured", error.code)


def _look(transport: Transport, piece: Piece) -> Result | None:
    """What the far end knows of a payload that an earlier attempt may have brought; None where it certainly has it not."""
    try:
        finding = transport.find(piece.payload)
    except Uncertain as error:  # a question that got no answer brought nothing
        raise Unavailable(error.code) from None
    if isinstance(finding, Absent):
        return None
    if isinstance(finding, CannotTell):
        return Result(piece.id, PayloadState.IN_DOUBT)
    return Result(piece.id, PayloadState.DELIVERED, "found", finding.reference)


def _send(transport: Transport, piece: Piece) -> Result:
    try:
        receipt = transport.send(piece.payload)
    except Refused as refusal:
        return Result(piece.id, PayloadState.REFUSED, code=refusal.code)
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
