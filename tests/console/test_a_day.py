"""A small day at the command line: made, carried, accounted for, and looked into."""

import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hub.ledger.ledger import Ledger
from hub.settings import PROJECT
from sandbox.judging import judge
from tests.console.conftest import AT, Day, Person
from tests.end_to_end.personal import personal_values
from tests.end_to_end.searching import standing_in

pytestmark = [pytest.mark.xdist_group("console"), pytest.mark.timeout(300)]  # a pass with a Prefect server of its own comes first

LONG = 8  # characters: shorter ones stand by chance in a database of some megabytes


def test_sample_says_what_it_made(day: Day) -> None:
    assert (day.sample.code, day.sample.err) == (0, "")
    assert day.sample.json() == {
        "reports": 220,
        "totals": day.expected["totals"],
        "planted": day.expected["planted"],
        "out": str(day.folder),
    }


def test_run_carries_everything_and_ends_with_0_and_the_account(day: Day) -> None:
    assert day.run.code == 0, day.run.err
    told = day.run.json()
    assert told["balanced"] is True
    assert told["picked_up"] == 220
    assert told["totals"] == day.expected["totals"]
    ledger = Ledger.open(f"sqlite:///{day.person.home / 'ledger.db'}", str(day.person.home / "store"))
    try:
        assert judge(ledger, day.folder / "expected.json", day.stand_ins.holdings()).faults == ()
    finally:
        ledger.close()
    assert [path.name for path in (day.folder / "intake").iterdir()] == ["attachments"]


def test_run_leaves_no_process_behind(day: Day) -> None:
    assert not (day.person.home / "prefect" / "server.json").exists()
    running = [path for path in Path("/proc").glob("[0-9]*/environ") if str(day.person.home).encode() in _read_environment(path)]
    assert running == []


