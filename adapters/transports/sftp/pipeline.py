"""Requests of SFTP (version 3) that do not wait for each other: many go out in one piece, and their answers come back in a few.

paramiko's own client waits for the answer to each request, and sends each in a packet of SSH: for small files that is what they cost.
Here are the few requests that such a file needs, over the channel that the session has; whatever else it does, paramiko does.
"""

import errno
from collections.abc import Sequence
from dataclasses import dataclass

from paramiko import Channel
from paramiko.sftp import (
    CMD_ATTRS,
    CMD_CLOSE,
    CMD_EXTENDED,
    CMD_HANDLE,
    CMD_OPEN,
    CMD_REMOVE,
    CMD_STAT,
    CMD_STATUS,
    CMD_WRITE,
    SFTP_FLAG_CREATE,
    SFTP_FLAG_EXCL,
    SFTP_FLAG_TRUNC,
    SFTP_FLAG_WRITE,
    SFTP_NO_SUCH_FILE,
    SFTP_OK,
    SFTP_PERMISSION_DENIED,
    SFTPError,
)

_ANEW = SFTP_FLAG_WRITE | SFTP_FLAG_CREATE | SFTP_FLAG_TRUNC | SFTP_FLAG_EXCL
_HAS_SIZE = 1  # of the attributes
_NO_ATTRIBUTES = bytes(4)
_FIRST, _LAST = 0x40000000, 0x7FFFFFFF  # numbers of requests, far from those that paramiko counts up for its own
_LONGEST = 256 * 1024  # bytes of one answer: none that we ask for is as long
_PIECE = 256 * 1024
_ERRNO = {SFTP_NO_SUCH_FILE: errno.ENOENT, SFTP_PERMISSION_DENIED: errno.EACCES}


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its type and what follows its number."""

    type: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a status, a handle, or attributes."""

    type: int
    body: bytes

    @property
    def error(self) -> OSError | None:
        """What the server said went wrong, as paramiko would raise it; None where nothing did. Raises SFTPError."""
        if self.type != CMD_STATUS:
            return None
        code = _number(self.body)
        if code == SFTP_OK:
            return None
        return OSError(_ERRNO[code], "") if code in _ERRNO else OSError("the far end could not")

    @property
    def handle(self) -> bytes:
        """Raises SFTPError where it is none."""
        if self.type != CMD_HANDLE:
            raise SFTPError("not a handle")
        return self.body[4 : 4 + _number(self.body)]

    @property
    def size(self) -> int | None:
        """Of a file, in bytes; None where the server does not say. Raises SFTPError."""
        if self.type != CMD_ATTRS:
            raise SFTPError("not attributes")
        return int.from_bytes(self.body[4:12], "big") if _number(self.body) & _HAS_SIZE and len(self.body) >= 12 else None


def stat(path: str) -> Request:
    return Request(CMD_STAT, _text(path))


def create(path: str) -> Request:
    """Opens a file for writing that must not be there yet."""
    return Request(CMD_OPEN, _text(path) + _ANEW.to_bytes(4, "big") + _NO_ATTRIBUTES)


def write(handle: bytes, offset: int, data: bytes) -> Request:
    return Request(CMD_WRITE, _bytes(handle) + offset.to_bytes(8, "big") + _bytes(data))


def close(handle: bytes) -> Request:
    return Request(CMD_CLOSE, _bytes(handle))


def remove(path: str) -> Request:
    return Request(CMD_REMOVE, _text(path))


def posix_rename(old: str, new: str) -> Request:
    return Request(CMD_EXTENDED, _text("posix-rename@openssh.com") + _text(old) + _text(new))


class Pipeline:
    """Asks over a channel on which nothing else is under way. Used by one thread, as the session is."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._number = _FIRST
        self._came = bytearray()

    def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers, in the order of the requests. Raises what a channel raises, EOFError and SFTPError."""
        answers: dict[int, Answer] = {}
        first = self.send(requests)
        self.receive(first, len(requests), answers)
        return [answers[number] for number in range(first, first + len(requests))]

    def send(self, requests: Sequence[Request]) -> int:
        """Sends them in one piece. Returns the number of the first; the others follow."""
        if self._number + len(requests) > _LAST:
            self._number = _FIRST
        first = self._number
        packets = bytearray()
        for number, request in enumerate(requests, first):
            packets += (5 + len(request.body)).to_bytes(4, "big") + bytes((request.type,)) + number.to_bytes(4, "big") + request.body
        self._number += len(requests)
        self._channel.sendall(bytes(packets))
        return first

    def receive(self, first: int, count: int, answers: dict[int, Answer]) -> None:
        """Waits for the answers to `count` requests; as many as came stand in `answers`, also where it raises."""
        while len(answers) < count:
            packet = self._packet()
            if packet is None:
                data = self._channel.recv(_PIECE)
                if not data:
                    raise EOFError
                self._came += data
                continue
            number = _number(packet[1:5])
            if first <= number < first + count:  # paramiko itself does not wait for the answer to every close
                answers[number] = Answer(packet[0], packet[5:])

    def _packet(self) -> bytes | None:
        if len(self._came) < 4:
            return None
        length = _number(self._came[:4])
        if not 5 <= length <= _LONGEST:
            raise SFTPError("garbled answer")
        if len(self._came) < 4 + length:
            return None
        packet = bytes(self._came[4 : 4 + length])
        del self._came[: 4 + length]
        return packet


def _number(data: bytes | bytearray) -> int:
    if len(data) < 4:
        raise SFTPError("garbled answer")
    return int.from_bytes(data[:4], "big")


def _bytes(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _text(text: str) -> bytes:
    return _bytes(text.encode())
