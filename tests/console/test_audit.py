from pathlib import Path

import pytest
from sqlalchemy import update

from hub.ledger.ledger import Ledger
from hub.ledger.tables import history
from hub.settings import Settings
from hub.steps.heads import NAME, tell_heads
from tests.console.conftest import Person
from tests.ledger.making import AT, waiting
from tests.ledger.tampering import by_hand


@pytest.fixture
def keyed(tmp_path: Path) -> Person:
    """Somebody whose hub seals its history with a key."""
    (tmp_path / "key").write_text("k" * 40)
    return Person(tmp_path / "home", {"HUB_HISTORY_KEYS": f"file:{tmp_path / 'key'}"})


def _ledger(person: Person) -> Ledger:
    settings = Settings.read({"HUB_HOME": str(person.home)})
    return Ledger.open(settings.ledger_url, settings.store)


def test_the_audit_says_whether_the_history_is_as_it_was_written_and_what_is_not(person: Person) -> None:
    ledger = _ledger(person)
    waiting(ledger, 1, 2)
    tell_heads(ledger, person.home, AT)
    said = person.says("audit", "verify")
    assert (said.code, said.out.splitlines()[:2]) == (
        0,
        ["The history is as it was written: 0 findings.", "2 events in 1 links; 1 heads told outside the database."],
    )
    assert "1 links are sealed without a key" in said.out
    by_hand(ledger, lambda connection: connection.execute(update(history).where(history.c.id == 2).values(code="other")))
    said = person.says("audit", "verify")
    assert (said.code, said.out.splitlines()[:2]) == (
        1,
        ["changed: kent, link 1, change 1, event 2: the event is another one", "The history is NOT as it was written: 1 findings."],
    )
    found = person.says("audit", "verify", "--json").json()
    assert (found["sound"], found["links"], found["told"]) == (False, 1, 1)
    assert [(one["kind"], one["force"], one["event"]) for one in found["findings"]] == [("changed", "kent", 2)]
    ledger.close()


def test_heads_that_were_shipped_off_show_what_was_cut_off_with_the_hubs_own_file(person: Person, tmp_path: Path) -> None:
    ledger = _ledger(person)
    waiting(ledger, 1)
    line = f'{{"series": "{ledger.series}", "at": "2026-11-22T06:00:00Z", "force": "kent", "number": 2, "digest": "d"}}\n'
    (tmp_path / "shipped").write_text(line)
    assert person.says("audit", "verify").code == 0
    said = person.says("audit", "verify", "--heads", tmp_path / "shipped")
    assert (said.code, said.out.splitlines()[0]) == (
        1,
        "cut off: kent, link 2: the chain ends with link 1; link 2 was told outside the database",
    )
    missing = person.says("audit", "verify", "--heads", tmp_path / "none")
    assert (missing.code, missing.err) == (1, f"{tmp_path / 'none'}: No such file or directory\n")
    ledger.close()


def test_the_key_is_read_by_reference_and_shown_nowhere(keyed: Person, tmp_path: Path) -> None:
    assert keyed.says("audit", "verify").code == 0
    (tmp_path / "key").write_text("secret")
    said = keyed.says("audit", "verify")
    assert (said.code, said.err) == (1, "HUB_HISTORY_KEYS: a key of the history has 6 bytes: it needs 32 at least\n")
    (tmp_path / "key").unlink()
    said = keyed.says("audit", "verify")
    assert (said.code, f"file:{tmp_path / 'key'}" in said.err) == (1, True)
    itself = Person(keyed.home, {"HUB_HISTORY_KEYS": "k" * 40}).says("audit", "verify")
    assert (itself.code, "write a reference to the secret" in itself.err, "kkkk" in itself.err) == (1, True, False)


def test_a_file_of_heads_that_is_a_folder_is_said(person: Person) -> None:
    (person.home / NAME).mkdir(parents=True)
    said = person.says("audit", "verify")
    assert (said.code, said.err) == (1, f"{person.home / NAME}: Is a directory\n")


def test_the_rights_of_a_role_are_printed_as_sql(person: Person) -> None:
    said = person.says("audit", "rights", "hub_worker")
    assert said.code == 0
    assert 'GRANT SELECT, INSERT ON "history" TO "hub_worker";' in said.out.splitlines()
    assert person.says("audit", "rights", 'x"').code == 1
