"""What a restored ledger learns from its far ends, where these make it difficult."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from hub.contracts import CannotTell, Listed, Payload, Unavailable
from hub.forces.registry import Registry
from hub.ledger.backups import copy_database
from hub.ledger.ledger import Ledger
from hub.ledger.relearning import give_up_comparing
from hub.ledger.restoring import EVERY, Uncompared, begin_restored, missing, name_routes, restored_routes
from hub.ledger.tables import drops
from hub.steps.prepare import settle_what_left
from hub.steps.restored import Told, compare_restored
from hub.words import Purpose
from tests.ledger.making import rows, said, submission_id
from tests.steps.fakes import FarEnd
from tests.steps.house import AT, KENT, House, sent

KENTS = ("kent", "records-system")


@dataclass
class Shelf(FarEnd):
    """A far end whose files can be listed and read, but those of which the names end with what is `locked`."""

    files: dict[str, bytes] = field(default_factory=dict)
    locked: str = "\0"

    def _keep(self, payload: Payload) -> None:
        super()._keep(payload)
        self.files[payload.name] = self.held[payload.key]

    def listing(self) -> Iterator[Listed]:
        return (Listed(name, len(body)) for name, body in self.files.items())

    def read(self, name: str, at_most: int) -> bytes | CannotTell:
        body = self.files.get(name)
        return CannotTell("no") if body is None or len(body) > at_most or name.endswith(self.locked) else body


@dataclass
class Back:
    """A house, and how to put it back to where it stood when this was made."""

    house: House
    put_back: Callable[[], House]

    def compared(self) -> Told:
        route = self.house.route("kent")
        told = compare_restored(self.house.ledger, route, self.house.far_ends["kent"], lambda: self.house.formats["kent"], self.house.clock)
        settle_what_left(self.house.ledger, self.house.registry, self.house.format_of, self.house.clock)
        return told

    def restore(self) -> None:
        self.house = self.put_back()
        begin_restored(self.house.ledger, {KENTS: Purpose.PRIMARY}, AT + timedelta(hours=1), AT)


@pytest.fixture
def back(house: House, tmp_path: Path, forces: Registry) -> Iterator[Callable[[], Back]]:
    house.far_ends["kent"] = Shelf()
    opened: list[Ledger] = []

    def now() -> Back:
        copy = tmp_path / f"copy{len(opened)}.db"
        copy_database(house.ledger, copy)

        def put_back() -> House:
            ledger = Ledger.open(f"sqlite:///{copy}", str(tmp_path / "store"), worker="restored", masters=house.ledger.vault.masters)
            opened.append(ledger)
            return House(ledger, forces, formats=house.formats, far_ends=house.far_ends)

        return Back(house, put_back)

    yield now
    for ledger in opened:
        ledger.close()


def _shelf(back: Back) -> Shelf:
    end = back.house.far_ends["kent"]
    assert isinstance(end, Shelf)
    return end


def _lost_after(back: Callable[[], Back], *numbers: int) -> Back:
    """These wait when the back-up is made, are delivered after it, and then the ledger is lost."""
    begun = back()
    begun.house.sealed(*numbers, force=KENT)
    begun.house.deliver("kent")
    begun.restore()
    begun.house.pick_up(*(sent(number, KENT) for number in numbers))
    return begun


def test_nothing_is_sealed_or_sent_or_heard_before_it_was_compared(back: Callable[[], Back]) -> None:
    lost = _lost_after(back, 1, 2)
    lost.house.prepare()
    assert lost.house.states() == ["held compare-first"] * 2
    assert lost.house.deliver("kent").stopped == "compare-first"
    assert lost.house.confirm("kent").stopped == "compare-first"


def test_what_lies_there_is_delivered_under_the_number_it_had_and_the_next_drop_has_the_next_one(back: Callable[[], Back]) -> None:
    lost = _lost_after(back, 1, 2)
    told = lost.compared()
    assert (told.drops, told.reports, told.blind) == (1, 2, None)
    assert lost.house.states() == ["delivered"] * 2
    lost.house.sealed(3, force=KENT)
    first, second = rows(lost.house.ledger, drops)
    assert (first["sequence"], second["sequence"], first["key"].split(".")[3] != second["key"].split(".")[3]) == (1, 2, True)


def test_a_report_that_is_only_named_in_anothers_text_is_in_doubt_and_neither_sent_nor_lost(back: Callable[[], Back]) -> None:
    lost = _lost_after(back, 1, 2)
    (name,) = (name for name in _shelf(lost).files if name.endswith(".txt"))
    _shelf(lost).files[name] = f"{submission_id(1)} who saw {submission_id(2)}\n{submission_id(9)}\n".encode()
    assert lost.compared().drops == 1
    assert lost.house.states() == ["in doubt"] * 2
    assert missing(lost.house.ledger) == []  # of none of them is it certain


def test_what_cannot_be_read_leaves_everything_in_doubt_that_may_be_in_it(back: Callable[[], Back]) -> None:
    lost = _lost_after(back, 1, 2)
    _shelf(lost).locked = ".txt"
    lost.house.pick_up(sent(3, KENT, submitTime="2026-11-22T09:00:00+00:00"))  # after the hub was lost
    assert lost.compared().blind == "it holds drops that the hub cannot read"
    assert lost.house.states() == ["in doubt", "in doubt", "waiting"]


def test_a_drop_that_was_never_whole_is_sent_anew_and_its_number_announced_as_void(back: Callable[[], Back]) -> None:
    lost = _lost_after(back, 1, 2)
    end = _shelf(lost)
    (manifest,) = (name for name in end.files if name.endswith("manifest.json"))
    del end.files[manifest]
    assert lost.compared().unfinished == 1
    lost.house.prepare()
    assert lost.house.deliver("kent").reports == 2
    (new,) = (body for name, body in end.files.items() if name.endswith("manifest.json"))
    assert b'"voided": [\n    1\n  ]' in new


def test_a_drop_that_was_sealed_before_and_left_after_is_known_by_its_look_up(back: Callable[[], Back]) -> None:
    back().house.sealed(1, 2, force=KENT)
    begun = back()
    begun.house.deliver("kent")
    begun.restore()
    assert begun.house.states() == ["held compare-first"] * 2
    assert begun.compared().sealed == 2  # the records, and the manifest
    assert begun.house.states() == ["delivered"] * 2


def test_a_drop_that_was_sealed_before_and_never_left_leaves(back: Callable[[], Back]) -> None:
    back().house.sealed(1, force=KENT)
    begun = back()
    begun.restore()
    begun.compared()
    begun.house.prepare()
    assert begun.house.deliver("kent").reports == 1
    assert begun.house.states() == ["delivered"]


def test_what_the_force_said_before_the_ledger_knew_that_it_was_sent_counts(back: Callable[[], Back]) -> None:
    lost = _lost_after(back, 1, 2)
    house = lost.house
    compare_restored(house.ledger, house.route("kent"), house.far_ends["kent"], lambda: house.formats["kent"], house.clock)
    house.far_ends["kent"].says = [said(1), said(2, accepted=False)]
    assert house.confirm("kent").unmatched == 2
    house.prepare()
    assert house.states() == ["accepted", "quarantined rejected"]


def test_a_far_end_that_cannot_be_asked_leaves_the_route_as_it_is(back: Callable[[], Back]) -> None:
    back().house.sealed(1, force=KENT)
    begun = back()
    begun.restore()
    begun.house.far_ends["kent"].findings = [Unavailable("connection-refused")]
    assert begun.compared().unreachable == "connection-refused"
    assert begun.house.deliver("kent").stopped == "compare-first"
    assert begun.house.states() == ["held compare-first"]


def test_a_far_end_that_will_never_be_asked_is_given_up_and_what_may_be_there_is_in_doubt(back: Callable[[], Back]) -> None:
    lost = _lost_after(back, 1)
    ledger = lost.house.ledger
    assert give_up_comparing(ledger, *KENTS, AT)
    assert not give_up_comparing(ledger, *KENTS, AT)
    lost.house.prepare()
    assert lost.house.states() == ["in doubt"]


def test_of_a_force_whose_file_was_broken_every_route_has_to_be_compared(back: Callable[[], Back]) -> None:
    begun = back()
    begun.house = begun.put_back()
    ledger = begun.house.ledger
    begin_restored(ledger, {("kent", EVERY): Purpose.PRIMARY}, AT, AT)
    for purpose in Purpose:
        assert Uncompared.of(ledger).closes("kent", "records-system", purpose)
    name_routes(ledger, "kent", {"records-system": Purpose.PRIMARY, "copy": Purpose.COPY})
    assert [(one.route, one.purpose, one.compared_at) for one in restored_routes(ledger)] == [
        ("copy", Purpose.COPY, None),
        ("records-system", Purpose.PRIMARY, None),
    ]
