"""Secrets by reference."""

import json
from pathlib import Path

import pytest

from adapters.secrets import Login, login, reveal
from hub.contracts import Misconfigured

CANARY = "canary-5ecret"


def test_a_secret_is_read_from_the_environment_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("A_KEY", CANARY)
    (tmp_path / "key").write_text(f"{CANARY}\n")
    assert reveal("env:A_KEY").get_secret_value() == CANARY
    assert reveal(f"file:{tmp_path}/key").get_secret_value() == CANARY


def test_a_login_has_a_password_or_a_key_beside_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("A_LOGIN", json.dumps({"username": "hub", "password": CANARY}))
    (tmp_path / "login.json").write_text(json.dumps({"username": "hub", "private_key": "id"}))
    with_password, with_key = login("env:A_LOGIN"), login(f"file:{tmp_path}/login.json")
    assert with_password.password is not None
    assert with_password.password.get_secret_value() == CANARY
    assert with_key.private_key == tmp_path / "id"


def test_a_secret_shows_nowhere() -> None:
    shown = Login.model_validate({"username": "hub", "password": CANARY, "passphrase": CANARY})
    assert CANARY not in f"{shown!r} {shown} {shown.model_dump()} {shown.model_dump_json()}"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "no-credentials"),
        ("  \n", "no-credentials"),
        (CANARY, "bad-credentials"),
        (f'{{"username": "hub", "pasword": "{CANARY}"}}', "bad-credentials"),
        (f'{{"username": ["{CANARY}"], "password": "x"}}', "bad-credentials"),
        ('{"username": "hub"}', "bad-credentials"),
        ("x" * 70_000, "bad-credentials"),
    ],
)
def test_what_is_missing_or_wrong_is_named_by_its_reference_alone(tmp_path: Path, content: str | None, code: str) -> None:
    path = tmp_path / "login.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Misconfigured) as caught:
        login(f"file:{path}")
    assert caught.value.code == code
    assert str(path) in str(caught.value)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_secret_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    with pytest.raises(Misconfigured, match="env:NOT_SET is not set"):
        reveal("env:NOT_SET")
