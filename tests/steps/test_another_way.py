"""A primary far end and its fallback that are both down: nothing is stranded, nothing goes round in circles, and all drains by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from hub.forces.registry import Registry, Route
from hub.ledger.alarms import standing
from hub.ledger.circuits import open_circuits
from hub.ledger.tables import drops, reports
from hub.steps.alarms import look
from hub.steps.deliver import Delivered, deliver
from hub.words import DropState, Purpose
from tests.ledger.making import rows
from tests.ledger.promises import broken_promises
from tests.steps.house import House, sent
from tests.steps.test_breaker import AT_ONCE, FarEnd

RMS, MAIL = "records-system", "by-mail"
BUDGET = AT_ONCE.attempts


@dataclass
class Kent:
    """Kent with two far ends, both of them down."""

    house: House
    routes: dict[str, Route]
    ends: dict[str, FarEnd] = field(default_factory=lambda: {RMS: FarEnd(down=True), MAIL: FarEnd(down=True)})

    def bring(self, *numbers: int) -> None:
        self.house.pick_up(*(sent(number) for number in numbers))

    def deliver(self, name: str) -> Delivered:
        other = MAIL if name == RMS else RMS
        return deliver(self.house.ledger, self.routes[name], self.ends[name], self.house.clock, AT_ONCE, other=self.routes[other])

    def passes(self, times: int = 1) -> None:
        for _ in range(times):
            self.house.prepare()
            for name in (RMS, MAIL):
                self.deliver(name)
            assert broken_promises(self.house.ledger) == []

    def until(self, is_so: Callable[[], bool], at_most: int = 20) -> None:
        for _ in range(at_most):
            if is_so():
                return
            self.passes()
        raise AssertionError(self.stand())

    def stand(self) -> list[str]:
        return [f"{row['route']} {state}" for row, state in zip(rows(self.house.ledger, reports), self.house.states(), strict=True)]

    def open(self) -> set[str]:
        return {instance for instance, _ in open_circuits(self.house.ledger)}

    def voided(self) -> int:
        return sum(row["state"] == DropState.VOIDED for row in rows(self.house.ledger, drops))

    def tries(self) -> int:
        return sum(end.asked for end in self.ends.values())


@pytest.fixture
def kent(house: House) -> Kent:
    force = house.registry.forces["kent"]
    primary = force.routes[0]
    mail = replace(primary, name=MAIL, purpose=Purpose.FALLBACK, endpoint=replace(primary.endpoint, instance=MAIL))
    primary = replace(primary, endpoint=replace(primary.endpoint, instance=RMS))
    house.registry = Registry({"kent": replace(force, routes=(primary, mail))}, {}, {})
    return Kent(house, {RMS: primary, MAIL: mail})


HELD_BY_MAIL, HELD = f"{MAIL} held circuit-open", f"{RMS} held circuit-open"


@pytest.fixture
def moved(kent: Kent) -> Kent:
    """Its one report went to the fallback, which died in its turn."""
    kent.bring(1)
    kent.until(lambda: kent.stand() == [HELD_BY_MAIL])
    return kent


def _alarms(kent: Kent) -> list[tuple[str, str, str, int]]:
    look(kent.house.ledger, kent.house.registry, kent.house.clock)
    told = [alarm.trouble for alarm in standing(kent.house.ledger)]
    return [(one.kind, one.force, one.subject, one.number) for one in told]


def test_what_a_dead_fallback_has_is_held_there_in_sight(moved: Kent) -> None:
    assert (moved.open(), _alarms(moved)) == ({MAIL}, [("circuit-open", "kent", f"{MAIL} live", 1)])


def test_nothing_more_goes_to_a_fallback_that_is_known_to_be_down(moved: Kent) -> None:
    moved.bring(2, 3)
    before = moved.voided()
    moved.until(lambda: moved.stand() == [HELD_BY_MAIL, HELD, HELD])
    moved.passes(5)
    assert (moved.open(), moved.voided(), moved.stand()) == ({RMS, MAIL}, before, [HELD_BY_MAIL, HELD, HELD])


def test_it_drains_by_the_fallback_where_that_is_well_first(moved: Kent) -> None:
    moved.bring(2)
    moved.until(lambda: moved.stand() == [HELD_BY_MAIL, HELD])
    moved.ends[MAIL].down = False
    moved.until(lambda: moved.stand() == [f"{MAIL} delivered"] * 2)
    assert moved.ends[RMS].held == {}


def test_it_goes_back_as_soon_as_the_primary_has_taken_something(moved: Kent) -> None:
    moved.ends[RMS].down = False
    moved.bring(2)
    moved.passes()
    assert (moved.stand(), _alarms(moved)) == ([f"{RMS} waiting", f"{RMS} delivered"], [])  # nothing waits for the fallback any more
    moved.passes()
    assert (moved.stand(), moved.ends[MAIL].held) == ([f"{RMS} delivered"] * 2, {})


def test_an_incident_that_nothing_waits_for_any_more_is_no_alarm(moved: Kent) -> None:
    moved.ends[RMS].down = False
    moved.bring(2)
    moved.passes(2)
    assert (moved.stand(), _alarms(moved)) == ([f"{RMS} delivered"] * 2, [])


def test_where_nothing_else_comes_the_primary_is_asked_anew_when_two_budgets_are_spent_in_vain(moved: Kent) -> None:
    moved.ends[RMS].down = False
    moved.passes(BUDGET - 1)
    assert moved.stand() == [HELD_BY_MAIL]
    done = moved.deliver(MAIL)
    assert (done.went_back, done.fell_back, moved.stand()) == (1, 0, [f"{RMS} waiting"])
    moved.passes()
    assert (moved.stand(), moved.ends[MAIL].held) == ([f"{RMS} delivered"], {})


def test_while_both_are_down_it_goes_to_and_fro_only_once_in_three_budgets_of_attempts(moved: Kent) -> None:
    first, tried = moved.voided(), moved.tries()
    moved.passes(30)
    assert 0 < moved.voided() - first <= (moved.tries() - tried) // BUDGET
    assert len([row for row in rows(moved.house.ledger, drops) if row["state"] == DropState.SEALED]) <= 1
    moved.ends[RMS].down = moved.ends[MAIL].down = False
    moved.passes(2)
    assert moved.stand()[0].endswith(" delivered")


def test_what_may_have_arrived_by_the_fallback_stays_with_it(moved: Kent) -> None:
    with moved.house.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE attempts SET outcome = 'uncertain' WHERE id = (SELECT max(id) FROM attempts)")
    moved.ends[RMS].down = False
    moved.bring(2)
    moved.passes(3 * BUDGET)
    assert moved.stand() == [HELD_BY_MAIL, f"{RMS} delivered"]
    moved.ends[MAIL].down = False
    moved.passes()
    assert moved.stand() == [f"{MAIL} delivered", f"{RMS} delivered"]
