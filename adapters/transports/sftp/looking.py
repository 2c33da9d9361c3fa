"""Looking at what a server holds: whether a payload is there, whole."""

import errno
import hashlib
import stat
from collections.abc import Iterator

from adapters.transports.sftp.ahead import read_ahead
from adapters.transports.sftp.border import answered
from adapters.transports.sftp.session import Leftover, Session
from adapters.transports.sftp.uploading import is_part
from hub.contracts import Absent, CannotTell, Differs, Finding, Found, Listed, Payload

DIFFERS = Differs("that name is there with other bytes")
_CHUNK = 32 * 1024
_LARGEST = 2**63 - 1  # bytes: servers count in 64 bits without a sign, databases with one


def look(session: Session, payload: Payload, path: str, read_back: int) -> Finding:
    """Whether the payload is at `path`, by its size and, up to `read_back` bytes, by its digest."""
    try:
        found = session.client.stat(path).st_size
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return Absent() if error.errno == errno.ENOENT else CannotTell("the far end does not let us look")
    if found != payload.size:
        return DIFFERS
    return _compare(session, payload, path) if payload.size <= read_back else Found()


def is_absent(session: Session, path: str) -> bool:
    """Whether the server says that there is nothing at `path`; one that does not let us look says nothing."""
    try:
        session.client.stat(path)
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return error.errno == errno.ENOENT
    return False


def size(session: Session, path: str) -> int | None:
    """The size of a file in bytes; None where the server does not say."""
    try:
        return session.client.stat(path).st_size
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return None


def leftovers(session: Session, directory: str) -> dict[str, list[Leftover]]:
    """Temporary files of ours in a directory, by the name they were for; none where it cannot be listed."""
    try:
        entries = session.client.listdir_attr(directory)
    except UnicodeDecodeError:  # somebody's file has a name that is no UTF-8
        return {}
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return {}
    found: dict[str, list[Leftover]] = {}
    for entry in entries:
        if part := is_part(entry.filename):
            name, digest = part
            found.setdefault(name, []).append(Leftover(entry.filename, digest, entry.st_size))
    return found


def listed(session: Session, directory: str) -> Iterator[Listed]:
    """The files in a directory, as the server gives them: never all in memory. Temporary ones are left out, and what is no file."""
    for entry in session.client.listdir_iter(directory):
        if not entry.filename.startswith(".") and (entry.st_mode is None or stat.S_ISREG(entry.st_mode)):
            yield Listed(entry.filename, entry.st_size if (entry.st_size or 0) <= _LARGEST else None)


def read(session: Session, path: str, at_most: int) -> bytes | CannotTell:
    """The bytes at `path`, whole; a far end that sends more than `at_most` is not listened to for ever."""
    try:
        with session.client.open(path, "rb") as far:
            size = far.stat().st_size
            if size is None or size > at_most:
                return CannotTell("it is too large to be read")
            read_ahead(far, size)
            body = bytearray()
            while len(body) < size and (chunk := far.read(min(_CHUNK, size - len(body)))):
                body += chunk
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return CannotTell("the far end does not let us read")
    return bytes(body) if len(body) == size else CannotTell("it changed while it was read")


def _compare(session: Session, payload: Payload, path: str) -> Finding:
    try:
        same = _digest(session, path, payload.size) == payload.digest
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return CannotTell("the far end does not let us read")
    return Found() if same else DIFFERS


def _digest(session: Session, path: str, length: int) -> str:
    """The digest of the first `length` bytes: a far end that sends more is not listened to for ever."""
    digest = hashlib.sha256()
    with session.client.open(path, "rb") as far:
        read_ahead(far, length)
        while length > 0 and (chunk := far.read(min(_CHUNK, length))):
            digest.update(chunk)
            length -= len(chunk)
    return digest.hexdigest()
