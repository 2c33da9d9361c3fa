"""Silent feeds: what a day must bring, and what it usually does."""

from datetime import date, timedelta

import pytest

from hub.clock import LONDON
from hub.ledger.arrivals import record
from hub.steps.volumes import Silent, silent_feeds
from hub.words import State
from tests.ledger.making import AT, DAY, an_arrival
from tests.steps.house import House


def _come(house: House, day: date, n: int, service: str = "crime", force: str = "essex") -> None:
    at = AT.astimezone(LONDON) + (day - DAY)
    known = {"force": force, "service": service, "state": State.QUARANTINED, "code": "not-json", "submission_id": None}
    record(house.ledger, [an_arrival(0, arrival=f"{day} {service} {number}", **known) for number in range(n)], at)


def _weeks(house: House, *counts: int, service: str = "crime") -> None:
    """So many came on the same weekday of the weeks before, the last week's first; the ledger is older than all of them."""
    _come(house, DAY - timedelta(days=90), 1)
    for back, n in enumerate(counts, start=1):
        _come(house, DAY - timedelta(weeks=back), n, service)


KENT = Silent("kent", "", 0, "at least 40 are expected")


@pytest.mark.parametrize(
    ("weeks", "came", "found"),
    [
        ((20, 20, 20, 0, 0, 20, 20, 20), 4, [Silent("essex", "", 4, "20 are usual on that weekday")]),
        ((20, 20, 20, 20, 20), 5, []),
        ((11, 11, 11, 11, 11, 11, 11, 11), 0, []),
        ((40, 40, 40), 0, []),  # of eight weeks five had nothing: so is this one
    ],
)
def test_a_feed_is_silent_below_a_quarter_of_what_the_weekday_usually_brings(
    house: House, weeks: tuple[int, ...], came: int, found: list[Silent]
) -> None:
    _weeks(house, *weeks)
    _come(house, DAY, came)
    assert silent_feeds(house.ledger, house.registry, DAY) == [*found, KENT]


def test_one_service_that_is_silent_is_named_where_its_force_is_not(house: House) -> None:
    _weeks(house, *[30] * 8)
    _weeks(house, *[20] * 8, service="sarahs-law")
    _come(house, DAY, 30)
    assert silent_feeds(house.ledger, house.registry, DAY) == [Silent("essex", "sarahs-law", 0, "20 are usual on that weekday"), KENT]


def test_of_a_ledger_that_was_not_in_use_nothing_is_said(house: House) -> None:
    _come(house, DAY, 1)
    assert silent_feeds(house.ledger, house.registry, DAY) == []
