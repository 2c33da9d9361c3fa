"""What changes while a route's drops are on their way: a pause, a window that closes, a circuit that nobody has answered for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from hub.clock import Clock
from hub.contracts import Absent, CannotTell, Payload, Receipt, Unavailable
from hub.ledger.changes import Author
from hub.ledger.circuits import open_circuits
from hub.ledger.holds import pause
from hub.steps.deliver import CIRCUIT_OPEN, PAUSED
from hub.steps.gates import OUTSIDE_WINDOW
from hub.steps.retry import Retry
from tests.steps.fakes import FarEnd, Lost
from tests.steps.house import AT, ESSEX, KENT, House, sent
from tests.steps.test_prepare import URGENT
from tests.steps.test_windows import NIGHT, Set, kent_with

__all__ = ["kent_with"]

ONCE = Retry(attempts=1, first=0.0, longest=0.0, jitter=0.0)


@dataclass
class Meanwhile(FarEnd):
    """Something happens while the first payload is taken."""

    happens: Callable[[], object] | None = None

    def send(self, payload: Payload) -> Receipt:
        happens, self.happens = self.happens, None
        if happens:
            happens()
        return super().send(payload)


def test_a_pause_stops_a_drain_that_is_under_way_before_its_next_drop(house: House) -> None:
    house.sealed(1)
    house.sealed(2)
    author = Author("pause", AT, "an operator", "migration")
    house.far_ends["essex"] = Meanwhile(happens=lambda: pause(house.ledger, "essex", author))
    done = house.deliver()
    assert (done.stopped, done.drops, house.states()) == (PAUSED, 1, ["delivered", "held paused"])


def test_a_window_that_closes_stops_a_drain_that_is_under_way_before_its_next_drop(kent_with: Set) -> None:
    at = [NIGHT]
    house = kent_with("window: 22:00-05:00")
    house.clock = Clock(lambda: at[0])
    house.sealed(1, force=KENT)
    house.sealed(2, force=KENT)
    house.far_ends["kent"] = Meanwhile(happens=lambda: at.append(at.pop() + timedelta(hours=8)))
    done = house.deliver("kent")
    assert (done.stopped, done.drops, done.held) == (OUTSIDE_WINDOW, 1, 1)
    assert house.states() == ["delivered", f"held {OUTSIDE_WINDOW}"]


def test_what_is_urgent_and_sealed_during_a_long_drain_leaves_before_its_next_drop(house: House) -> None:
    house.sealed(1)
    house.sealed(2)

    def comes() -> None:
        house.pick_up(sent(3, ESSEX, digitalReport=URGENT))
        house.prepare()

    house.far_ends["essex"] = Meanwhile(happens=comes)
    done = house.deliver()
    assert (done.drops, done.stopped, house.states()) == (3, None, ["delivered"] * 3)
    assert [key[-1] for key in house.far_ends["essex"].held] == ["1", "3", "2"]


def test_what_was_sealed_or_resumed_while_the_circuit_is_open_is_held_when_a_worker_comes_by(house: House) -> None:
    house.sealed(1)
    house.far_ends["essex"].faults = [Unavailable("connection-refused", retry_after=3600)]
    house.deliver(retry=ONCE)
    with house.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE reports SET state = 'sealed', code = NULL")
        connection.exec_driver_sql("UPDATE circuits SET probe_at = '2100-01-01 00:00:00'")
    done = house.deliver()
    assert (done.stopped, done.held, len(house.far_ends["essex"].sent)) == (CIRCUIT_OPEN, 1, 1)


def test_a_circuit_closes_only_when_the_far_end_has_answered(house: House) -> None:
    """One that cannot tell may not even have been asked: what is in doubt proves nothing of its health."""
    house.sealed(1)
    essex = house.far_ends["essex"]
    essex.faults, essex.findings = [Lost(kept=True)], [Absent(), CannotTell()]
    house.deliver(retry=ONCE)
    assert len(open_circuits(house.ledger)) == 1
    done = house.deliver(retry=ONCE)
    assert (done.in_doubt, len(open_circuits(house.ledger))) == (1, 1)
    house.sealed(2)
    house.deliver(retry=ONCE)
    assert (house.states(), open_circuits(house.ledger)) == (["in doubt", "delivered"], {})