def _read_environment(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # somebody else's, or gone
        return b""


def test_reconcile_is_one_object_with_balanced_totals_and_forces(day: Day) -> None:
    said = day.person.types("reconcile", "--at", AT, "--json")
    told = said.json()
    assert (told.pop("alarms"), told.pop("discrepancies")) == ([], [])
    assert sum(line["picked_up"] for line in told.pop("days")) == 220
    assert set(told.pop("inexact")) <= set(told["forces"])
    assert (said.code, told) == (0, day.run.json())
    assert set(told) == {"balanced", "picked_up", "totals", "forces", "copies", "codes", "differences"}
    assert len(told["forces"]) == 45  # with those of an unknown force
    assert sum(sum(states.values()) for states in told["forces"].values()) == 220
    assert told["codes"]["quarantined"]["not-json"] == 1
    assert told["differences"] == []


def test_reconcile_of_a_day_without_reports_balances_at_nothing(day: Day) -> None:
    said = day.person.says("reconcile", "--day", "2026-11-21", "--json")
    assert (said.code, said.json()["picked_up"], said.json()["totals"]) == (0, 0, {})


def test_reconcile_ends_with_1_where_the_account_does_not_balance(day: Day, tmp_path: Path) -> None:
    shutil.copy(day.person.home / "ledger.db", tmp_path / "ledger.db")
    with sqlite3.connect(tmp_path / "ledger.db") as spoilt:
        spoilt.execute("UPDATE reports SET state = 'waiting' WHERE id = (SELECT min(id) FROM reports WHERE state = 'accepted')")
    spoilt.close()
    other = Person(tmp_path)
    said = other.says("reconcile", "--at", AT, "--json")
    told = said.json()
    assert [one["kind"] for one in told["discrepancies"]] == ["moved-by-hand"]
    assert (said.code, told["balanced"], len(told["differences"])) == (1, False, 2)
    assert {(d["state"], d["by_states"] - d["by_history"]) for d in told["differences"]} == {("accepted", -1), ("waiting", 1)}


def test_status_names_every_force_and_what_waits_for_a_person(day: Day) -> None:
    said = day.person.types("status", "--json")
    forces = said.json()["forces"]
    assert (said.code, len(forces)) == (0, 45)
    totals: dict[str, int] = {}
    for one in forces.values():
        for state, n in one["states"].items():
            totals[state] = totals.get(state, 0) + n
    assert totals == day.expected["totals"]
    delivered = {fate["force"] for fate in day.expected["submissions"] if fate["outcome"] == "accepted" or fate["code"] == "rejected"}
    assert {force for force, one in forces.items() if one["last_delivery"]} >= delivered
    assert not forces["unknown"]["last_delivery"]


def test_the_tables_for_people_show_the_same(day: Day) -> None:
    account, status = day.person.says("reconcile"), day.person.says("status")
    assert (account.code, status.code) == (0, 0)
    assert "The account balances." in account.out
    for force in ("avon-and-somerset", "wiltshire"):
        assert force in account.out
        assert force in status.out


def _fullest(day: Day) -> dict[str, Any]:
    """The accepted submission with most in it."""
    again = Counter(fate["submission_id"] for fate in day.expected["submissions"])
    accepted = {fate["submission_id"] for fate in day.expected["submissions"] if fate["outcome"] == "accepted"}
    found = (wire for wire in day.sent if wire.get("submissionId") in accepted and again[wire["submissionId"]] == 1)
    return max(found, key=lambda wire: len(personal_values(wire)))


def test_trace_tells_the_whole_way_and_nothing_of_what_was_said(day: Day) -> None:
    wire = _fullest(day)
    told, shown = day.person.says("trace", wire["submissionId"], "--json"), day.person.says("trace", wire["customerReferenceNumber"])
    assert (told.code, shown.code) == (0, 0)
    [one] = told.json()["arrivals"]
    assert one["states"] == {"records-system": "accepted"}
    assert [step["what"] for step in one["steps"]] == ["waiting", "waiting → sealed", "sealed → delivered", "delivered → accepted"]
    assert one["reference"] == wire["customerReferenceNumber"]
    assert wire["submissionId"] in shown.out
    values = personal_values(wire)
    assert len(values) > 15
    assert [value for value in values if value in told.out or value in shown.out] == []


def test_trace_shows_every_arrival_of_an_id(day: Day) -> None:
    fates = day.expected["submissions"]
    submission_id = next(fate["submission_id"] for fate in fates if fate["code"] == "conflict")
    told = day.person.says("trace", submission_id, "--json").json()["arrivals"]
    assert [one["steps"][-1]["what"].split()[-1] for one in told] == [
        fate["outcome"] for fate in fates if fate["submission_id"] == submission_id
    ]


def test_trace_of_an_unknown_id_says_so_and_where_it_looked(day: Day) -> None:
    said = day.person.says("trace", "00000000-0000-4000-8000-000000000000")
    assert (said.code, said.out) == (1, "")
    assert "has no submission 00000000-0000-4000-8000-000000000000" in said.err
    assert str(day.person.home) in said.err


def test_nothing_personal_stands_in_what_run_says_or_in_a_files_name(day: Day) -> None:
    values = {value for wire in day.sent for value in personal_values(wire)}
    assert len(values) > 1000
    files = [path for root in (day.person.home, day.stand_ins.folder) for path in root.rglob("*")]
    names = "\n".join(path.name for path in files)
    for text in (day.run.out, day.run.err, day.sample.out, day.sample.err, names):
        assert [value for value in values if value in text] == []


def test_nothing_personal_stands_in_prefects_database_or_any_log(day: Day) -> None:
    values = {value for wire in day.sent for value in personal_values(wire) if len(value) >= LONG and not value[0].isdigit()}
    assert len(values) > 500
    files = [path for path in (day.person.home / "prefect").rglob("*") if path.is_file()]
    assert any(path.name == "prefect.db" for path in files)
    for path in files:
        assert standing_in(path.read_bytes(), [value.encode() for value in values]) == set(), path.name


def test_force_list_names_all_forty_four_and_how_each_is_reached(day: Day) -> None:
    said = day.person.says("force", "list", "--at", "2026-11-22T06:00:00+00:00", "--json")
    told = said.json()
    assert (said.code, len(told["forces"]), told["broken"]) == (0, 44, {})
    assert {one["environment"] for one in told["forces"]} == {"sandbox"}
    then = day.person.says("force", "list", "--at", "2021-03-08T06:00:00+00:00", "--json").json()["forces"]
    assert sum(one["live"] for one in then) == 28


def test_force_list_ends_with_1_and_the_line_where_a_file_is_broken(tmp_path: Path) -> None:
    mappings = Path(shutil.copytree(PROJECT / "mappings", tmp_path / "mappings"))
    kent = mappings / "forces" / "kent.yaml"
    kent.write_text(kent.read_text(encoding="utf-8").replace("purpose:", "purpsoe:"), encoding="utf-8")
    other = Person(tmp_path / "home", {"HUB_MAPPINGS": str(mappings)})
    said = other.says("force", "list", "--json")
    assert (said.code, len(said.json()["forces"])) == (1, 43)
    assert "forces/kent.yaml:12:5: unknown key 'purpsoe'; did you mean 'purpose'?" in said.json()["broken"]["kent"]


def test_reconcile_says_what_was_not_carried_over_exactly(day: Day) -> None:
    inexact = day.person.says("reconcile", "--json").json()["inexact"]
    kinds = {kind for force in inexact.values() for kind in force}
    assert {"truncated", "transliterated", "lossy-code"} & kinds
    shown = day.person.says("reconcile").out
    assert "Not carried over exactly" in shown
    assert all(kind in shown for kind in kinds)
