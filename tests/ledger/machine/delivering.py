"""From a sealed drop to its receipts: lanes are claimed, attempts begun, ended or broken off, and drops taken back."""

from datetime import timedelta

from hub.ledger.deliveries import Piece, begin_attempt, end_attempt, open_drops, pieces, record_results
from hub.ledger.lanes import claim_lane, release_lane
from hub.ledger.outcomes import Result
from hub.ledger.voids import void
from hub.steps.send import windows
from hub.words import DropState, Lane, PayloadState
from tests.ledger.machine.model import FALLBACK, FORCE, PRIMARY, LaneName, Model, Operation, Sending, Worker
from tests.ledger.making import lapse

P = PayloadState
_ENDS = (*[P.DELIVERED] * 7, P.REFUSED, P.IN_DOUBT, P.VOIDED)


def _claim_lane(m: Model) -> None:
    """Only one that nobody has."""
    worker = m.one(m.workers)
    there = [(row["route"], Lane(row["lane"])) for row in m.seen["lanes"]]
    lane = m.one([lane for lane in there if m.open_drops(lane)] or there)
    is_free = lane not in worker.claims and m.owners.get(lane) in (None, worker.name)
    taken = claim_lane(worker.ledger, FORCE, *lane)
    assert (taken is not None) == is_free
    if taken:
        assert taken.fence > m.fences.get(lane, 0)
        m.reached["lanes taken over"] += any(lane in other.claims for other in m.workers)
        worker.claims[lane], m.owners[lane], m.fences[lane] = taken, worker.name, taken.fence


def _release_lane(m: Model) -> None:
    worker = m.one(m.who(lambda w: w.claims))
    lane = m.one(sorted(worker.claims))
    if m.is_holder(lane, worker.claims[lane]):
        m.owners.pop(lane, None)
    release_lane(worker.ledger, worker.claims.pop(lane))
    worker.sending.pop(lane, None)


def _leases_end(m: Model) -> None:
    """Whoever has a claim may be overtaken from now on; until then it is as good as before."""
    lapse(m.ledger)
    m.owners = {}


def _die(m: Model) -> None:
    """A worker forgets all that it had; what is written as its own in the ledger it may take again."""
    worker = m.one(m.who(lambda w: w.claims or w.reports))
    m.reached["attempts broken off"] += len(worker.sending)
    worker.claims, worker.reports, worker.sending = {}, {}, {}
    worker.ledger.under_way.clear()


def _idle(m: Model, worker: Worker) -> list[LaneName]:
    """Lanes that it has, with something to send, and is not sending."""
    return sorted(lane for lane in worker.claims if lane not in worker.sending and m.open_drops(lane))


def _begin(m: Model) -> None:
    worker = m.one(m.who(lambda w: _idle(m, w)))
    lane = m.one(_idle(m, worker))
    claimed = worker.claims[lane]
    found = open_drops(worker.ledger, claimed)
    assert [drop.sequence for drop in found] == sorted(row["sequence"] for row in m.open_drops(lane))
    left = pieces(worker.ledger, found[0])
    assert {piece.id for piece in left if piece.uncertain} == m.tried.keys() & {piece.id for piece in left}
    window = list(windows(left)[0])
    begun = m.as_holder(lane, claimed, lambda: begin_attempt(worker.ledger, claimed, found[0], window))
    if begun:
        worker.sending[lane] = Sending(claimed, found[0], begun, left, window)
        m.open_attempts.setdefault(found[0].id, set()).add(begun.number)
        _tried(m, worker.sending[lane])


def _tried(m: Model, sending: Sending) -> None:
    for piece in sending.window:
        m.tried.setdefault(piece.id, (sending.drop.id, sending.attempt.number))


def _hear(m: Model) -> None:
    """What became of a window, in order, until one did not arrive; of shared records perhaps a report that the force refused."""
    worker = m.one(m.who(lambda w: w.sending))
    lane = m.one(sorted(worker.sending))
    sending = worker.sending[lane]
    results = _results(m, sending)
    heard = {result.payload_id for result in results}
    left = [piece for piece in sending.left if piece.id not in heard]
    following = list(windows(left)[0])
    claimed, drop, attempt = sending.claim, sending.drop, sending.attempt
    told = m.as_holder(lane, claimed, lambda: record_results(worker.ledger, claimed, drop, attempt, results, following, m.at))
    if told is None:
        m.reached["overtaken receipts refused"] += 1
        _let_lane_go(m, worker, lane)
        return
    m.arrived.add(drop.id)
    sending.left = [piece for piece in left if piece.id not in told.voided]
    sending.window = [piece for piece in following if piece.id not in told.voided]
    for piece in following:
        m.tried.setdefault(piece.id, (drop.id, attempt.number))
    assert told.drop == next(row["state"] for row in m.look()["drops"] if row["id"] == drop.id)
    if not sending.left:
        _end_with(m, worker, lane, "delivered")


