"""AES-256-GCM: what is small in one box, bound to its place; what is large in segments, so that it passes through flat memory.

A box is a version, a nonce drawn at random, and the sealed bytes. An object of segments follows STREAM (Hoang, Reyhanitabar, Rogaway and
Vizár, 2015): each segment's nonce holds its number and whether it is the last, so that none can be cut off, left out, repeated or moved.
An object has a key of its own, drawn at random and used for it alone.
"""

import io
import os
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SEGMENT = 256 * 1024  # bytes of plain text
_TAG = 16
_NONCE = 12
_BOX = b"\x01"
_OBJECT = b"soh-hub object 1\n"


class Altered(Exception):
    """Sealed bytes are not the ones that were sealed, or do not lie where they were put."""


class Key:
    """A key that seals and opens. Shows nothing of itself."""

    __slots__ = ("_cipher",)

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def seal(self, body: bytes, place: bytes) -> bytes:
        """These bytes in a box that opens only at this place."""
        nonce = os.urandom(_NONCE)
        return _BOX + nonce + self._cipher.encrypt(nonce, body, place)

    def open(self, box: bytes, place: bytes) -> bytes:
        """What lies in a box. Raises Altered."""
        if box[:1] != _BOX or len(box) < 1 + _NONCE + _TAG:
            raise Altered
        try:
            return self._cipher.decrypt(box[1 : 1 + _NONCE], box[1 + _NONCE :], place)
        except InvalidTag:
            raise Altered from None


def seal_object(secret: bytes, source: BinaryIO, out: BinaryIO) -> None:
    """All that `source` gives, in segments under a key that is used for nothing else."""
    cipher, number = AESGCM(secret), 0
    out.write(_OBJECT)
    segment = _whole(source, SEGMENT)
    while True:
        following = _whole(source, SEGMENT)
        out.write(cipher.encrypt(_nonce(number, last=not following), segment, _OBJECT))
        if not following:
            return
        segment, number = following, number + 1


def open_object(secret: bytes, source: BinaryIO) -> BinaryIO:
    """The bytes again, in flat memory. What it gives raises Altered at the first segment that is not as it was sealed."""
    return io.BufferedReader(_Segments(secret, source), SEGMENT)


class _Segments(io.RawIOBase):
    """Gives out a segment only when it has been found to be whole, and an end only where there was one."""

    def __init__(self, secret: bytes, source: BinaryIO) -> None:
        self._cipher = AESGCM(secret)
        self._source = source
        self._number = 0
        self._left = memoryview(b"")
        self._sealed = b""  # the segment that comes next
        self._begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        if not self._left and not self._open_next():
            return 0
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def _open_next(self) -> bool:
        if not self._begun:
            self._begun = True
            if _whole(self._source, len(_OBJECT)) != _OBJECT:
                raise Altered
            self._sealed = _whole(self._source, SEGMENT + _TAG)
        elif not self._sealed:
            return False
        following = _whole(self._source, SEGMENT + _TAG)
        try:
            self._left = memoryview(self._cipher.decrypt(_nonce(self._number, last=not following), self._sealed, _OBJECT))
        except InvalidTag:
            raise Altered from None
        self._sealed, self._number = following, self._number + 1
        return bool(self._left)

    def close(self) -> None:
        self._source.close()
        super().close()


def _nonce(number: int, *, last: bool) -> bytes:
    return b"\0" * 7 + number.to_bytes(4, "big") + bytes([last])


def _whole(source: BinaryIO, size: int) -> bytes:
    """So many bytes, or as many as there are left: a raw stream may give less at a time."""
    found = source.read(size)
    while found and len(found) < size and (more := source.read(size - len(found))):
        found += more
    return found
