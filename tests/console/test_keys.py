"""`soh-hub keys`, and what the command line says without a key, or with another; a key-management service in a process of its own."""

import secrets
from pathlib import Path

import pytest

from adapters.keys import DEMO
from adapters.ledgers import open_ledger
from hub.ledger.arrivals import record
from hub.ledger.queue import claim, opened
from hub.settings import Settings
from tests.console.conftest import Person
from tests.ledger.making import AT, an_arrival
from tests.servers.key_service import TOKEN, served


@pytest.fixture
def key(tmp_path: Path) -> str:
    (tmp_path / "key").write_text(secrets.token_hex(32))
    return f"file:{tmp_path / 'key'}"


def with_a_report(home: Path, keys: str) -> None:
    ledger = open_ledger(Settings.read({"HUB_HOME": str(home), "HUB_KEYS": keys}))
    record(ledger, [an_arrival(1, body=ledger.store.put("kent", b"a report"))], AT)
    ledger.close()


def test_nothing_begins_without_a_key_but_what_is_said_to_be_a_demo(tmp_path: Path) -> None:
    (tmp_path / "intake").mkdir()  # what is not there is said first
    for command in (("status",), ("keys", "rotate"), ("reconcile",), ("run",), ("dispatch",), ("pause", "kent", "--reason", "repairs")):
        said = Person(tmp_path, {"HUB_KEYS": ""}).says(*command)
        assert said.code == 1
        assert said.err.startswith("HUB_KEYS is not set, and what the hub keeps must be encrypted: write a reference to a key")
    assert Person(tmp_path, {"HUB_KEYS": DEMO}).says("status").code == 0


def test_another_key_is_told_and_loses_nothing(tmp_path: Path, key: str) -> None:
    with_a_report(tmp_path / "home", key)
    other = Person(tmp_path / "home", {"HUB_KEYS": "env:OTHER", "OTHER": "o" * 64}).says("status")
    assert other.code == 1
    assert "which HUB_KEYS does not name. Nothing was lost: add a reference to it to HUB_KEYS" in other.err
    assert "it is encrypted" in Person(tmp_path / "home").says("status").err
    assert Person(tmp_path / "home", {"HUB_KEYS": key}).says("status").code == 0


def test_a_demo_becomes_a_hub_and_its_keys_are_exchanged_by_two_commands(tmp_path: Path, key: str) -> None:
    home, new = tmp_path / "home", {"NEW_KEY": "n" * 64}
    with_a_report(home, DEMO)
    assert "soh-hub keys rotate" in Person(home, {"HUB_KEYS": key}).says("keys", "rotate").err
    upgraded = Person(home, {"HUB_KEYS": f"{key} unencrypted"}).says("keys", "rotate")
    assert (upgraded.code, "Rows: 1 sealed anew" in upgraded.out) == (0, True)
    status = Person(home, {"HUB_KEYS": key}).says("keys", "status", "--json").json()
    assert (status["plain_rows"], [one["rows"] for one in status["keys"]]) == (0, [1])
    both = Person(home, {"HUB_KEYS": f"env:NEW_KEY {key}", **new})
    assert both.says("keys", "rotate", "--json").json()["wrapped"] == 1
    alone = Person(home, {"HUB_KEYS": "env:NEW_KEY", **new})
    assert alone.says("keys", "rotate", "--data", "--json").json()["sealed"] == 1
    assert "Rows that are not encrypted: 0" in alone.says("keys", "status").out


def test_a_key_management_service_wraps_and_unwraps_and_when_it_is_gone_the_hub_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv(TOKEN, "a token of the service")
    service, home = secrets.token_bytes(32), tmp_path / "home"
    with served(service, "a token of the service", tmp_path / "site") as url:
        with_a_report(home, f"httpkey:{url}")
        settings = Settings.read({"HUB_HOME": str(home), "HUB_KEYS": f"httpkey:{url}"})
        ledger = open_ledger(settings)
        assert [one.body for one in opened(ledger, claim(ledger, 1))] == [b"a report"]
        ledger.close()
        monkeypatch.setenv(TOKEN, "another")
        refused = Person(home, {"HUB_KEYS": f"env:OWN httpkey:{url}", "OWN": "n" * 64}).says("keys", "rotate")
        assert (refused.code, "the master key stand-in/1 cannot be used (HTTP 401)" in refused.err) == (1, True)
        monkeypatch.setenv(TOKEN, "a token of the service")
    gone = Person(home, {"HUB_KEYS": f"env:OWN httpkey:{url}", "OWN": "n" * 64}).says("keys", "rotate")
    assert (gone.code, "the master key stand-in/1 cannot be used (ConnectError)" in gone.err) == (1, True)
    with served(service, "a token of the service", tmp_path / "site") as url:
        moved = Person(home, {"HUB_KEYS": f"env:OWN httpkey:{url}", "OWN": "n" * 64}).says("keys", "rotate", "--json")
        assert (moved.code, moved.json()["wrapped"]) == (0, 1)
    monkeypatch.setenv("OWN", "n" * 64)
    own = open_ledger(Settings.read({"HUB_HOME": str(home), "HUB_KEYS": "env:OWN"}))
    assert own.vault.of(1).id == 1
    own.close()
