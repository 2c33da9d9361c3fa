"""Sealing while others seal into the same lane: the other worker comes between the encoding and the writing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from hub.contracts import DropHeader, Encoded
from hub.forces.registry import Route
from hub.ledger.drops import Filled, seal
from hub.ledger.errors import Overtaken
from hub.ledger.ledger import Ledger
from hub.ledger.queue import claim
from hub.ledger.tables import drops
from hub.mapping.record import Record
from hub.steps.ready import Ready
from hub.steps.seal import seal_drops
from hub.words import Lane
from tests.ledger.ledgers import MASTERS
from tests.ledger.making import AT, lapse, own, rows, states, taken, waiting
from tests.steps.fakes import Lines
from tests.steps.house import House


@dataclass
class Between(Lines):
    """A format during whose encoding something happens, as long as there is anything to happen."""

    happens: list[Callable[[], object]] = field(default_factory=list)

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        if self.happens:
            self.happens.pop(0)()
        return super().encode(records, drop)


def _ready(house: House, *numbers: int) -> list[Ready]:
    waiting(house.ledger, *numbers)
    route = house.route("kent")
    return [Ready(one.claimed, route, Record(one.claimed.submission_id, [])) for one in taken(house.ledger, len(numbers))]


def _another_seals(ledger: Ledger, number: int) -> Callable[[], object]:
    return lambda: own(ledger, waiting(ledger, number))


def test_a_number_that_another_took_is_left_to_it_and_the_drop_is_encoded_anew_with_the_next(house: House) -> None:
    ready = _ready(house, 1, 2)
    format_ = Between(together=True, happens=[_another_seals(house.ledger, 8), _another_seals(house.ledger, 9)])
    done = seal_drops(house.ledger, house.route("kent"), Lane.ROUTINE, format_, ready, AT)
    assert (done.reports, done.drops, format_.encoded) == (2, 1, 3)
    assert [(row["sequence"], row["reports"]) for row in rows(house.ledger, drops)] == [(1, 1), (2, 1), (3, 2)]


def test_a_lane_that_others_keep_sealing_into_leaves_the_reports_for_the_next_pass(house: House) -> None:
    ready = _ready(house, 1)
    format_ = Between(happens=[_another_seals(house.ledger, number) for number in range(10, 20)])
    with pytest.raises(Overtaken, match="the reports wait for the next pass"):
        seal_drops(house.ledger, house.route("kent"), Lane.ROUTINE, format_, ready, AT)
    assert states(house.ledger)[0] == "waiting"


def test_reports_that_another_worker_has_taken_over_are_left_to_it_and_the_others_sealed(house: House) -> None:
    ready = _ready(house, 1, 2, 3)
    second = Ledger(str(house.ledger.database.url), house.ledger.store.url, masters=MASTERS, worker="second")
    second.series = house.ledger.series

    def take_over() -> None:
        lapse(house.ledger)
        own(second, [ready[1].claimed.report_id])
        assert len(claim(second, 1)) == 1

    format_ = Between(together=True, happens=[take_over])
    done = seal_drops(house.ledger, house.route("kent"), Lane.ROUTINE, format_, ready, AT)
    second.close()
    assert done.reports == 1
    assert [row["reports"] for row in rows(house.ledger, drops)] == [1, 1]
    assert states(house.ledger) == ["waiting", "sealed", "sealed"]


def test_so_many_reports_and_drops_are_written_in_one_commit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = _ready(house, *range(1, 8))
    known = house.route("kent")
    route = replace(known, drops=replace(known.drops, at_most=2))
    monkeypatch.setattr("hub.steps.seal.MOST", 3)
    written: list[int] = []

    def counted(ledger: Ledger, into: Route, filled: Sequence[Filled]) -> list[int]:
        written.append(len(filled))
        return seal(ledger, into, filled)

    monkeypatch.setattr("hub.steps.seal.seal", counted)
    done = seal_drops(house.ledger, route, Lane.ROUTINE, Between(together=True), ready, AT)
    assert (done.reports, done.drops, written) == (7, 4, [3, 1])
    assert [(row["sequence"], row["reports"]) for row in rows(house.ledger, drops)] == [(1, 2), (2, 2), (3, 2), (4, 1)]
