"""What `soh-hub backup` and `restore` refuse, and what becomes of a restoring that breaks off."""

import json
from pathlib import Path

import pytest

from hub.ledger.ledger import Ledger
from tests.console.conftest import Person
from tests.ledger.making import waiting
from tests.steps.fakes import broken


@pytest.fixture
def saved(person: Person, tmp_path: Path) -> Path:
    """A back-up of a ledger in which one report waits."""
    ledger = Ledger.open(f"sqlite:///{person.home / 'ledger.db'}", str(person.home / "store"))
    waiting(ledger, 1)
    ledger.close()
    assert person.says("backup", tmp_path / "saved").code == 0
    (person.home / "ledger.db").unlink()
    return tmp_path / "saved"


def test_a_back_up_goes_into_an_empty_folder_or_over_an_older_back_up(person: Person, saved: Path, tmp_path: Path) -> None:
    assert person.says("restore", saved).code == 0
    assert person.says("backup", saved).code == 0
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    refused = person.says("backup", tmp_path / "full")
    assert (refused.code, "neither empty nor a back-up" in refused.err) == (1, True)
    assert {path.stat().st_mode & 0o077 for path in (saved, saved / "backup.json", saved / "database")} == {0}


def test_what_is_no_whole_back_up_is_not_restored(person: Person, saved: Path, tmp_path: Path) -> None:
    for folder, why in ((tmp_path / "nowhere", "no whole back-up"), (saved, "is not what was backed up")):
        if folder == saved:
            with (saved / "database").open("r+b") as file:
                file.seek(5_000)
                file.write(b"X")
        refused = person.says("restore", folder)
        assert (refused.code, why in refused.err) == (1, True), refused.err
    assert not (person.home / "ledger.db").exists()


def test_a_back_up_of_another_kind_of_database_is_not_restored(person: Person, saved: Path) -> None:
    said = json.loads((saved / "backup.json").read_bytes())
    (saved / "backup.json").write_text(json.dumps(said | {"kind": "postgresql"}))
    assert "another kind of database" in person.says("restore", saved).err


def test_a_ledger_whose_restoring_broke_off_cannot_be_opened(person: Person, saved: Path) -> None:
    with broken("hub.steps.backup.begin_restored", RuntimeError()), pytest.raises(RuntimeError):
        person.says("restore", saved)
    refused = person.says("status")
    assert (refused.code, "restoring it broke off" in refused.err) == (1, True)
    (person.home / "ledger.db").unlink()
    assert person.says("restore", saved).code == 0
    assert person.says("status").code == 0
