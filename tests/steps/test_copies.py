"""Several routes for one force: each is tracked on its own, and one that fails neither hides behind nor blocks another."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub.contracts import Acknowledgement, Unavailable
from hub.forces.registry import Registry, Route
from hub.ledger.account import account
from hub.ledger.changes import Author, Move
from hub.ledger.dispatching import waiting as waits
from hub.ledger.ledger import Ledger
from hub.ledger.queue import move
from hub.ledger.tables import drops, history, reports
from hub.ledger.trace import trace
from hub.steps.confirm import confirm
from hub.steps.deliver import Delivered, deliver
from hub.steps.retry import Retry
from hub.steps.slots import waits_for_its_slot
from hub.words import Lane, Severity, State
from tests.ledger.making import rows, submission_id
from tests.steps.fakes import FarEnd
from tests.steps.house import AT, PATIENT, House, sent
from tests.steps.test_prepare import URGENT

COPY = """
  - name: command-and-control
    purpose: copy
    profile: tiny
    endpoint: {instance: kent-cad, environment: test}
    transport: {host: cad.kent.example}
"""
SHORT = Retry(attempts=1, first=0.0, longest=0.0, jitter=0.0)
Copied = Callable[[str], House]


@pytest.fixture
def copied(house: House, mappings: Path, tmp_path: Path) -> Copied:
    """The house, with a second route for Kent: its settings beyond those above are a test's."""

    def make(more: str = "") -> House:
        folder = Path(shutil.copytree(mappings, tmp_path / "mappings"))
        kent = folder / "forces" / "kent.yaml"
        text = kent.read_text(encoding="utf-8")
        kent.write_text(text.replace("\nexpect:", f"{COPY}{more}\nexpect:"), encoding="utf-8")
        registry = Registry.load(folder)
        assert not registry.broken, registry.broken
        return replace(house, registry=registry)

    return make


def _copy(house: House) -> Route:
    return house.registry.forces["kent"].copies_on(AT.date())[0]


def _send(house: House, route: Route, far_end: FarEnd, retry: Retry = PATIENT) -> Delivered:
    return deliver(house.ledger, route, far_end, house.clock, retry)


def _on(ledger: Ledger) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows(ledger, reports):
        found.setdefault(str(row["route"]), []).append(str(row["state"]))
    return found


def _release(ledger: Ledger) -> None:
    moves = [Move(row["id"], State(row["state"]), State.WAITING) for row in rows(ledger, reports)]
    move(ledger, Author("release", AT, "an operator"), {"kent": moves})


def test_each_route_has_a_row_a_drop_and_an_end_of_its_own(copied: Copied) -> None:
    house = copied("")
    house.pick_up(sent(1), sent(2))
    house.prepare()
    assert _on(house.ledger) == {"records-system": ["sealed", "sealed"], "command-and-control": ["sealed", "sealed"]}
    assert sorted(row["key"].split(".")[1] for row in rows(house.ledger, drops)) == ["command-and-control", "records-system"]
    cad, rms = FarEnd(), FarEnd()
    assert _send(house, _copy(house), cad).reports == 2
    assert _on(house.ledger)["records-system"] == ["sealed", "sealed"]
    assert _send(house, house.route("kent"), rms).reports == 2
    assert len(cad.held) == len(rms.held) == 2  # the records and the manifest
    found = account(house.ledger)
    assert (found.total, found.totals(), found.balanced) == (2, {State.DELIVERED: 2}, True)


def test_a_route_that_is_down_neither_hides_behind_nor_blocks_the_other(copied: Copied) -> None:
    house = copied("")
    house.pick_up(sent(1))
    house.prepare()
    down = FarEnd(faults=[Unavailable("connection-refused")])
    assert _send(house, _copy(house), down, SHORT).held == 1
    assert _send(house, house.route("kent"), FarEnd()).reports == 1
    assert _on(house.ledger) == {"records-system": ["delivered"], "command-and-control": ["held"]}
    house.pick_up(sent(2))
    house.prepare()
    assert _on(house.ledger) == {"records-system": ["delivered", "sealed"], "command-and-control": ["held", "held"]}
    assert _send(house, _copy(house), down, SHORT).reports == 1  # the probe, and the circuit is closed
    house.prepare()
    assert _send(house, _copy(house), down, SHORT).reports == 1
    assert _on(house.ledger) == {"records-system": ["delivered", "sealed"], "command-and-control": ["delivered", "delivered"]}


