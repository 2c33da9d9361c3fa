"""Boxes and segments: what was altered, cut off, exchanged or moved does not open."""

import io
import secrets
from collections.abc import Callable

import pytest

from hub.ledger.boxes import SEGMENT, Altered, Key, open_object, seal_object

SECRET = bytes(range(32))
SEALED = SEGMENT + 16  # bytes of a segment
HEAD = len(b"soh-hub object 1\n")
THREE = secrets.token_bytes(2 * SEGMENT + 1000)


def in_segments(body: bytes, secret: bytes = SECRET) -> bytes:
    out = io.BytesIO()
    seal_object(secret, io.BytesIO(body), out)
    return out.getvalue()


def read(sealed: bytes, secret: bytes = SECRET) -> bytes:
    with open_object(secret, io.BytesIO(sealed)) as source:
        return source.read()


def test_a_box_opens_at_its_place_with_its_key_and_says_nothing() -> None:
    key = Key(SECRET)
    box = key.seal(b"Sian Example", b"body 1/1")
    assert key.open(box, b"body 1/1") == b"Sian Example"
    assert b"Sian" not in box
    assert key.seal(b"Sian Example", b"body 1/1") != box


@pytest.mark.parametrize(
    "opens",
    [
        lambda box: Key(SECRET).open(box, b"body 2/1"),
        lambda box: Key(secrets.token_bytes(32)).open(box, b"body 1/1"),
        lambda box: Key(SECRET).open(box[:-1], b"body 1/1"),
        lambda box: Key(SECRET).open(box[:20] + bytes([box[20] ^ 1]) + box[21:], b"body 1/1"),
        lambda box: Key(SECRET).open(b"\x02" + box[1:], b"body 1/1"),
        lambda _box: Key(SECRET).open(b"", b"body 1/1"),
        lambda _box: Key(SECRET).open(b'{"submissionId": "plain"}        ', b"body 1/1"),
    ],
    ids=["another place", "another key", "cut off", "altered", "another version", "empty", "plain"],
)
def test_what_is_not_as_it_was_sealed_does_not_open(opens: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Altered):
        opens(Key(SECRET).seal(b"Sian Example", b"body 1/1"))


@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 1000])
def test_an_object_of_any_size_comes_back_whole(size: int) -> None:
    body = THREE[:size]
    sealed = in_segments(body)
    assert read(sealed) == body
    assert len(sealed) == HEAD + size + 16 * max(1, -(-size // SEGMENT))


def test_a_source_that_gives_little_at_a_time_makes_the_same_object() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 1_000))

    out = io.BytesIO()
    seal_object(SECRET, Slow(THREE), out)
    assert out.getvalue() == in_segments(THREE)
    with open_object(SECRET, Slow(out.getvalue())) as source:
        assert source.read() == THREE


def _exchanged(whole: bytes) -> bytes:
    first, second = whole[HEAD : HEAD + SEALED], whole[HEAD + SEALED : HEAD + 2 * SEALED]
    return whole[:HEAD] + second + first + whole[HEAD + 2 * SEALED :]


SPOILS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no segment": lambda whole: whole[:HEAD],
    "cut off within a segment": lambda whole: whole[:-1],
    "cut off between segments": lambda whole: whole[: HEAD + SEALED],
    "the last left out": lambda whole: whole[: HEAD + 2 * SEALED],
    "the first left out": lambda whole: whole[:HEAD] + whole[HEAD + SEALED :],
    "two exchanged": _exchanged,
    "one repeated": lambda whole: whole + whole[HEAD + 2 * SEALED :],
    "something added": lambda whole: whole + b"x",
    "a bit turned": lambda whole: whole[: HEAD + SEALED + 5] + bytes([whole[HEAD + SEALED + 5] ^ 1]) + whole[HEAD + SEALED + 6 :],
    "plain": lambda _: THREE,
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_an_object_that_was_tampered_with_is_never_read_to_its_end(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Altered):
        read(spoil(in_segments(THREE)))


def test_an_object_opens_with_its_own_key_alone() -> None:
    with pytest.raises(Altered):
        read(in_segments(b"Sian Example"), secrets.token_bytes(32))
