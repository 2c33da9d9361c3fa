"""A broken force file or profile breaks its own forces alone: their reports are held, and leave after it is put right."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.ledger.account import account
from hub.settings import PROJECT
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.words import State
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import carry, held_of, holders, outcomes
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.intake import crime, put

KENT, ESSEX, LANCASHIRE, DURHAM, GWENT = "46", "42", "04", "11", "61"
ATHENA = {"bedfordshire", "cambridgeshire", "essex", "hertfordshire", "kent", "norfolk", "suffolk", "warwickshire", "west-mercia"}

Break = Callable[[str], str]

BROKEN_FORCE: dict[str, tuple[Break, str]] = {
    "bad YAML": (lambda text: text.replace("routes:", "routes: [", 1), "forces/kent.yaml:"),
    "a wrong key": (lambda text: text.replace("purpose:", "purpsoe:", 1), "did you mean 'purpose'?"),
    "a profile that is not there": (lambda text: text.replace("profile: athena-style", "profile: athena-stile", 1), "athena-style"),
    "not text": (lambda text: text + "\0\0\0", "forces/kent.yaml:"),
}


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """A copy of the project's mappings, to be broken."""
    return Path(shutil.copytree(PROJECT / "mappings", tmp_path / "mappings"))


@pytest.mark.parametrize("kind", BROKEN_FORCE)
def test_reports_of_a_broken_force_are_held_and_leave_when_its_file_is_put_right(
    kind: str, hub_of: OpenHub, stand_ins: StandIns, mappings: Path, tmp_path: Path
) -> None:
    spoil, hint = BROKEN_FORCE[kind]
    file = mappings / "forces" / "kent.yaml"
    right = file.read_text(encoding="utf-8")
    file.write_text(spoil(right), encoding="utf-8")
    assert file.read_text(encoding="utf-8") != right
    for force in (KENT, LANCASHIRE):
        put(tmp_path / "intake", f"{force}.json", crime(force))
    hub = hub_of(mappings=mappings)
    assert list(hub.registry.broken) == ["kent"]
    told = " ".join(map(str, hub.registry.broken["kent"]))
    assert "forces/kent.yaml:" in told
    assert hint in told
    carry(hub, tmp_path / "intake")
    assert outcomes(hub.ledger) == {"46.json": ("held", "force-file-broken"), "04.json": ("accepted", None)}
    assert account(hub.ledger).of_force("kent") == {State.HELD: 1}
    hub.close()
    file.write_text(right, encoding="utf-8")
    hub = hub_of(mappings=mappings)
    assert carry(hub).prepared.let_go == 1
    assert outcomes(hub.ledger) == {"46.json": ("accepted", None), "04.json": ("accepted", None)}
    assert sorted(holders(held_of(stand_ins, hub.ledger)).values()) == [["kent"], ["lancashire"]]
    assert account(hub.ledger).balanced


def test_a_broken_profile_holds_the_reports_of_its_forces_and_of_no_other(
    hub_of: OpenHub, stand_ins: StandIns, mappings: Path, tmp_path: Path
) -> None:
    file = mappings / "profiles" / "athena-style" / "profile.yaml"
    right = file.read_text(encoding="utf-8")
    file.write_text(right.replace("each: people", "eahc: people", 1), encoding="utf-8")
    sent = {force: crime(force) for force in (KENT, ESSEX, LANCASHIRE, DURHAM, GWENT)}
    for force, wire in sent.items():
        put(tmp_path / "intake", f"{force}.json", wire)
    hub = hub_of(mappings=mappings)
    assert set(hub.registry.broken) == ATHENA
    told = [str(fault) for fault in hub.registry.broken["essex"]]
    assert any(fault.startswith("forces/essex.yaml:") for fault in told)
    assert any(fault.endswith("unknown key 'eahc'; did you mean 'each'?") and "athena-style/profile.yaml:" in fault for fault in told)
    carry(hub, tmp_path / "intake")
    held, gone = ("held", "force-file-broken"), ("accepted", None)
    assert outcomes(hub.ledger) == {"46.json": held, "42.json": held, "04.json": gone, "11.json": gone, "61.json": gone}
    hub.close()
    file.write_text(right, encoding="utf-8")
    hub = hub_of(mappings=mappings)
    carry(hub)
    assert set(outcomes(hub.ledger).values()) == {gone}
    found = holders(held_of(stand_ins, hub.ledger))
    assert found == {wire["submissionId"]: [hub.registry.by_code(force).slug] for force, wire in sent.items()}  # type: ignore[union-attr]  # all on file


def test_a_file_that_breaks_between_sealing_and_sending_holds_the_drop_where_it_is(
    hub_of: OpenHub, stand_ins: StandIns, mappings: Path, tmp_path: Path
) -> None:
    put(tmp_path / "intake", "46.json", crime(KENT))
    hub = hub_of(mappings=mappings)
    pick_up(hub.ledger, hub.source_of(tmp_path / "intake", 0), hub.registry, hub.clock)
    assert prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock).sealed == 1
    hub.close()
    file = mappings / "forces" / "kent.yaml"
    right = file.read_text(encoding="utf-8")
    file.write_text(right.replace("purpose:", "purpsoe:", 1), encoding="utf-8")
    hub = hub_of(mappings=mappings)
    assert hub.route("kent", "records-system") is None
    assert outcomes(hub.ledger) == {"46.json": ("sealed", None)}
    hub.close()
    file.write_text(right, encoding="utf-8")
    hub = hub_of(mappings=mappings)
    carry(hub)
    assert outcomes(hub.ledger) == {"46.json": ("accepted", None)}
    assert list(holders(held_of(stand_ins, hub.ledger)).values()) == [["kent"]]


def test_a_profile_whose_suite_is_not_there_holds_the_reports_of_its_forces_and_of_no_other(
    hub_of: OpenHub, mappings: Path, tmp_path: Path
) -> None:
    file = mappings / "profiles" / "athena-style" / "profile.yaml"
    right = file.read_text(encoding="utf-8")
    file.write_text(right.replace("checks: athena-style", "checks: athena-stile"), encoding="utf-8")
    assert file.read_text(encoding="utf-8") != right
    for force in (KENT, LANCASHIRE):
        put(tmp_path / "intake", f"{force}.json", crime(force))
    hub = hub_of(mappings=mappings)
    carry(hub, tmp_path / "intake")
    assert outcomes(hub.ledger) == {"46.json": ("held", "force-file-broken"), "04.json": ("accepted", None)}
    hub.close()
    file.write_text(right, encoding="utf-8")
    assert carry(hub_of(mappings=mappings)).prepared.let_go == 1
