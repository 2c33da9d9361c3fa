from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import orjson
import pytest

from hub.clock import Clock
from hub.contracts import DeliveryError, Misconfigured, Notice, Refused, Unavailable, Uncertain
from hub.ledger.errors import LedgerUnavailable
from hub.steps.tell import OFFER_AGAIN, Told, tell
from tests.ledger.making import said, submission_id
from tests.steps.fakes import broken
from tests.steps.house import AT, House

Fault = DeliveryError | Misconfigured | None


@dataclass
class Listening:
    """A platform that keeps what it is told, by key; the next tellings meet `faults`, in turn.

    It fails the test when it is told other bytes under a key that it has.
    """

    faults: list[Fault] = field(default_factory=list)
    held: dict[str, bytes] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def tell(self, notice: Notice) -> None:
        self.told.append(notice.key)
        fault = self.faults.pop(0) if self.faults else None
        if fault and not isinstance(fault, Uncertain):
            raise fault
        assert self.held.setdefault(notice.key, notice.body) == notice.body
        if fault:
            raise fault

    def close(self) -> None:
        pass

    def outcomes(self) -> list[tuple[str, str, str | None]]:
        lines = [orjson.loads(line) for key in sorted(self.held) for line in self.held[key].splitlines()]
        return [(line["submissionId"], line["outcome"], line["reference"]) for line in lines]


def told_of(house: House, platform: Listening) -> Told:
    return tell(house.ledger, platform, house.registry.code_of, house.clock)


def carried(house: House, *numbers: int) -> Sequence[tuple[str, str, str | None]]:
    """Essex receives and accepts these. Returns what the platform must be told of them."""
    house.sealed(*numbers)
    house.deliver()
    house.far_ends["essex"].says = [said(number) for number in numbers]
    house.far_ends["essex"].settled.clear()
    house.confirm()
    ends = ("delivered", "accepted")
    return [(submission_id(number), end, f"KENT-{number}") for end in ends for number in numbers]


def test_the_platform_is_told_each_outcome_once(house: House) -> None:
    platform, expected = Listening(), carried(house, 1, 2)
    assert told_of(house, platform) == Told(outcomes=4, notices=1)
    assert told_of(house, platform) == Told()
    assert platform.outcomes() == expected
    assert orjson.loads(next(iter(platform.held.values())).splitlines()[0])["forceIdentifier"] == "42"


def test_where_nothing_has_ended_nothing_is_told(house: House) -> None:
    house.sealed(1)
    platform = Listening()
    assert (told_of(house, platform), platform.told) == (Told(), [])


@pytest.mark.parametrize(
    "fault", [Unavailable("connection-refused"), Uncertain("timeout"), Misconfigured("http-401")], ids=lambda e: e.code
)
def test_one_that_cannot_be_reached_is_told_the_same_with_the_next_pass(house: House, fault: DeliveryError | Misconfigured) -> None:
    platform, expected = Listening([fault]), carried(house, 1)
    assert told_of(house, platform) == Told(stopped=fault.code)
    expected = [*expected, *carried(house, 2)]
    assert told_of(house, platform) == Told(outcomes=4, notices=2)
    assert platform.outcomes() == expected
    first, second = sorted(platform.held)
    assert platform.told == [first, first, second]


def test_what_was_sent_before_the_worker_died_is_repeated_with_the_same_bytes(house: House) -> None:
    platform, expected = Listening(), carried(house, 1)
    with broken("hub.ledger.notices.sent", LedgerUnavailable("power cut")), pytest.raises(LedgerUnavailable):
        told_of(house, platform)
    expected = [*expected, *carried(house, 2)]
    assert told_of(house, platform).notices == 2
    assert platform.outcomes() == expected
    assert platform.told == [sorted(platform.held)[0], *sorted(platform.held)]


def test_a_refused_notice_keeps_nothing_back_and_is_offered_again_every_hour_until_it_is_taken(house: House) -> None:
    platform, first = Listening([Refused("bad-line"), None, Refused("bad-line")]), carried(house, 1)
    assert told_of(house, platform) == Told(refused=1)
    second = carried(house, 2)
    assert told_of(house, platform) == Told(outcomes=2, notices=1)
    assert platform.outcomes() == second

    house.clock = Clock.at(AT + OFFER_AGAIN)
    assert told_of(house, platform) == Told()
    for hours, expected in ((1, Told(refused=1)), (2, Told()), (3, Told(outcomes=2, notices=1)), (5, Told())):
        house.clock = Clock.at(AT + hours * OFFER_AGAIN + timedelta(seconds=1))
        assert told_of(house, platform) == expected
    assert platform.outcomes() == [*first, *second]


def test_a_platform_that_refuses_everything_is_asked_once_each_and_no_more(house: House) -> None:
    platform = Listening([Refused("no")] * 9)
    carried(house, 1)
    told_of(house, platform)
    carried(house, 2)
    assert told_of(house, platform) == Told(refused=1)
    house.clock = Clock.at(AT + timedelta(hours=2))
    assert told_of(house, platform) == Told(refused=2)
    assert len(platform.told) == 4
