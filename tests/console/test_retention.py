"""`soh-hub retention`, `hold` and `subject` at the command line, from a pick-up to an erasure."""

import json
import secrets
import zipfile
from pathlib import Path

import pytest

from adapters.ledgers import open_ledger
from hub.ledger.arrivals import record
from hub.retention import FILE, read_retention
from hub.settings import PROJECT, Settings
from hub.words import State
from tests.console.conftest import Person
from tests.ledger.making import AT, an_arrival, submission_id

LATER = ("--at", "2099-12-31T06:00:00+00:00")


@pytest.fixture
def someone(tmp_path: Path) -> Person:
    """Whose hub has two submissions."""
    (tmp_path / "key").write_text(secrets.token_hex(32))
    keys = f"file:{tmp_path / 'key'}"
    ledger = open_ledger(Settings.read({"HUB_HOME": str(tmp_path / "home"), "HUB_KEYS": keys}))
    arrivals = [an_arrival(n, body=ledger.store.put("kent", b"made up %d" % n)) for n in (1, 2)]
    record(ledger, arrivals, AT)
    ledger.close()
    return Person(tmp_path / "home", {"HUB_KEYS": keys})


def withdrawn(someone: Person) -> None:
    assert someone.says("withdraw", "--reason", "test-report", submission_id(1)).out == "1 withdrawn.\n"


def test_a_report_is_held_let_go_of_and_erased_in_its_time(someone: Person) -> None:
    withdrawn(someone)
    held = someone.says("hold", "place", submission_id(1), "--reason", "investigation")
    assert (held.code, held.out) == (0, "1 under a legal hold.\n")
    assert someone.says("hold", "list", "--json").json()["holds"][0]["reason"] == "investigation"
    assert someone.says("retention", "apply", "--json", *LATER).json()["erased"] == []
    assert "legal hold" in someone.says("subject", "erase", submission_id(1), "--reason", "subject-asked", "--yes").err
    assert someone.says("hold", "lift", submission_id(1), "--reason", "case-closed").code == 0
    row = {"force": "kent", "service": "crime", "end": "withdrawn", "reports": 1}
    assert someone.says("retention", "apply", "--dry-run", "--json", *LATER).json()["erased"] == [row]
    said = someone.says("retention", "apply", *LATER)
    assert (said.code, said.out.splitlines()[:2]) == (0, ["kent, crime, withdrawn: 1", "1 reports and 0 notices erased."])
    assert someone.says("audit", "verify").code == 0
    assert "erase" in someone.says("trace", submission_id(1)).out
    assert someone.says("reconcile", "--json").json()["balanced"] is True


def test_what_is_held_about_somebody_is_handed_out_and_erased_when_they_ask(someone: Person, tmp_path: Path) -> None:
    out = tmp_path / "out.zip"
    said = someone.says("subject", "export", submission_id(1), "--to", out)
    assert (said.code, "It is not encrypted" in said.out) == (0, True)
    with zipfile.ZipFile(out) as export:
        assert export.read("arrival-1/bodies/version-1.json") == b"made up 1"
        assert json.loads(export.read("arrival-1/ledger.json"))["submission"]["force"] == "kent"
    refused = someone.says("subject", "erase", submission_id(1), "--reason", "subject-asked", "--yes")
    assert (refused.code, "it is waiting, not at an end" in refused.err) == (1, True)
    withdrawn(someone)
    assert someone.says("subject", "erase", submission_id(1), "--reason", "subject-asked", "--yes").out == "1 erased.\n"
    assert "erased" in someone.says("subject", "export", submission_id(1), "--to", tmp_path / "after.zip").err
    assert "no submission" in someone.says("subject", "export", "nobody", "--to", tmp_path / "nobody.zip").err
    assert not (tmp_path / "nobody.zip").exists()


def test_a_broken_file_of_rules_is_told_by_line_and_erases_nothing(someone: Person, tmp_path: Path) -> None:
    withdrawn(someone)
    mappings = tmp_path / "mappings"
    (mappings / "forces").mkdir(parents=True)
    told = Person(someone.home, {**someone.environment, "HUB_MAPPINGS": str(mappings)})
    assert "retention.yaml is not there: nothing is erased without it" in told.says("retention", "apply").err
    whole = (PROJECT / "mappings" / FILE).read_text()
    for wrong, right, words in (
        ("accepted: 90", "acepted: 90", "retention.yaml:6:"),
        ("notices: 30", "notices: never", "retention.yaml:"),
        ("lost-property:", "lost-propery:", "there is no service 'lost-propery'"),
        ("withdrawn: 30", "withdrawn: 0", "retention.yaml:10:"),
    ):
        assert wrong in whole
        (mappings / FILE).write_text(whole.replace(wrong, right))
        said = told.says("retention", "apply", *LATER)
        assert (said.code, words in said.err) == (1, True), said.err


def test_the_rules_that_are_shipped_are_whole() -> None:
    rules = read_retention(PROJECT / "mappings")
    assert rules is not None
    assert (rules.of("crime", State.ACCEPTED), rules.of("sarahs-law", State.ACCEPTED)) == (90, 365)
    assert rules.of("fraud", State.WITHDRAWN) == 30
