"""What `alarms`, `status` and `reconcile` say of what is wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hub.alarms import MEANINGS, AlarmKind
from hub.ledger.alarms import Trouble, keep
from hub.ledger.ledger import Ledger
from tests.console.conftest import Person

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
DOUBT = Trouble(AlarmKind.IN_DOUBT, "kent", "records-system", 3, "kent.records-system.routine.k7q2.000017")
SILENT = Trouble(AlarmKind.SILENT_FEED, "essex", "", 0)


@pytest.fixture
def ledger(person: Person) -> Iterator[Ledger]:
    opened = Ledger.open(f"sqlite:///{person.home / 'ledger.db'}", str(person.home / "store"))
    yield opened
    opened.close()


@pytest.fixture
def troubled(person: Person, ledger: Ledger) -> Person:
    """Somebody whose ledger has an alarm that stands and one that is over."""
    keep(ledger, set(AlarmKind), [DOUBT, SILENT], AT)
    keep(ledger, set(AlarmKind), [DOUBT], AT.replace(hour=7))
    return person


def test_the_alarms_that_stand_are_said_with_what_to_do_and_exit_code_1(troubled: Person) -> None:
    said = troubled.says("alarms")
    assert said.code == 1
    assert ("in-doubt" in said.out, "silent-feed" in said.out) == (True, False)
    assert MEANINGS[AlarmKind.IN_DOUBT].do.split(",")[0] in said.out.replace("\n", " ")


def test_those_that_are_over_are_said_when_asked_for(troubled: Person) -> None:
    said = troubled.says("alarms", "--all", "--json")
    assert (said.code, [(one["kind"], one["cleared_at"] is None) for one in said.json()["alarms"]]) == (
        1,
        [("silent-feed", False), ("in-doubt", True)],
    )


@pytest.mark.parametrize(("command", "code"), [("alarms", 1), ("status", 0), ("reconcile", 0)])
def test_each_command_has_the_standing_ones_for_machines(troubled: Person, command: str, code: int) -> None:
    said = troubled.says(command, "--json")
    assert said.code == code
    assert said.json()["alarms"] == [
        {"kind": "in-doubt", "force": "kent", "subject": "records-system", "number": 3, "detail": DOUBT.detail}
        | {"raised_at": "2026-11-22 06:00:00+00:00", "cleared_at": None}
    ]


@pytest.mark.parametrize("command", ["alarms", "status", "reconcile"])
def test_each_command_shows_them_to_people(troubled: Person, command: str) -> None:
    assert "in-doubt" in troubled.says(command).out


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("command", ["alarms", "status", "reconcile"])
def test_where_none_stands_that_is_said(person: Person, command: str) -> None:
    said = person.says(command)
    assert (said.code, "No alarm stands." in said.out) == (0, True)
