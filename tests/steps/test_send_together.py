"""Deliver to a far end that is sent many payloads at a time: the ledger has of each what it would have had of it alone."""

import pytest

from hub.contracts import Refused, Unavailable
from tests.steps.fakes import Gathering, Lost
from tests.steps.house import House
from tests.steps.test_deliver import ONCE_MORE, _numbers


@pytest.fixture
def far_end(house: House) -> Gathering:
    house.far_ends["essex"] = far_end = Gathering()
    return far_end


def test_the_payloads_of_a_drop_leave_together_and_each_has_its_receipt(house: House, far_end: Gathering) -> None:
    house.sealed(1, 2, 3)
    done = house.deliver()
    assert (done.drops, done.reports, done.stopped) == (1, 3, None)
    assert far_end.gathered == [3]
    assert house.states() == ["delivered"] * 3


def test_one_that_is_refused_hinders_no_other(house: House, far_end: Gathering) -> None:
    far_end.refuses["000000000002"] = Refused("business-rule")
    house.sealed(1, 2, 3)
    done = house.deliver()
    assert (done.reports, done.refused) == (2, 1)
    assert sorted(house.states()) == ["delivered", "delivered", "quarantined refused"]


def test_what_stopped_it_ends_the_attempt_and_what_was_not_begun_is_sent_by_the_next(house: House, far_end: Gathering) -> None:
    far_end.faults = [None, Unavailable("far-end-failure")]
    house.sealed(1, 2, 3)
    done = house.deliver(retry=ONCE_MORE)
    assert (done.reports, done.stopped, done.again) == (1, "far-end-failure", True)
    assert far_end.asked == []
    done = house.deliver(retry=ONCE_MORE)
    assert (done.reports, done.stopped) == (2, None)
    assert _numbers(far_end.sent) == [1, 2, 2, 3]
    assert far_end.gathered == [3, 2]
    assert house.states() == ["delivered"] * 3


@pytest.mark.parametrize("kept", [True, False])
def test_one_without_an_answer_is_looked_up_at_once_and_before_it_is_sent_again(house: House, far_end: Gathering, kept: bool) -> None:
    """Found at once, it stops nothing: what was not begun after it leaves in the same attempt."""
    far_end.faults = [None, Lost(kept)]
    house.sealed(1, 2, 3, 4)
    house.deliver(retry=ONCE_MORE)
    assert (house.states() == ["delivered"] * 4) is kept
    assert far_end.gathered == ([4, 2] if kept else [4])
    house.deliver(retry=ONCE_MORE)
    assert house.states() == ["delivered"] * 4
    assert _numbers(far_end.asked) == ([2] if kept else [2, 2])
    assert _numbers(far_end.sent) == ([1, 2, 3, 4] if kept else [1, 2, 2, 3, 4])


def test_however_many_answers_are_lost_as_long_as_all_are_found_one_attempt_carries_everything(house: House, far_end: Gathering) -> None:
    far_end.faults = [None, Lost(True), None, Lost(True), Lost(True), None]
    house.sealed(*range(8))
    assert house.deliver().reports == 8
    assert (far_end.gathered, _numbers(far_end.asked)) == ([8, 6, 4, 3], [1, 3, 4])
    assert _numbers(far_end.sent) == list(range(8))


def test_several_that_are_lost_at_once_are_all_looked_up(house: House, far_end: Gathering) -> None:
    far_end.faults, far_end.side_by_side, far_end.parallel = [None, *[Lost(True)] * 3, None], 3, 3
    house.sealed(*range(8))
    assert house.deliver().reports == 8
    assert sorted(_numbers(far_end.asked)) == [1, 2, 3]
    assert _numbers(far_end.sent) == list(range(8))
