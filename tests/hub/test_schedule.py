from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.forces.force import Drops
from hub.forces.registry import Registry
from hub.schedule import Window, is_schedule, next_slot, scheduled, timetable
from hub.settings import PROJECT

LONDON = ZoneInfo("Europe/London")
KENT = ("kent", "records-system")
ESSEX = ("essex", "records-system")
NIGHTLY = Drops(schedule="30 1 * * *")
QUARTERLY = Drops(schedule="*/15 * * * *")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _slots(drops: Drops, begin: str, end: str) -> list[str]:
    """Every slot between two instants, each found as the dispatcher does: from the one before."""
    found, at = [], _utc(begin)
    while (at := next_slot(drops, at)) < _utc(end):
        found.append(f"{at:%d %H:%M}")
    return found


def test_a_slot_is_by_the_routes_own_time_zone() -> None:
    daily = "0 6 * * *"
    assert next_slot(Drops(daily, "Europe/London"), _utc("2026-07-01T00:00")) == _utc("2026-07-01T05:00")
    assert next_slot(Drops(daily, "UTC"), _utc("2026-07-01T00:00")) == _utc("2026-07-01T06:00")
    assert next_slot(Drops(daily, "Europe/London"), _utc("2026-12-01T00:00")) == _utc("2026-12-01T06:00")


def test_the_hour_that_march_leaves_out_skips_no_day() -> None:
    assert _slots(NIGHTLY, "2026-03-28T00:00", "2026-03-31T00:00") == ["28 01:30", "29 01:00", "30 00:30"]


def test_the_hour_that_october_has_twice_does_not_send_twice() -> None:
    assert _slots(NIGHTLY, "2026-10-24T00:00", "2026-10-27T00:00") == ["24 00:30", "25 00:30", "26 01:30"]


def test_every_quarter_of_an_hour_goes_on_through_both_changes() -> None:
    quarters = ["00:45", "01:00", "01:15", "01:30"]
    assert _slots(QUARTERLY, "2026-03-29T00:30", "2026-03-29T01:45") == [f"29 {at}" for at in quarters]
    assert _slots(QUARTERLY, "2026-10-25T00:30", "2026-10-25T01:45") == [f"25 {at}" for at in quarters]


@pytest.mark.parametrize("schedule", ["30 1 * * *", "*/20 1 * * *", "0 1,2 * * *", "5,35 * * * *", "15 1 * * SUN", "0 0 * * *"])
@pytest.mark.parametrize("begin", ["2026-03-27T12:00", "2026-10-23T12:00"])
def test_wherever_one_begins_to_look_the_next_slot_is_the_same(schedule: str, begin: str) -> None:
    drops, at = Drops(schedule), _utc(begin)
    slots = [at := next_slot(drops, at) for _ in range(300)]
    for minutes in range(0, 3 * 24 * 60, 5):
        now = _utc(begin) + timedelta(minutes=minutes)
        assert next_slot(drops, now) == next(slot for slot in slots if slot > now)


def test_the_slots_that_an_outage_missed_are_one() -> None:
    found = timetable({KENT: QUARTERLY}, {KENT: _utc("2026-11-20T00:00")})
    now = _utc("2026-11-22T06:07")
    assert found.due(now) == {KENT}
    assert timetable({KENT: QUARTERLY}, {KENT: now}).due(now) == frozenset()
    assert timetable({KENT: QUARTERLY}, {KENT: now}).next_due() == _utc("2026-11-22T06:15")


def test_only_what_is_due_is_due() -> None:
    served = dict.fromkeys((KENT, ESSEX), _utc("2026-11-22T06:00"))
    found = timetable({KENT: QUARTERLY, ESSEX: NIGHTLY}, served)
    assert found.due(_utc("2026-11-22T06:14")) == frozenset()
    assert found.due(_utc("2026-11-22T06:15")) == {KENT}
    assert found.due(_utc("2026-11-23T01:30")) == {KENT, ESSEX}


def test_a_route_that_was_never_served_waits_to_be_begun() -> None:
    assert timetable({KENT: QUARTERLY}, {}).due(_utc("2026-11-22T06:15")) == frozenset()


def _open_at(window: str, *times: str) -> list[bool]:
    return [Window.parse(window).is_open(_utc(time), "Europe/London") for time in times]


def test_a_window_past_midnight_is_open_through_the_night() -> None:
    around = ("2026-11-22T21:59", "2026-11-22T22:00", "2026-11-23T04:59", "2026-11-23T05:00")
    assert _open_at("22:00-05:00", *around) == [False, True, True, False]


def test_a_window_goes_by_the_clock_on_the_wall() -> None:
    assert _open_at("06:00-22:00", "2026-06-22T05:00", "2026-06-22T20:59", "2026-06-22T21:00") == [True, True, False]
    assert _open_at("06:00-22:00", "2026-11-22T05:59", "2026-11-22T06:00", "2026-11-22T21:59") == [False, True, True]


def test_a_window_that_march_leaves_out_opens_an_hour_later_by_the_clock_and_keeps_its_length() -> None:
    assert _open_at("01:15-01:45", *(f"2026-03-29T{time}" for time in ("01:14", "01:15", "01:44", "01:45"))) == [False, True, True, False]
    assert _open_at("22:00-01:30", *(f"2026-03-29T{time}" for time in ("00:59", "01:29", "01:30"))) == [True, True, False]


def test_a_window_in_the_hour_that_october_has_twice_is_open_from_the_first_to_the_second() -> None:
    assert _open_at("01:15-01:45", *(f"2026-10-25T{time}" for time in ("00:14", "00:15", "00:50", "01:44", "01:45"))) == [
        False,
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("text", ["", "22-05", "22:00", "24:00-05:00", "22:00-22:00", "22:00 - 05:00", "2:00-05:00", "22:00-05:60"])
def test_what_is_no_window_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="is no window"):
        Window.parse(text)


def test_every_force_of_the_project_keeps_a_schedule() -> None:
    registry = Registry.load(PROJECT / "mappings")
    found = scheduled(registry, _utc("2026-11-22T06:00").date())
    assert {force for force, _ in found} == {path.stem for path in Path(PROJECT / "mappings" / "forces").glob("*.yaml")}


@pytest.mark.parametrize("text", ["*/15 * * * *", "5,35 6-22 * * MON-FRI", "0 0 29 2 *"])
def test_what_comes_due_at_some_time_is_a_schedule(text: str) -> None:
    assert is_schedule(text)


@pytest.mark.parametrize("text", ["", "hourly", "* * * *", "0 0 * * * *", "61 * * * *", "0 0 31 2 *", "@hourly"])
def test_what_never_comes_due_is_no_schedule(text: str) -> None:
    assert not is_schedule(text)
