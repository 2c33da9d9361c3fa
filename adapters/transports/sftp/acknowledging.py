"""Acknowledgement files on a server: listed, read within limits, and let go."""

import errno
import posixpath
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson
from paramiko import SFTPAttributes, SFTPFile

from adapters.transports.acknowledgements import MOST_FAULTS, UNFINISHED, Fault, Malformed, parse_line
from adapters.transports.sftp.ahead import read_ahead
from adapters.transports.sftp.border import answered
from adapters.transports.sftp.session import Session
from hub.contracts import Acknowledgement

SUFFIX = ".ack.json"
LARGEST = 16_000_000  # bytes of one file: some hundred thousand acknowledgements
LONGEST_NAME = 150  # characters
_CHUNK = 32 * 1024


Stamp = tuple[int | None, int | None]  # size in bytes and time of the last change: what tells whether a file was written anew


@dataclass(frozen=True, slots=True)
class Read:
    """What one file says, and the lines of it that could not be read."""

    said: tuple[Acknowledgement, ...]
    faults: tuple[Fault, ...]
    damaged: bool  # to be put aside for a person, not deleted
    stamp: Stamp | None = None  # of the file as it was read; None where the server lets nobody ask


def files(session: Session, folder: str) -> list[str]:
    """The names of the acknowledgement files, oldest first. Dotfiles and whatever is not a file are left alone."""
    entries = [entry for entry in session.client.listdir_attr(folder) if _is_ours(entry)]
    return [entry.filename for entry in sorted(entries, key=lambda entry: (entry.st_mtime or 0, entry.filename))]


def is_one(name: str) -> bool:
    """Whether a file is an acknowledgement by its name, or was put aside as one: they may lie in the same folder as the drops."""
    return name.removesuffix(".bad").endswith(SUFFIX)


def read(session: Session, folder: str, file: str) -> Read:
    """What a file says. A line that is not as published is a fault, and the others still count.

    One that the server does not open, or not read to its end, is a fault as well: the force must see to it, and the other files are read.
    """
    try:
        found = _body(session, posixpath.join(folder, file))
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return Read((), (Fault(file, 0, "file-refused"),), damaged=False)
    if found is None:
        return Read((), (), damaged=False)
    body, stamp = found
    if len(body) > LARGEST:
        return Read((), (Fault(file, 0, "file-too-large"),), damaged=True, stamp=stamp)
    if _is_unfinished(body):
        return Read((), (Fault(file, 0, UNFINISHED),), damaged=False, stamp=stamp)
    said: list[Acknowledgement] = []
    faults: list[Fault] = []
    for number, line in _lines(body):
        try:
            said.append(parse_line(line, f"{file}:{number}", file))
        except Malformed as fault:
            faults += [Fault(file, number, fault.code)] if len(faults) < MOST_FAULTS else []
    return Read(tuple(said), tuple(faults), damaged=bool(faults), stamp=stamp)


def is_as_read(session: Session, folder: str, file: str, stamp: Stamp | None) -> bool:
    """Whether a file is still the one that was read: a force may write it anew under its name, and that is read next time."""
    if stamp is None:
        return True
    try:
        return _stamp(session.client.stat(posixpath.join(folder, file))) == stamp
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return True  # gone, or nobody may ask: deleting says the rest


def delete(session: Session, folder: str, file: str) -> None:
    """Deletes a file; it may be gone already."""
    try:
        session.client.remove(posixpath.join(folder, file))
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise


def put_aside(session: Session, folder: str, file: str) -> None:
    """Renames a file to `<name>.bad`, where no pass reads it again; it may be gone already.

    Where one of that name is there, and the server replaces none, it gets a name of its own.
    """
    path = posixpath.join(folder, file)
    own = f"{path.removesuffix(SUFFIX)}.{secrets.token_hex(4)}{SUFFIX}.bad"
    client = session.client
    if not (_is_renamed(session, client.posix_rename, path, f"{path}.bad") or _is_renamed(session, client.rename, path, f"{path}.bad")):
        client.rename(path, own)


def put_aside_if_let(session: Session, folder: str, file: str) -> None:
    """The same where the server lets us: a file that must stay where it is keeps no other from being read."""
    try:
        put_aside(session, folder, file)
    except OSError as error:
        if not answered(error, session.gone):
            raise


def _is_renamed(session: Session, rename: Callable[[str, str], None], path: str, to: str) -> bool:
    """Whether a file is where it was no longer; False where the server says no."""
    try:
        rename(path, to)
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return error.errno == errno.ENOENT
    return True


def _is_ours(entry: SFTPAttributes) -> bool:
    name = entry.filename
    if not name.endswith(SUFFIX) or name.startswith(".") or "/" in name or len(name) > LONGEST_NAME or not name.isprintable():
        return False
    return entry.st_mode is None or stat.S_ISREG(entry.st_mode)


def _body(session: Session, path: str) -> tuple[bytes, Stamp | None] | None:
    """At most one byte more than `LARGEST`, and the stamp from before the first byte; None where the file is gone."""
    body = bytearray()
    try:
        with session.client.open(path, "rb") as far:
            stamp = _stamp_of(session, far)
            if stamp and (size := stamp[0]):
                read_ahead(far, min(size, LARGEST + 1))
            while len(body) <= LARGEST and (chunk := far.read(_CHUNK)):
                body += chunk
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        return None
    return bytes(body), stamp


def _stamp(entry: SFTPAttributes) -> Stamp:
    return entry.st_size, entry.st_mtime


def _stamp_of(session: Session, far: SFTPFile) -> Stamp | None:
    """The stamp of an open file; None where the server lets nobody ask, and it is read piece by piece."""
    try:
        return _stamp(far.stat())
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return None


def _is_unfinished(body: bytes) -> bool:
    """Whether the last line breaks off: a force that does not rename when whole is still writing. It is read again next time."""
    last = body.rpartition(b"\n")[2].strip()
    if not last:
        return False
    try:
        orjson.loads(last)
    except orjson.JSONDecodeError:
        return True
    return False


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, with their numbers from 1."""
    for number, line in enumerate(body.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if stripped := line.strip():
            yield number, stripped
