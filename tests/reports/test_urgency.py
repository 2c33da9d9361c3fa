"""Which reports are urgent."""

from datetime import UTC, date, datetime

import pytest

from hub.reports.reader import read
from hub.reports.urgency import deadline, lane_of
from hub.words import Lane
from tests.reports.submissions import CLEAN, having

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
ROAD = CLEAN | {"category": "RTI"}
MISSING = CLEAN | {"category": "MIS"}


def lane(body: bytes, now: datetime = NOW) -> Lane:
    return lane_of(read(body).report, now)


def test_an_ordinary_report_is_routine() -> None:
    assert lane(having("language", "en")) is Lane.ROUTINE


@pytest.mark.parametrize("category", ["DOA", "RSA"])
def test_domestic_abuse_and_rape_are_always_urgent(category: str) -> None:
    assert lane(having("category", category)) is Lane.URGENT


def test_immediate_danger_is_urgent_and_other_worries_are_not() -> None:
    assert lane(having("digitalReport.safeguarding", {"immediateDanger": True})) is Lane.URGENT
    assert lane(having("digitalReport.safeguarding", {"immediateDanger": False, "vulnerable": True})) is Lane.ROUTINE


def test_a_missing_person_at_high_risk_is_urgent() -> None:
    assert lane(having("digitalReport.missing", {"risk": "high"}, MISSING)) is Lane.URGENT
    assert lane(having("digitalReport.missing", {"risk": "medium"}, MISSING)) is Lane.ROUTINE


@pytest.mark.parametrize(
    ("occurred", "expected"),
    [
        ("2026-11-21T22:00:00+00:00", Lane.ROUTINE),
        ("2026-11-13T12:00:00+00:00", Lane.ROUTINE),  # five days left
        ("2026-11-12T12:00:00+00:00", Lane.URGENT),  # four
        ("2026-11-08T00:30:00+00:00", Lane.URGENT),  # the last day
        ("2026-11-07T23:30:00+00:00", Lane.ROUTINE),  # a day late: nothing is won by haste
    ],
)
def test_a_road_traffic_report_near_its_deadline_is_urgent(occurred: str, expected: Lane) -> None:
    assert lane(having("digitalReport.incident.occurredFrom", occurred, ROAD)) is expected


def test_the_deadline_is_fourteen_days_after_the_day_in_london() -> None:
    late_in_summer = read(having("digitalReport.incident.occurredFrom", "2026-08-01T23:30:00+00:00", ROAD)).report
    assert deadline(late_in_summer) == date(2026, 8, 16)  # 2 August, 00:30, in London


def test_only_road_traffic_reports_have_a_deadline() -> None:
    assert deadline(read(having("language", "en")).report) is None
