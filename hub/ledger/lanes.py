"""Who may send a lane's drops: a claim under a lease, so that they leave in order and two workers never both send one.

Why they never do:

1. One statement takes a lane, and only one that nobody has: of two workers that ask at once one gets it, with a fence of its own.
2. Whoever has it renews its lease every third of it, and begins no payload once the lease may have ended: it counts from before the
   renewal was asked for, by the monotonic clock, which nobody sets; and by the machine's, which may have been set forward.
3. So another gets the lane only from a worker that sends no more: its lease has ended, or it is certainly dead (`leases.py`).
4. What it was sending when it died, or lost its lease, is written as tried before it begins: the next looks it up before it sends.
5. Every write about a delivery checks the fence: a worker that was overtaken can record nothing.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, bindparam, null, or_, update

from hub.ledger.engine import now
from hub.ledger.errors import LedgerUnavailable, Overtaken
from hub.ledger.ledger import Ledger
from hub.ledger.rows import Rows
from hub.ledger.tables import lanes
from hub.words import Lane


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send the drops of one lane, until the lease ends or another takes it over."""

    force: str
    route: str
    lane: Lane
    fence: int


def claim_lane(ledger: Ledger, force: str, route: str, lane: Lane) -> Claim | None:
    """The right to send this lane's drops; None where somebody has it (this worker too), or nothing was ever sealed in it."""
    if not _begin(ledger, (force, route, lane)):
        return None
    fence = None
    try:
        fence = _take(ledger, force, route, lane)
    finally:
        if fence is None:
            ledger.under_way.discard((force, route, lane))
    return None if fence is None else Claim(force, route, lane, fence)


def _begin(ledger: Ledger, lane: tuple[str, str, str]) -> bool:
    """Whether no other thread of this process is at it."""
    with ledger.lock:
        is_free = lane not in ledger.under_way
        ledger.under_way.add(lane)
    return is_free


def _take(ledger: Ledger, force: str, route: str, lane: Lane) -> int | None:
    """What is still written as ours is not under way: the ledger was gone when it should have been given back."""
    with ledger.write() as connection:
        at = now(connection)
        taken = {"b_worker": ledger.worker, "b_at": at, "b_until": at + timedelta(seconds=ledger.lease_seconds)}
        return connection.execute(_TAKE, {"b_force": force, "b_route": route, "b_lane": lane, **taken}).scalar_one_or_none()


_LANE = (lanes.c.force == bindparam("b_force"), lanes.c.route == bindparam("b_route"), lanes.c.lane == bindparam("b_lane"))
_FREE = or_(lanes.c.lease_until.is_(None), lanes.c.lease_until < bindparam("b_at"), lanes.c.worker == bindparam("b_worker"))
_TAKE = (
    update(lanes)
    .where(*_LANE, _FREE)
    .values(worker=bindparam("b_worker"), lease_until=bindparam("b_until"), fence=lanes.c.fence + 1)
    .returning(lanes.c.fence)
)
_HELD = update(lanes).where(*_LANE, lanes.c.fence == bindparam("b_fence"))
_CLAIM = ("b_force", "b_route", "b_lane", "b_fence")
_RENEW = Rows(_HELD.values(lease_until=bindparam("b_until")), ("b_until", *_CLAIM))
_RELEASE = Rows(_HELD.values(worker=null(), lease_until=null()), _CLAIM)


def release_lane(ledger: Ledger, claim: Claim) -> None:
    """Give the lane back; harmless where another has taken it over."""
    try:
        with ledger.write() as connection:
            _RELEASE.write(connection, [_held_by(claim)])
    finally:
        ledger.under_way.discard((claim.force, claim.route, claim.lane))


def hold(connection: Connection, ledger: Ledger, claim: Claim) -> None:
    """Renew the lease, if the claim still stands. Raises Overtaken."""
    until = now(connection) + timedelta(seconds=ledger.lease_seconds)
    if _RENEW.write(connection, [(until, *_held_by(claim))]) != 1:
        raise Overtaken(f"another worker has taken over {claim.force} {claim.route} {claim.lane}")


def _held_by(claim: Claim) -> tuple[str, str, str, int]:
    return (claim.force, claim.route, claim.lane.value, claim.fence)


class Lease:
    """A claim's lease while its drops are on their way: renewed however long one payload takes, by `kept`."""

    def __init__(self, ledger: Ledger, claim: Claim) -> None:
        self._ledger = ledger
        self._claim = claim
        self._begin(time.monotonic(), time.time())

    def _begin(self, steady: float, machine: float) -> None:
        """It lasts from now on, by a clock that nobody sets and by the machine's."""
        self._until, self._until_by_machine = steady + self._ledger.lease_seconds, machine + self._ledger.lease_seconds

    def check(self) -> None:
        """Raises Overtaken where the lease may have ended: another worker may be sending already."""
        if time.monotonic() >= self._until or time.time() >= self._until_by_machine:
            raise Overtaken(f"the lease of {self._claim.force} {self._claim.route} {self._claim.lane} could not be renewed in time")

    def renew(self) -> None:
        """Make it last anew. What the ledger cannot be asked for now is asked for again, until the lease has run out."""
        began = time.monotonic(), time.time()
        try:
            with self._ledger.write() as connection:
                hold(connection, self._ledger, self._claim)
            self._begin(*began)
        except Overtaken:
            self._until = began[0]
        except LedgerUnavailable:
            return


@contextmanager
def kept(ledger: Ledger, claim: Claim) -> Iterator[Lease]:
    """The lease is renewed in the background while the block runs, three times before it would end."""
    lease, ended = Lease(ledger, claim), threading.Event()

    def keep() -> None:
        while not ended.wait(ledger.lease_seconds / 3):
            lease.renew()

    keeper = threading.Thread(target=keep, name="lease", daemon=True)
    keeper.start()
    try:
        yield lease
    finally:
        ended.set()
        keeper.join()
