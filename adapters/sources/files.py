"""Files in a folder that others write to: opened without following links, and let go only while they are the ones that were read."""

import errno
import io
import os
import re
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 1024 * 1024
LEAVING = ".leaving"
_ASIDE = re.compile(rf"\.[0-9a-f]+--?[0-9a-f]+(\.[^.]*)?{re.escape(LEAVING)}")  # as `remove` writes it


class Identity(NamedTuple):
    """Which file this is, whatever its name: another one written under the same name has another."""

    inode: int
    changed: int  # st_ctime, nanoseconds: reading leaves it as it is
    written: int  # st_mtime, nanoseconds: a new name leaves it as it is

    @classmethod
    def of(cls, state: os.stat_result) -> "Identity":
        return cls(state.st_ino, state.st_ctime_ns, state.st_mtime_ns)


class Line(NamedTuple):
    """A line that holds something. `body` is None where it is longer than is read; it lies at `offset`, `length` bytes long."""

    number: int  # from 1
    offset: int
    length: int
    body: bytes | None


def open_regular(path: str | Path) -> BinaryIO:
    """A regular file, for reading. Neither follows a link nor waits for a pipe. Raises OSError."""
    return os.fdopen(_opened(path)[0], "rb")


def read_regular(path: str | Path, largest: int) -> tuple[os.stat_result, bytes | None]:
    """How a regular file stood when it was opened, and what is in it: None where that is larger. Raises OSError.

    Where it grows meanwhile there are more bytes than its size says, and where it shrinks there are less.
    """
    descriptor, state = _opened(path)
    try:
        if state.st_size > largest:
            return state, None
        body = os.read(descriptor, state.st_size + 1)
        while len(body) < state.st_size and (more := os.read(descriptor, state.st_size + 1 - len(body))):
            body += more
        return state, body
    finally:
        os.close(descriptor)


def _opened(path: str | Path) -> tuple[int, os.stat_result]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return descriptor, state


def shown(name: str) -> str:
    """A file's name as text that can be stored: bytes of it that are no UTF-8 are spelled out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def lines(stream: BinaryIO, longest: int) -> Iterator[Line]:
    """Every line that holds something, never more than `longest` bytes of one in memory."""
    number = offset = 0
    while start := stream.readline(longest + 2):  # its line break may have two bytes
        number, length, body = number + 1, len(start), start.strip()
        while not start.endswith(b"\n") and (start := stream.readline(_CHUNK)):
            length += len(start)
        if body or length > longest + 2:
            is_whole = length <= longest + 2 and len(body) <= longest
            yield Line(number, offset, length, body if is_whole else None)
        offset += length


def remove(path: str | Path, identity: Identity) -> None:
    """Deletes the file that was read. One that has taken its name since is another arrival and stays; gone already is fine.

    The file is first taken out of the way under a name that says which it must be, and looked at again there: another
    that is renamed into its place at the last instant is put back (`put_right`), also by the next hub if this one ends here.
    """
    try:
        if Identity.of(os.lstat(path)) == identity:
            folder, name = os.path.split(path)
            aside = f"{folder}/{_mark(identity)}{os.path.splitext(name)[1]}{LEAVING}"
            os.rename(path, aside)
            put_right(aside)
    except FileNotFoundError:
        return


def is_leaving(name: str) -> bool:
    """Whether a file of this name is on its way out: not merely one that whoever sent it called so."""
    return _ASIDE.fullmatch(name) is not None


def put_right(aside: str) -> None:
    """Deletes a file on its way out if it is the one that its name says; any other comes back under a name of its own."""
    folder, name = os.path.split(aside)
    try:
        if name.startswith(f"{_mark(Identity.of(os.lstat(aside)))}."):
            os.unlink(aside)
        else:
            suffix = os.path.splitext(name.removesuffix(LEAVING))[1]
            os.rename(aside, f"{folder}/restored-{uuid.uuid4().hex}{suffix}")
    except FileNotFoundError:
        return


def _mark(identity: Identity) -> str:
    """With what the name of a file on its way out begins: a new name leaves both numbers as they are."""
    return f".{identity.inode:x}-{identity.written:x}"


class Piece(io.RawIOBase):
    """Part of an open file, as a file of its own: closing it closes the file."""

    def __init__(self, file: BinaryIO, offset: int, length: int) -> None:
        self._file = file
        self._left = length
        file.seek(offset)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        chunk = self._file.read(min(len(view), self._left))
        self._left -= len(chunk)
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._file.close()
        super().close()
