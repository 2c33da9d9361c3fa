"""Deliver: a route's sealed drops go to its far end, urgent first, in order; when the attempts are spent, the fallback or the breaker."""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.clock import Clock
from hub.contracts import Transport
from hub.forces.registry import Route
from hub.ledger import circuits
from hub.ledger.deliveries import AllTold, Attempt, OpenDrop, Piece, begin_attempt, end_attempt, open_drops, pieces, record_results, waits
from hub.ledger.holds import hold_lane, hold_sealed, is_paused, let_go_sealed
from hub.ledger.lanes import Claim, Lease, claim_lane, kept, release_lane
from hub.ledger.leases import Holder, cut_leases, holder
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Outcome, Result
from hub.ledger.restoring import COMPARE_FIRST, Uncompared
from hub.ledger.voids import void
from hub.steps.another_way import goes_another_way
from hub.steps.gates import OUTSIDE_WINDOW
from hub.steps.retry import Retry
from hub.steps.send import Stop, send, windows
from hub.words import Lane, PayloadState, Purpose

CIRCUIT_OPEN, PAUSED, CLAIMED = "circuit-open", "paused", "claimed"
ENDPOINT_CHANGED = "endpoint-changed"  # a drop never goes anywhere but where it was sealed for


@dataclass
class Delivered:
    """What a delivery did: `drops` that came to an end, and how their reports ended.

    `waiting` ones shared their bytes with a report that had to be taken out: they are sealed anew. `fell_back` ones wait
    again, for the fallback route, `went_back` ones for the primary; `held` ones until the far end is well. `stopped` is the
    code of what kept the rest from leaving; `again` says whether to try soon. `claimed` ones are another worker's to send, until it
    gives them back or its lease ends.
    Where it is `misconfigured` nothing reaches the far end before a person has put it right.
    """

    drops: int = 0
    reports: int = 0
    refused: int = 0
    in_doubt: int = 0
    waiting: int = 0
    fell_back: int = 0
    went_back: int = 0
    held: int = 0
    last_sequence: int | None = None
    stopped: str | None = None
    again: bool = False
    again_at: datetime | None = None
    claimed: Holder | None = None
    misconfigured: bool = False


_AS_SHIPPED = Retry()


def deliver(
    ledger: Ledger,
    route: Route,
    transport: Transport,
    clock: Clock,
    retry: Retry = _AS_SHIPPED,
    *,
    other: Route | None = None,
    lanes: Collection[Lane] = tuple(Lane),
    progress: Callable[[int], None] | None = None,
) -> Delivered:
    """Send every sealed drop of these lanes of a route, until all are gone or the far end can take no more for now.

    When the attempts at a drop are spent, what certainly did not arrive goes by the `other` route, if that one is well: from a primary
    one to its fallback, from a fallback back to the primary (`another_way.py`). Else, and where it may have arrived, the endpoint's circuit
    opens and its reports are held. Raises LedgerUnavailable, and Overtaken where another worker took this route over.
    """
    delivery = _Delivery(ledger, route, transport, clock, retry, other, progress, lanes)
    cut_leases(ledger)
    if Uncompared.of(ledger).closes(route.force, route.name, route.purpose):
        delivery.done.stopped = COMPARE_FIRST
        return delivery.done
    if is_paused(ledger, route.force, route.endpoint):
        delivery.run()  # which holds it all, and asks for no probe
        return delivery.done
    delivery.ask_for_probe()
    try:
        delivery.run()
    finally:
        delivery.end_probe()
    return delivery.done


