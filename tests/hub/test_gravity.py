"""How grave it is that a report waits: by the lane first, then by the service."""

from itertools import product
from pathlib import Path

import pytest

from hub.alarm_file import read_alarm_file
from hub.documents import InvalidDocument
from hub.gravity import AGES, Gravity, gravity_of, kinds, rank
from hub.reports.services import SERVICES
from hub.words import Lane


@pytest.mark.parametrize(
    ("service", "lane", "expected"),
    [
        ("road-traffic", Lane.URGENT, Gravity.DANGER),
        ("road-traffic", Lane.ROUTINE, Gravity.DEADLINE),
        ("crime", Lane.URGENT, Gravity.DANGER),
        ("crime", Lane.ROUTINE, Gravity.ROUTINE),
        ("domestic-abuse", Lane.ROUTINE, Gravity.DANGER),
        ("unknown", Lane.URGENT, Gravity.UNKNOWN),
    ],
)
def test_an_urgent_report_is_one_of_danger_whatever_its_service(service: str, lane: Lane, expected: Gravity) -> None:
    assert gravity_of(service, lane) is expected


def test_each_service_and_lane_is_of_one_gravity() -> None:
    listed = [kind for gravity in Gravity for kind in kinds(gravity)]
    assert sorted(listed) == sorted(product(SERVICES, Lane))
    assert list(kinds(Gravity.UNKNOWN)) == []


def test_danger_comes_first_and_legal_deadlines_before_the_rest() -> None:
    assert sorted(Gravity, key=rank) == [Gravity.DANGER, Gravity.UNKNOWN, Gravity.DEADLINE, Gravity.ROUTINE]


def test_the_alarm_file_gives_other_ages_and_leaves_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "alarms.yaml"
    file.write_text("quarantine: {routine: 3d}\n")
    assert read_alarm_file(file).ages == {**AGES, Gravity.ROUTINE: 3 * AGES[Gravity.DEADLINE]}
    assert read_alarm_file(None).ages == AGES
    file.write_text("quarantine: {routine: soon}\n")
    with pytest.raises(InvalidDocument, match=r"1:23: routine: should be a time such as `90m`, `24h` or `2d`"):
        read_alarm_file(file)
