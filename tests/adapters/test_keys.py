"""What HUB_KEYS may say, and that no message of it shows a key."""

from pathlib import Path

import pytest

from adapters.keys import DEMO, OwnKey, master_keys
from hub.contracts import KeyRefused, Misconfigured
from hub.ledger.master_keys import NO_MASTERS

SECRET = "f00d" * 16


@pytest.fixture
def reference(tmp_path: Path) -> str:
    (tmp_path / "key").write_text(SECRET + "\n")
    return f"file:{tmp_path / 'key'}"


def test_keys_are_named_by_reference_the_newest_first(reference: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW_KEY", "n" * 64)
    found = master_keys(f"env:NEW_KEY {reference}")
    assert found.newest is not None
    assert [found.newest.name, OwnKey(SECRET.encode()).name] == list(found.by_name)
    assert (found.plain_too, master_keys(f"{reference} unencrypted").plain_too) == (False, True)


def test_a_key_unwraps_what_it_wrapped_for_the_same_use_alone() -> None:
    key, other = OwnKey(SECRET.encode()), OwnKey(b"o" * 64)
    wrapped = key.wrap(b"s" * 32, b"kent")
    assert (key.unwrap(wrapped, b"kent"), key.name) == (b"s" * 32, OwnKey(SECRET.encode()).name)
    for asked, what, context in ((key, wrapped, b"essex"), (other, wrapped, b"kent"), (key, b"", b"kent")):
        with pytest.raises(KeyRefused):
            asked.unwrap(what, context)


def test_without_a_key_the_hub_begins_only_where_it_is_told_that_this_is_a_demo() -> None:
    assert master_keys(DEMO) is NO_MASTERS
    for setting in ("", "  ", "unencrypted"):
        with pytest.raises(Misconfigured, match=r'HUB_KEYS is not set.*HUB_KEYS="none: this is a demo"'):
            master_keys(setting)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("none", "one of its words is no reference"),
        ("none: a demo", "'none' is not known"),
        (SECRET, "one of its words is no reference"),
        ("vault:hub", r"'vault' is not known \(known: env, file, prefect-block"),
        ("file:/nowhere/key", "file:/nowhere/key cannot be read"),
        ("env:SHORT_KEY", "the key of env:SHORT_KEY has 4 bytes: it needs 32 at least"),
        ("unencrypted env:LONG_KEY", "write unencrypted once, as its last word"),
    ],
)
def test_what_is_wrong_is_said_without_showing_a_key(setting: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHORT_KEY", "f00d")
    monkeypatch.setenv("LONG_KEY", SECRET)
    with pytest.raises(Misconfigured, match=told) as error:
        master_keys(setting)
    assert "f00d" not in str(error.value)
    assert SECRET not in repr(OwnKey(SECRET.encode()))
