"""What a far end says of what was delivered, told apart: there, gone, altered, and not known."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hub.contracts import Absent, CannotTell, Differs, Found, Listed, Misconfigured, Unavailable
from hub.discrepancies import Discrepancy, Kind
from hub.forces.force import Endpoint
from hub.ledger.tables import payloads
from hub.steps import far_ends
from hub.steps.far_ends import Compared, compare
from hub.words import Environment
from tests.ledger.making import DAY, rows, said
from tests.steps.fakes import FarEnd
from tests.steps.house import House


@dataclass
class Shelf(FarEnd):
    """A far end that says what lies there, or breaks while it does."""

    lies: list[Listed | Exception] = field(default_factory=list)

    def listing(self) -> Iterator[Listed] | CannotTell:
        return self._one_by_one()

    def _one_by_one(self) -> Iterator[Listed]:
        for file in self.lies:
            if isinstance(file, Exception):
                raise file
            yield file


def _compared(house: House, end: FarEnd) -> Compared:
    return compare(house.ledger, house.route("essex"), end, DAY)


def _delivered(house: House, *numbers: int) -> list[str]:
    """These are delivered to Essex, one post for each. Returns the names of the payloads."""
    house.sealed(*numbers)
    house.deliver()
    return [row["name"] for row in rows(house.ledger, payloads)]


def test_each_payload_is_told_by_what_the_far_end_says_of_it(house: House) -> None:
    names = _delivered(house, 1, 2, 3, 4, 5)
    end = house.far_ends["essex"]
    end.says = [replace(said(4), identity="4", batch="4")]
    house.confirm()
    end.findings = [Found(), Absent(), Differs("other bytes"), CannotTell("no look-up"), CannotTell("no look-up")]
    told = _compared(house, end)
    assert (told.found, told.acknowledged, told.untold, told.unlisted, told.unreachable) == (1, 1, 1, "this transport lists nothing", None)
    assert [(one.kind, one.subject) for one in told.discrepancies] == [(Kind.MISSING, names[1]), (Kind.DIFFERS, names[2])]
    assert not told.agrees


def test_a_far_end_that_cannot_be_asked_agrees_with_nothing(house: House) -> None:
    _delivered(house, 1, 2)
    house.far_ends["essex"].findings = [Found(), Unavailable("connection-refused")]
    told = _compared(house, house.far_ends["essex"])
    assert (told.found, told.unreachable, told.discrepancies, told.agrees) == (1, "connection-refused", [], False)


def test_what_was_delivered_to_another_endpoint_is_not_asked_for_here(house: House) -> None:
    _delivered(house, 1)
    moved = replace(house.route("essex"), endpoint=Endpoint("elsewhere", Environment.LIVE))
    house.far_ends["essex"].asked.clear()
    told = compare(house.ledger, moved, house.far_ends["essex"])
    assert (told.untold, told.agrees, house.far_ends["essex"].asked) == (1, True, [])


def test_a_far_end_that_lets_us_look_up_and_not_list_says_so(house: House) -> None:
    (name,) = _delivered(house, 1)
    end = Shelf(held=house.far_ends["essex"].held, lies=[Listed(name, 1), Misconfigured("permission-denied")])
    told = _compared(house, end)
    assert (told.found, told.unlisted, told.agrees) == (1, "permission-denied", True)


def test_files_that_nobody_knows_of_are_named_up_to_a_number_and_strangers_by_a_digest(house: House) -> None:
    (name,) = _delivered(house, 1)
    strange = [
        Listed("essex.records-system.routine.aaaa.000001.xml", None),
        Listed("Angharad.pdf", 3),
        Listed("essex.records-system.\n", 1),
    ]
    told = _compared(house, Shelf(held=house.far_ends["essex"].held, lies=[Listed(name, 1), *strange]))
    first, *others = told.discrepancies
    assert first == Discrepancy(Kind.EXTRA, "essex", "records-system", "essex.records-system.routine.aaaa.000001.xml")
    assert [one.subject.split(" (")[0] for one in others] == ["a name of 12 letters", "a name of 22 letters"]
    many = [Listed(f"{number}.pdf", 1) for number in range(far_ends.MOST + 3)]
    told = _compared(house, Shelf(held=house.far_ends["essex"].held, lies=list(many)))
    assert (len(told.discrepancies), told.discrepancies[-1].subject) == (far_ends.MOST + 1, "more than 1,000 files")