def _results(m: Model, sending: Sending) -> list[Result]:
    results = []
    for piece in sending.window[: m.number(4, 1)]:
        end = m.one(_ENDS)
        if end == P.VOIDED and not piece.payload.reports:
            end = P.REFUSED
        results.append(_result(m, piece, end))
        if end != P.DELIVERED:
            break
    return results


def _result(m: Model, piece: Piece, end: PayloadState) -> Result:
    some = piece.payload.reports if piece.shared else ()
    refused = ((m.one(some).submission_id, "their-code"),) if some and (end == P.VOIDED or m.chance(6)) else ()
    if end == P.DELIVERED:
        return Result(piece.id, end, "renamed", refused=refused)
    return Result(piece.id, end, code="their-code", refused=refused if end == P.VOIDED else ())


def _end(m: Model) -> None:
    """An attempt is stopped by what is told of its next payload."""
    worker = m.one(m.who(lambda w: w.sending))
    lane = m.one(sorted(worker.sending))
    _end_with(m, worker, lane, m.one(("unavailable", "unavailable", "uncertain", "misconfigured")))


def _end_with(m: Model, worker: Worker, lane: LaneName, how: str) -> None:
    sending = worker.sending.pop(lane)
    claimed, drop, attempt = sending.claim, sending.drop, sending.attempt
    unsure = [sending.window[0].id] if how == "uncertain" and sending.window else []
    code, wait = (None if how == "delivered" else how), timedelta(seconds=1)
    ended = m.as_holder(lane, claimed, lambda: end_attempt(worker.ledger, claimed, drop, attempt, how, code, uncertain=unsure, wait=wait))
    if ended is None:
        _let_lane_go(m, worker, lane)
        return
    m.open_attempts[drop.id].discard(attempt.number)
    m.tried = {i: by for i, by in m.tried.items() if by != (drop.id, attempt.number) or i in unsure}
    if how in ("uncertain", "delivered"):
        m.arrived.add(drop.id)
        m.reached["uncertain attempts"] += how == "uncertain"


def _let_lane_go(m: Model, worker: Worker, lane: LaneName) -> None:
    """Who was overtaken stops now and then; else it goes on trying in vain."""
    if m.chance(2):
        worker.sending.pop(lane, None)
        release_lane(worker.ledger, worker.claims.pop(lane))


def _void(m: Model) -> None:
    """Only where nothing of it can have arrived."""
    worker = m.one(m.who(lambda w: _idle(m, w)))
    lane = m.one(_idle(m, worker))
    claimed, drop = worker.claims[lane], open_drops(worker.ledger, worker.claims[lane])[0]
    may_have_arrived = drop.id in m.arrived or bool(m.open_attempts.get(drop.id))
    route = FALLBACK.name if lane[0] == PRIMARY.name and m.chance(2) else None
    voided = m.as_holder(lane, claimed, lambda: void(worker.ledger, claimed, drop, m.at, route=route, reason="to the fallback"))
    if voided is not None:
        assert voided == (not may_have_arrived)
        m.reached["drops taken back" if voided else "drops not taken back"] += 1
        assert next(row["state"] for row in m.look()["drops"] if row["id"] == drop.id) == (DropState.VOIDED if voided else DropState.SEALED)


def _is_sending(worker: Worker) -> bool:
    return bool(worker.sending)


OPERATIONS = (
    Operation(_claim_lane, lambda m: 8 * any(lane_is_free(m, row) for row in m.open_drops()) + bool(m.seen["lanes"])),
    Operation(_begin, lambda m: 8 * bool(m.who(lambda w: _idle(m, w)))),
    Operation(_hear, lambda m: 10 * bool(m.who(_is_sending))),
    Operation(_end, lambda m: 3 * bool(m.who(_is_sending))),
    Operation(_void, lambda m: int(bool(m.who(lambda w: _idle(m, w))))),
    Operation(_release_lane, lambda m: int(bool(m.who(lambda w: w.claims)))),
    Operation(_leases_end, lambda m: int(bool(m.who(lambda w: w.claims or w.reports))) * 2),
    Operation(_die, lambda m: int(bool(m.who(lambda w: w.claims or w.reports)))),
)


def lane_is_free(m: Model, drop: dict[str, object]) -> bool:
    return (drop["route"], drop["lane"]) not in m.owners
