"""Delivery windows hold what comes outside them, and drain by themselves; empty drops tell a force that there is nothing."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from hub.clock import Clock
from hub.contracts import Refused, Spoilt, Unavailable
from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.dispatching import begin_schedules, serve, served
from hub.ledger.tables import drops
from hub.schedule import RouteName
from hub.steps.gates import OUTSIDE_WINDOW
from hub.steps.retry import Retry
from hub.steps.slots import seal_empty_drops
from hub.words import DropState, State
from tests.ledger.making import rows
from tests.steps.fakes import Lost
from tests.steps.house import House, sent
from tests.steps.test_prepare import URGENT

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
KENT: RouteName = ("kent", "records-system")
SHORT = Retry(attempts=1, first=0.0, longest=0.0, jitter=0.0)
Set = Callable[[str], House]


@pytest.fixture
def kent_with(house: House, mappings: Path, tmp_path: Path) -> Set:
    """The house, with more said of Kent's drops; it is noon."""

    def make(more: str) -> House:
        folder = Path(shutil.copytree(mappings, tmp_path / "mappings"))
        kent = folder / "forces" / "kent.yaml"
        kent.write_text(kent.read_text(encoding="utf-8").replace("{at_most: 250}", f"{{at_most: 250, {more}}}"), encoding="utf-8")
        registry = Registry.load(folder)
        assert not registry.broken, registry.broken
        return _at(replace(house, registry=registry), NOON)

    return make


def _at(house: House, now: datetime) -> House:
    return replace(house, clock=Clock.at(now))


def _numbers(house: House) -> list[tuple[int, int, str]]:
    """Kent's drops: number, reports, state."""
    return [(row["sequence"], row["reports"], row["state"]) for row in rows(house.ledger, drops)]


def test_outside_the_window_reports_are_held_and_drain_when_it_opens(kent_with: Set) -> None:
    house = kent_with("window: 22:00-05:00")
    house.pick_up(sent(1), sent(2))
    assert house.prepare().codes == {OUTSIDE_WINDOW: 2}
    assert house.prepare().let_go == 0
    assert house.states() == [f"held {OUTSIDE_WINDOW}"] * 2
    night = _at(house, NIGHT)
    assert (night.prepare().let_go, night.deliver("kent").reports) == (2, 2)
    assert account(house.ledger).totals() == {State.DELIVERED: 2}


def test_urgent_reports_do_not_wait_for_the_window_unless_the_file_says_so(kent_with: Set) -> None:
    house = kent_with("window: 22:00-05:00")
    house.pick_up(sent(1, digitalReport=URGENT), sent(2))
    house.prepare()
    assert house.deliver("kent").reports == 1
    assert house.states() == ["delivered", f"held {OUTSIDE_WINDOW}"]


def test_a_far_end_that_is_shut_to_urgent_reports_too_keeps_them(kent_with: Set) -> None:
    house = kent_with("window: 22:00-05:00, urgent: with the schedule")
    house.pick_up(sent(1, digitalReport=URGENT))
    house.prepare()
    assert house.states() == [f"held {OUTSIDE_WINDOW}"]


def test_what_was_sealed_when_the_window_closed_is_held_in_its_drop_and_leaves_as_it_was_sealed(kent_with: Set) -> None:
    house = _at(kent_with("window: 22:00-05:00"), NIGHT)
    house.pick_up(sent(1), sent(2))
    house.prepare()
    morning = _at(house, NIGHT + timedelta(hours=8))
    done = morning.deliver("kent")
    assert (done.stopped, done.held, morning.far_ends["kent"].sent) == (OUTSIDE_WINDOW, 2, [])
    assert house.states() == [f"held {OUTSIDE_WINDOW}"] * 2
    again = _at(house, NIGHT + timedelta(days=1))
    assert (again.prepare().let_go, again.deliver("kent").reports) == (2, 2)
    assert _numbers(house) == [(1, 2, "delivered")]


def _slot(house: House, now: datetime, route: RouteName = KENT) -> int:
    """What a pass does for a slot that is due: prepare, then the empty drop, then it is served."""
    here = _at(house, now)
    here.prepare()
    sealed = seal_empty_drops(here.ledger, here.registry, here.format_of, [route], now, now.date())
    serve(here.ledger, [route], now)
    return sealed


