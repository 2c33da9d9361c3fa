"""OpenPGP against GnuPG: what the hub encrypts a force opens with its own key, and nobody else does."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pysequoia import Cert, Tsk, decrypt

from adapters.openpgp import OpenPgp
from hub.contracts import Misconfigured, Spoilt
from hub.forces.force import Recipient

NOW = datetime.now(UTC)
LETTER = "OFFICIAL\nŵ ŷ, a made-up letter".encode()


@dataclass(frozen=True)
class Gpg:
    """A key ring of GnuPG's own."""

    home: Path

    def __call__(self, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        command = ["gpg", "--homedir", str(self.home), "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", *arguments]
        return subprocess.run(command, input=given, capture_output=True, check=False)

    def make(self, name: str, until: str = "1y") -> bytes:
        """A new key of the kind that GnuPG recommends; its certificate."""
        made = self("--quick-generate-key", name, "future-default", "default", until)
        assert made.returncode == 0, made.stderr
        return self("--armor", "--export", name).stdout

    def opened(self, body: bytes) -> tuple[bytes, bool]:
        """What is in it, and whether a key of the ring has signed it."""
        said = self("--status-fd", "2", "--trust-model", "always", "--decrypt", given=body)
        return said.stdout, b"[GNUPG:] GOODSIG " in said.stderr


@pytest.fixture(scope="module")
def force(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gpg]:
    """The key ring of a force: its own keys, one of them made by Sequoia, and the hub's certificate."""
    ring = Gpg(tmp_path_factory.mktemp("gpg"))
    ring.home.chmod(0o700)
    yield ring
    subprocess.run(["gpgconf", "--homedir", str(ring.home), "--kill", "all"], check=False)


@pytest.fixture
def hub_key(force: Gpg, monkeypatch: pytest.MonkeyPatch) -> str:
    """A reference to the hub's signing key, whose certificate the force has."""
    key = Tsk.generate(user_id="hub@example.org")
    monkeypatch.setenv("HUB_OPENPGP", str(key))
    assert force("--import", given=bytes(key.extract_certificate())).returncode == 0
    return "env:HUB_OPENPGP"


def _file(folder: Path, body: bytes) -> Path:
    path = folder / "force.asc"
    path.write_bytes(body)
    return path


def _refused(path: Path, key: str | None = None, now: datetime = NOW) -> str:
    with pytest.raises(Misconfigured) as refused:
        OpenPgp(Recipient(path, key), now)
    assert refused.value.code in ("bad-certificate", "bad-credentials")
    return str(refused.value)


def test_gpg_opens_what_was_encrypted_to_its_key_and_knows_who_signed_it(force: Gpg, hub_key: str, tmp_path: Path) -> None:
    to = OpenPgp(Recipient(_file(tmp_path, force.make("kent@example.org")), hub_key), NOW)
    once, again = to.encrypt(LETTER), to.encrypt(LETTER)
    assert once != again
    assert LETTER not in once
    assert force.opened(once) == force.opened(again) == (LETTER, True)
    with to.encrypted(BytesIO(LETTER * 100_000)) as file:  # larger than what passes through memory at once
        assert force.opened(file.read()) == (LETTER * 100_000, True)
    assert to.warning(NOW) is None
    assert "ask the force for a new one" in (to.warning(NOW + timedelta(days=330)) or "")


def test_a_key_of_sequoia_opens_it_and_nobody_has_signed_where_no_key_is_named(tmp_path: Path) -> None:
    key = Tsk.generate(user_id="essex@example.org")  # it announces RFC 9580, which GnuPG does not read
    to = OpenPgp(Recipient(_file(tmp_path, bytes(key.extract_certificate()))), NOW)
    opened = decrypt(to.encrypt(LETTER), key.decryptor())
    assert (opened.bytes, opened.valid_sigs) == (LETTER, [])


def test_a_stranger_opens_nothing(force: Gpg, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    to = OpenPgp(Recipient(_file(tmp_path, force.make("kents@example.org"))), NOW)
    stranger = Gpg(tmp_path_factory.mktemp("stranger"))
    stranger.home.chmod(0o700)
    assert stranger.opened(to.encrypt(LETTER)) == (b"", False)
    assert force.opened(to.encrypt(LETTER)) == (LETTER, False)


def test_a_certificate_that_cannot_be_used_says_why(force: Gpg, hub_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = Tsk.generate(user_id="good@example.org")
    ours = good.extract_certificate()
    revoked = Cert.from_bytes(bytes(ours) + bytes(ours.revoke(good.certifier())))
    signs_only = force("--quick-generate-key", "signs@example.org", "ed25519", "sign", "1y")
    assert signs_only.returncode == 0
    assert "cannot be read" in _refused(tmp_path / "nowhere.asc")
    assert "is not one OpenPGP certificate" in _refused(_file(tmp_path, b"not a key"))
    assert "is not one OpenPGP certificate" in _refused(_file(tmp_path, bytes(ours) + force.make("second@example.org")))
    assert "holds a secret key" in _refused(_file(tmp_path, str(good).encode()))
    assert "has been revoked" in _refused(_file(tmp_path, bytes(revoked)))
    assert "ended on" in _refused(_file(tmp_path, force.make("short@example.org", "1d")), now=NOW + timedelta(days=2))
    assert "has no key that can encrypt" in _refused(_file(tmp_path, force("--export", "signs@example.org").stdout))
    monkeypatch.setenv("HUB_OPENPGP", "canary, not a key")
    assert "canary" not in _refused(_file(tmp_path, bytes(ours)), hub_key)


def test_what_spoils_the_source_passes_and_leaves_nothing_encrypted(tmp_path: Path) -> None:
    class Breaks(BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            raise Spoilt("attachment-damaged", "attachment 1")

    to = OpenPgp(Recipient(_file(tmp_path, bytes(Tsk.generate(user_id="a@example.org").extract_certificate()))), NOW)
    with pytest.raises(Spoilt):
        to.encrypted(Breaks())
