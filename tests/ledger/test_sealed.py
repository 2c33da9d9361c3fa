import hashlib
import io
import os
from pathlib import Path

import pytest

from hub.contracts import Spoilt
from hub.ledger.sealed import DAMAGED, LOST, open_sealed
from hub.ledger.store import Store

BODY = os.urandom(1_000_000)
NAME = "0f8fad5b-d9cb-469f-a165-70867728950e.1.mp4"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


def _kept(store: Store) -> Path:
    kept = store.stream("kent", io.BytesIO(BODY))
    assert kept.uri is not None
    return Path(store.url) / kept.uri


def _given(store: Store, file: Path) -> tuple[bytes, tuple[str, str] | None]:
    """All that is given out, and the code and file's name of what stopped it."""
    uri, given = str(file.relative_to(store.url)), bytearray()
    try:
        with open_sealed(store, None, uri, NAME, len(BODY), hashlib.sha256(BODY).hexdigest()) as opened:
            while chunk := opened.read(32_768):
                given += chunk
    except Spoilt as spoilt:
        return bytes(given), (spoilt.code, spoilt.name)
    return bytes(given), None


def test_what_was_sealed_comes_out_whole(store: Store) -> None:
    assert _given(store, _kept(store)) == (BODY, None)


@pytest.mark.parametrize("body", [b"", b"x"])
def test_however_small(store: Store, body: bytes) -> None:
    with open_sealed(store, body, None, NAME, len(body), hashlib.sha256(body).hexdigest()) as opened:
        assert opened.read() == body


@pytest.mark.parametrize("altered", [b"y", b"", b"xx"])
def test_what_lay_in_the_row_and_was_altered_is_told_before_any_of_it_is_given_out(store: Store, altered: bytes) -> None:
    with pytest.raises(Spoilt) as caught:
        open_sealed(store, altered, None, NAME, 1, hashlib.sha256(b"x").hexdigest())
    assert (caught.value.code, caught.value.name) == (DAMAGED, NAME)


@pytest.mark.parametrize(
    "altered",
    [BODY[:-1] + bytes([BODY[-1] ^ 1]), bytes([BODY[0] ^ 1]) + BODY[1:], BODY[:500_000], b"", BODY + b"x"],
    ids=["last byte", "first byte", "cut", "empty", "longer"],
)
def test_what_was_altered_since_is_never_given_out_whole(store: Store, altered: bytes) -> None:
    file = _kept(store)
    file.write_bytes(altered)
    given, code = _given(store, file)
    assert code == (DAMAGED, NAME)
    assert len(given) < len(BODY)


def test_what_is_gone_says_so(store: Store) -> None:
    file = _kept(store)
    file.unlink()
    assert _given(store, file) == (b"", (LOST, NAME))