@dataclass
class _Delivery:
    """One route's delivery, under way."""

    ledger: Ledger
    route: Route
    transport: Transport
    clock: Clock
    retry: Retry
    other: Route | None
    progress: Callable[[int], None] | None
    lanes: Collection[Lane]
    is_open: bool = False  # the circuit, and it is not ours to probe
    probing: bool = False  # it is ours to probe, until it is found well: from then on another may be
    done: Delivered = field(default_factory=Delivered)

    def ask_for_probe(self) -> None:
        """Where the circuit is open it may be ours to try it now."""
        endpoint = self.route.endpoint
        if (endpoint.instance, endpoint.environment) in circuits.open_circuits(self.ledger):
            self.probing = circuits.claim_probe(self.ledger, endpoint)
            self.is_open = not self.probing

    def end_probe(self) -> None:
        if self.probing:
            circuits.end_probe(self.ledger, self.route.endpoint)

    def run(self) -> None:
        for lane in (Lane.URGENT, Lane.ROUTINE):
            if lane in self.lanes and self.done.stopped in _ONLY_HELD and not self._is_held(lane):
                self._drain(lane)
        if self.done.claimed and not self.done.stopped:
            self.done.stopped, self.done.again, self.done.again_at = CLAIMED, True, self.done.claimed.until

    def _is_held(self, lane: Lane) -> bool:
        """Whether what is sealed in this lane may not leave now: then it is held, also what was sealed or let go a moment ago."""
        code = CIRCUIT_OPEN if self.is_open else None
        if is_paused(self.ledger, self.route.force, self.route.endpoint):
            code = PAUSED
        elif code is None and not self.route.drops.may_leave(lane, self.clock.now()):
            code = OUTSIDE_WINDOW
        if code is None:
            return False
        held = hold_lane(self.ledger, self.route.force, self.route.name, lane, code, self.clock.now())
        self.done.held += held
        if held or code != OUTSIDE_WINDOW:
            self.done.stopped = self.done.stopped or code
        return True

    def _drain(self, lane: Lane) -> None:
        claim = claim_lane(self.ledger, self.route.force, self.route.name, lane)
        if claim is None:
            self.done.claimed = holder(self.ledger, self.route.force, self.route.name, lane) or self.done.claimed
            return
        try:
            with kept(self.ledger, claim) as lease:
                for drop in open_drops(self.ledger, claim):
                    self._let_urgent_past(lane)
                    if drop.endpoint != self.route.endpoint:
                        self.done.stopped = ENDPOINT_CHANGED
                    if self.done.stopped not in _ONLY_HELD or self._is_held(lane) or not self._deliver(claim, lease, drop):
                        return
        finally:
            release_lane(self.ledger, claim)

    def _let_urgent_past(self, lane: Lane) -> None:
        """What was sealed into the urgent lane since this drain began does not wait for its end, unless another sees to that lane."""
        if (
            lane is not Lane.URGENT
            and Lane.URGENT in self.lanes
            and waits(self.ledger, self.route.force, self.route.name, Lane.URGENT)
            and not self._is_held(Lane.URGENT)
        ):
            self._drain(Lane.URGENT)

    def _deliver(self, claim: Claim, lease: Lease, drop: OpenDrop) -> bool:
        """One attempt at one drop. Returns whether the next may follow."""
        parts = deque(windows(pieces(self.ledger, drop)))
        attempt = begin_attempt(self.ledger, claim, drop, parts[0])
        voided, heard, spoilt = attempt.gone, False, None
        while parts:
            window = [piece for piece in parts.popleft() if piece.id not in voided]
            results, stops = send(self.transport, lease, window)
            if rest := _not_begun(window, results, stops):
                parts.appendleft(rest)
            following = parts[0] if parts else ()
            spoilt = next((result.code for result in results if result.spoilt), spoilt)
            told = None if stops or following else AllTold(spoilt)
            outcome = record_results(self.ledger, claim, drop, attempt, results, following, self.clock.now(), told)
            voided |= outcome.voided
            heard = heard or any(_is_answer(result) for result in results)
            self._count(outcome)
            if stops:
                return self._stopped(claim, drop, attempt, stops)
        self._ended(drop, heard=heard)
        return True

    def _ended(self, drop: OpenDrop, *, heard: bool) -> None:
        self.done.drops += 1
        self.done.last_sequence = drop.sequence
        if self.probing and heard:
            circuits.close(self.ledger, self.route.endpoint)
            self.probing = False
            let_go_sealed(self.ledger, self.route.endpoint, CIRCUIT_OPEN, self.clock.now())
        if self.progress:
            self.progress(drop.reports)

    def _stopped(self, claim: Claim, drop: OpenDrop, attempt: Attempt, stops: Sequence[Stop]) -> bool:
        """Write what stopped this attempt, and what follows. Returns whether the next drop may follow: where this one fell back."""
        stop = min(stops, key=lambda one: _GRAVITY.index(one.outcome))
        uncertain = [one.piece for one in stops if one.outcome == "uncertain"]
        wait = self.retry.wait(attempt.number, stop.retry_after)
        again_at = end_attempt(self.ledger, claim, drop, attempt, stop.outcome, stop.code, uncertain=uncertain, wait=wait)
        self.done.again_at = again_at
        if stop.outcome == "misconfigured":
            self.done.stopped, self.done.misconfigured = stop.code, True
        elif attempt.number < self.retry.attempts and not self.probing:
            self.done.stopped, self.done.again = stop.code, True
        elif self._goes_another_way(claim, drop, stop, attempt.number):
            return True
        else:
            self._trip(stop, again_at)
        return False

    def _goes_another_way(self, claim: Claim, drop: OpenDrop, stop: Stop, tries: int) -> bool:
        other = self.other
        if other is None or stop.outcome != "unavailable" or not goes_another_way(self.ledger, self.route, other, drop, tries, self.retry):
            return False
        gone = void(self.ledger, claim, drop, self.clock.now(), route=other.name, reason=f"{stop.code}: to {other.name}")
        if other.purpose is Purpose.FALLBACK:
            self.done.fell_back += drop.reports if gone else 0
        else:
            self.done.went_back += drop.reports if gone else 0
        return gone

    def _trip(self, stop: Stop, probe_at: datetime) -> None:
        """The far end is not well: an incident of its own, not one for each report."""
        self.done.stopped = stop.code
        circuits.trip(self.ledger, self.route.endpoint, stop.code, self.clock.now(), probe_at)
        self.done.held += hold_sealed(self.ledger, self.route.endpoint, CIRCUIT_OPEN, self.clock.now())

    def _count(self, outcome: Outcome) -> None:
        self.done.reports += outcome.ends[PayloadState.DELIVERED]
        self.done.refused += outcome.ends[PayloadState.REFUSED]
        self.done.in_doubt += outcome.ends[PayloadState.IN_DOUBT]
        self.done.waiting += outcome.ends[PayloadState.VOIDED]


def _not_begun(window: Sequence[Piece], results: Sequence[Result], stops: Sequence[Stop]) -> Sequence[Piece]:
    """What all reports depend on, and was not begun after one that did not arrive: it goes on, as far as it is not void with that."""
    if stops or not any(piece.shared for piece in window):
        return ()
    told = {result.payload_id for result in results}
    return [piece for piece in window if piece.id not in told]


def _is_answer(result: Result) -> bool:
    """Whether the far end itself decided over this payload: not where nobody could tell, or the hub's own copy was spoilt."""
    return result.state is not PayloadState.IN_DOUBT and result.spoilt is None


_ONLY_HELD = (None, PAUSED, CIRCUIT_OPEN, OUTSIDE_WINDOW)  # what stopped one lane, and does not keep the other from being looked at
_GRAVITY = ("uncertain", "misconfigured", "unavailable")  # the gravest stop is the attempt's outcome
