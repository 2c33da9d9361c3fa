"""What `soh-hub status` shows, on a narrow and on a wide terminal, and for machines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.keys import DEMO
from adapters.ledgers import open_ledger
from hub.alarms import AlarmKind
from hub.forces.force import Endpoint
from hub.ledger.alarms import Trouble, keep
from hub.ledger.changes import Author
from hub.ledger.circuits import trip
from hub.ledger.holds import hold_sealed, pause_endpoint
from hub.settings import Settings
from hub.words import Environment
from tests.console.conftest import Person
from tests.ledger.making import own, waiting

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)


@pytest.fixture
def troubled(person: Person) -> Person:
    """Kent's far end does not answer, a long-named force has reports that wait, and an alarm stands."""
    ledger = open_ledger(Settings.read({"HUB_HOME": str(person.home), "HUB_KEYS": DEMO}))
    own(ledger, waiting(ledger, 1, 2))
    waiting(ledger, 3, 4, force="avon-and-somerset")
    trip(ledger, Endpoint("shared", Environment.LIVE), "connection-refused", AT, AT + timedelta(minutes=2))
    hold_sealed(ledger, Endpoint("shared", Environment.LIVE), "circuit-open", AT)
    pause_endpoint(ledger, Endpoint("athena", Environment.LIVE), [], Author("pause endpoint", AT))
    keep(ledger, set(AlarmKind), [Trouble(AlarmKind.CIRCUIT_OPEN, "hub", "shared live", 1, "connection-refused: kent")], AT)
    ledger.close()
    return person


@pytest.mark.parametrize("columns", [80, 120])
def test_the_screen_fits_the_terminal_and_names_what_is_wrong(troubled: Person, columns: int) -> None:
    said = replace(troubled, environment={"COLUMNS": str(columns)}).says("status")
    lines = said.out.splitlines()
    assert said.code == 0
    assert max(map(len, lines)) <= columns
    assert "2 waiting, 2 held" in lines[0]
    (kent,) = [line for line in lines if line.startswith(" kent ") and "circuit open:" in line]
    assert " 2 " in kent
    assert any("avon-and-somerset" in line for line in lines)
    assert "Circuit open since 2026-11-22 06:00 UTC: shared/live (connection-refused), probed 0 times." in " ".join(said.out.split())
    assert "Paused endpoints: athena/live." in said.out
    assert "circuit-open" in said.out


def test_machines_are_told_the_same(troubled: Person) -> None:
    said = troubled.says("status", "--json").json()
    assert (said["forces"]["kent"]["states"], said["forces"]["kent"]["circuit"]) == ({"held": 2}, "connection-refused")
    assert said["forces"]["avon-and-somerset"]["circuit"] is None
    assert said["paused_endpoints"] == ["athena/live"]