def _quarters(house: House, *minutes: int) -> list[int]:
    begin_schedules(house.ledger, [KENT], NOON)
    return [_slot(house, NOON + timedelta(minutes=minute)) for minute in minutes]


def test_a_slot_with_nothing_brings_an_empty_drop_once(kent_with: Set) -> None:
    house = kent_with("empty: true")
    begin_schedules(house.ledger, [KENT], NOON)
    at = NOON + timedelta(minutes=15)
    assert _slot(house, at) == 1
    assert seal_empty_drops(house.ledger, house.registry, house.format_of, [KENT], at, at.date()) == 0
    assert served(house.ledger)[KENT] == at
    house.deliver("kent")
    (manifest,) = (orjson.loads(body) for name, body in house.far_ends["kent"].held.items() if name.endswith("manifest.json"))
    assert (manifest["reports"], manifest["sequence"]) == (0, 1)
    assert _numbers(house) == [(1, 0, "delivered")]
    assert house.states() == []


def test_a_force_that_does_not_ask_for_it_gets_none(kent_with: Set) -> None:
    assert _quarters(kent_with("empty: false"), 15, 30) == [0, 0]


def test_a_slot_that_brings_reports_brings_no_empty_drop(kent_with: Set) -> None:
    house = kent_with("empty: true")
    begin_schedules(house.ledger, [KENT], NOON)
    house.pick_up(sent(1))
    assert [_slot(house, NOON + timedelta(minutes=15)), _slot(house, NOON + timedelta(minutes=30))] == [0, 1]
    assert _numbers(house) == [(1, 1, "sealed"), (2, 0, "sealed")]


def test_an_empty_drop_that_could_not_leave_is_not_followed_by_a_hundred(kent_with: Set) -> None:
    house = kent_with("empty: true")
    assert _quarters(house, 15, 30, 45) == [1, 0, 0]
    house.far_ends["kent"].faults = [Unavailable("connection-refused")]
    assert house.deliver("kent", SHORT).stopped == "connection-refused"
    assert _slot(house, NOON + timedelta(minutes=60)) == 0
    house.pick_up(sent(1))
    house.deliver("kent", SHORT)
    assert _slot(house, NOON + timedelta(minutes=75)) == 0
    house.deliver("kent")
    assert _numbers(house) == [(1, 0, "delivered"), (2, 1, "delivered")]


def test_outside_the_window_no_empty_drop_is_missed(kent_with: Set) -> None:
    assert _quarters(kent_with("empty: true, window: 22:00-05:00"), 15, 660) == [0, 1]


@pytest.mark.parametrize("kept", [True, False])
def test_an_empty_drop_whose_answer_was_lost_is_found_and_not_sent_again(kent_with: Set, *, kept: bool) -> None:
    house = kent_with("empty: true")
    assert _quarters(house, 15) == [1]
    house.far_ends["kent"].faults = [Lost(kept)]
    house.deliver("kent")
    house.deliver("kent")
    assert _numbers(house) == [(1, 0, DropState.DELIVERED)]


@pytest.mark.parametrize("fault", [Refused("no-nil-returns"), Spoilt("records-damaged", "empty.txt")], ids=["refused", "spoilt"])
def test_an_empty_drop_that_is_refused_or_spoilt_is_void_and_the_next_one_says_so(kent_with: Set, fault: Exception) -> None:
    house = kent_with("empty: true")
    assert _quarters(house, 15) == [1]
    house.far_ends["kent"].faults = [fault]
    house.deliver("kent")
    assert (_numbers(house), house.far_ends["kent"].held) == ([(1, 0, DropState.VOIDED)], {})  # and no manifest of what is not there
    assert _slot(house, NOON + timedelta(minutes=30)) == 1
    house.deliver("kent")
    (manifest,) = (orjson.loads(body) for name, body in house.far_ends["kent"].held.items() if name.endswith("manifest.json"))
    assert (manifest["sequence"], manifest["voided"]) == (2, [1])
