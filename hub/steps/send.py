"""Send: one attempt at one drop's payloads. What an earlier attempt may have brought is looked up before it is sent again."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from hub.contracts import Absent, CannotTell, DeliveryError, Found, Misconfigured, Refused, Transport, Unavailable, Uncertain
from hub.ledger.deliveries import Attempt, Piece, Result
from hub.words import PayloadState

WINDOW = 64  # payloads whose results are written in one commit


class Stop(Exception):
    """This route can go no further now. `outcome` is the attempt's."""

    def __init__(self, outcome: str, code: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.outcome = outcome
        self.code = code
        self.retry_after = retry_after


def send_all(transport: Transport, attempt: Attempt, open_: Sequence[Piece]) -> Iterator[list[Result]]:
    """Results window by window, kind after kind. Raises Stop after the results that came before it have been given out."""
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


def _one_by_one(transport: Transport, attempt: Attempt, window: Sequence[Piece]) -> Iterator[Result | Stop]:
    """In order, and nothing more after the first that stops: what announces the rest must not overtake it."""
    for piece in window:
        outcome = _try(transport, attempt, piece)
        yield outcome
        if isinstance(outcome, Stop):
            return


def _sort(outcomes: "Sequence[Result | Stop] | Iterator[Result | Stop]") -> tuple[list[Result], Stop | None]:
    results: list[Result] = []
    stop: Stop | None = None
    for outcome in outcomes:
        if isinstance(outcome, Result):
            results.append(outcome)
        elif stop is None or outcome.outcome == "uncertain":
            stop = outcome
    return results, stop


def _try(transport: Transport, attempt: Attempt, piece: Piece) -> Result | Stop:
    try:
        found = _look(transport, piece) if attempt.uncertain else None
        return found or _send(transport, piece)
    except Unavailable as error:
        return Stop("unavailable", error.code, error.retry_after)
    except Uncertain as error:
        return Stop("uncertain", error.code)
    except Misconfigured as error:
        return Stop("misconfigured", error.code)


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