def test_a_copy_goes_although_the_primary_route_is_held(copied: Copied) -> None:
    house = copied("")
    house.pick_up(sent(1))
    house.prepare()
    assert _send(house, house.route("kent"), FarEnd(faults=[Unavailable("connection-refused")]), SHORT).held == 1
    house.pick_up(sent(2))
    house.prepare()
    assert _on(house.ledger) == {
        "records-system": ["held"],
        "None": ["held"],  # its primary route is chosen when it goes
        "command-and-control": ["sealed", "sealed"],
    }
    assert account(house.ledger).totals() == {State.HELD: 2}


def test_what_a_check_blocks_is_in_quarantine_once(copied: Copied) -> None:
    house = copied("")
    house.checks.amiss = {submission_id(1): ("made-up-code", Severity.BLOCK)}
    house.pick_up(sent(1), sent(2))
    house.prepare()
    assert [(row["purpose"], row["state"]) for row in rows(house.ledger, reports)] == [
        ("primary", "quarantined"),
        ("primary", "sealed"),
        ("copy", "sealed"),
    ]


def test_a_copy_may_be_of_some_services_and_of_what_is_urgent_alone(copied: Copied) -> None:
    house = copied("    lanes: [urgent]\n    services: [crime, domestic-abuse]\n")
    house.pick_up(sent(1), sent(2, digitalReport=URGENT))
    house.prepare()
    assert _on(house.ledger) == {"records-system": ["sealed", "sealed"], "command-and-control": ["sealed"]}
    assert {row["lane"] for row in rows(house.ledger, drops) if row["route"] == "command-and-control"} == {"urgent"}


def test_a_copy_is_made_once_however_often_its_report_comes_by(copied: Copied) -> None:
    house = copied("")
    house.pick_up(sent(1))
    house.formats["kent"].unwritable[submission_id(1)] = "schema-invalid"
    house.prepare()
    assert _on(house.ledger) == {"None": ["quarantined"], "command-and-control": ["quarantined"]}
    house.formats["kent"].unwritable.clear()
    _release(house.ledger)
    house.prepare()
    assert _on(house.ledger) == {"records-system": ["sealed"], "command-and-control": ["sealed"]}
    assert [row["to_state"] for row in rows(house.ledger, history)].count("waiting") == 4  # two come in, two are released


def test_a_copy_keeps_its_own_schedule(copied: Copied) -> None:
    house = copied("")
    house.pick_up(sent(1), sent(2, digitalReport=URGENT))
    due = [("kent", "records-system")]
    house.prepare(not_yet=waits_for_its_slot(house.registry, due, AT.date()))
    # what is urgent is taken on first, and so its copy is the older one
    assert _on(house.ledger) == {"records-system": ["sealed", "sealed"], "command-and-control": ["sealed", "waiting"]}
    assert list(waits(house.ledger)) == [("kent", "command-and-control", Lane.ROUTINE)]


def test_an_acknowledgement_is_of_the_route_that_it_came_by(copied: Copied) -> None:
    house = copied("")
    house.pick_up(sent(1))
    house.prepare()
    cad, rms = FarEnd(), FarEnd()
    _send(house, _copy(house), cad)
    _send(house, house.route("kent"), rms)
    cad.says = [Acknowledgement("1", submission_id(1), False, None, "not-ours", AT, "1")]
    assert confirm(house.ledger, _copy(house), cad, house.clock).rejected == 1
    assert _on(house.ledger) == {"records-system": ["delivered"], "command-and-control": ["quarantined"]}
    assert trace(house.ledger, submission_id(1))[0].states == {"records-system": "delivered", "command-and-control": "quarantined"}


def test_services_and_lanes_are_for_copies_alone(mappings: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(mappings, tmp_path / "mappings"))
    kent = folder / "forces" / "kent.yaml"
    kent.write_text(kent.read_text(encoding="utf-8").replace("    purpose: primary\n", "    purpose: primary\n    lanes: [urgent]\n", 1))
    (fault,) = Registry.load(folder).broken["kent"]
    assert str(fault) == "forces/kent.yaml:14:5: `lanes` is for copies alone: the primary route carries everything"
