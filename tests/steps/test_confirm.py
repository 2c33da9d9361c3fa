from collections import Counter
from collections.abc import Iterator

import pytest

from hub.contracts import Acknowledgement, DeliveryError, Misconfigured, Unavailable
from hub.ledger.confirmations import cursor
from hub.ledger.errors import LedgerUnavailable
from tests.ledger.making import said
from tests.steps.fakes import FarEnd, broken
from tests.steps.house import House

_NAME = "essex/records-system/acknowledgements"


@pytest.fixture
def far_end(house: House) -> FarEnd:
    """Essex has received three reports, in one drop."""
    house.sealed(1, 2, 3)
    house.deliver()
    return house.far_ends["essex"]


def test_what_the_force_says_takes_its_reports_on_and_is_let_go_when_the_ledger_has_it(house: House, far_end: FarEnd) -> None:
    far_end.says = [said(1, batch="a"), said(2, accepted=False, batch="a"), said(3, batch="b")]
    done = house.confirm()
    assert (done.accepted, done.rejected, done.repeated, done.unmatched, done.total, done.stopped) == (2, 1, 0, 0, 3, None)
    assert house.states() == ["accepted", "quarantined rejected", "accepted"]
    assert far_end.settled == ["a", "b"]


def test_the_next_look_goes_on_from_the_last_batch(house: House, far_end: FarEnd) -> None:
    far_end.says = [said(1, batch="a"), said(2, batch="b")]
    house.confirm()
    house.confirm()
    assert far_end.cursors == [None, "b"]
    assert cursor(house.ledger, _NAME) == "b"


def test_what_is_read_again_because_letting_go_failed_counts_once(house: House, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    far_end.says = [said(1, batch="a")]

    def fails(_batch: str) -> None:
        raise Unavailable("connection-lost")

    with monkeypatch.context() as patch:
        patch.setattr(far_end, "settle", fails)
        done = house.confirm()
    assert (done.accepted, done.stopped, house.states()[0]) == (1, "connection-lost", "accepted")
    again = house.confirm()
    assert (again.accepted, again.repeated, far_end.settled) == (0, 1, ["a"])


@pytest.mark.parametrize("error", [Unavailable("http-503"), Misconfigured("no-such-directory")], ids=["unavailable", "misconfigured"])
def test_what_came_before_the_far_end_went_away_counts(
    house: House, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch, error: DeliveryError | Misconfigured
) -> None:
    def breaks(_cursor: str | None) -> Iterator[Acknowledgement]:
        yield said(1, batch="a")
        yield said(2, batch="b")
        raise error

    monkeypatch.setattr(far_end, "acknowledgements", breaks)
    done = house.confirm()
    assert (done.accepted, done.stopped, far_end.settled) == (2, error.code, ["a", "b"])
    assert (house.states(), cursor(house.ledger, _NAME)) == (["accepted", "accepted", "delivered"], "b")


def test_what_could_not_be_read_is_counted_by_its_route_once(house: House, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    def partly_garbled(_cursor: str | None) -> Iterator[Acknowledgement]:
        far_end.unreadable = 2
        yield said(1, batch="a")
        raise Unavailable("connection-lost")

    monkeypatch.setattr(far_end, "acknowledgements", partly_garbled)
    done = house.confirm()
    assert (done.unreadable, done.total) == (Counter({"essex records-system": 2}), 1)
    done.add(house.confirm())
    assert done.unreadable == Counter({"essex records-system": 2})


def test_nothing_is_let_go_that_the_ledger_could_not_take(house: House, far_end: FarEnd) -> None:
    far_end.says = [said(1, batch="a")]
    with broken("hub.ledger.confirmations.confirm", LedgerUnavailable("it is full")), pytest.raises(LedgerUnavailable):
        house.confirm()
    assert (far_end.settled, cursor(house.ledger, _NAME)) == ([], None)
    assert house.confirm().accepted == 1


def test_a_large_batch_is_taken_in_pieces_and_let_go_once(house: House, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.steps.confirm.CHUNK", 2)
    far_end.says = [said(n, batch="a") for n in (1, 2, 3, 99)]
    done = house.confirm()
    assert (done.accepted, done.unmatched, far_end.settled) == (3, 1, ["a"])


def test_small_batches_share_a_commit_and_each_is_let_go_after_it(house: House, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.steps.confirm.CHUNK", 2)
    far_end.says = [said(1, batch="a"), said(2, batch="b"), said(3, batch="c")]
    with broken("hub.ledger.confirmations.confirm", LedgerUnavailable("it is full")), pytest.raises(LedgerUnavailable):
        house.confirm()
    assert far_end.settled == []
    assert (house.confirm().accepted, far_end.settled, cursor(house.ledger, _NAME)) == (3, ["a", "b", "c"], "c")


def test_a_force_that_has_said_nothing_has_said_nothing(house: House, far_end: FarEnd) -> None:
    assert (house.confirm().total, far_end.settled) == (0, [])
