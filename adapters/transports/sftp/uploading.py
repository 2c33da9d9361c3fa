"""Writing a payload under a temporary name: from its beginning, or from where an earlier try of ours broke off.

Why it may go on there is in `docs/decisions/0005-resuming-uploads.md`: of what we write, at most `WINDOW` bytes are on their
way without an answer, so that the file is whole up to the last multiple of `WINDOW`, whatever a server does with the rest.
"""

import hashlib
import posixpath
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from paramiko import SFTPFile
from paramiko.sftp import CMD_EXTENDED, int64

from adapters.transports.sftp.border import FOREIGN, answered
from adapters.transports.sftp.session import Leftover, Session
from hub.contracts import Payload

if TYPE_CHECKING:
    from hashlib import _Hash

CHUNK = 32 * 1024  # bytes: what a server takes in one request of SFTP
WINDOW = 128 * CHUNK  # 4 MiB: one wait for each; at 20 ms it costs a tenth of 100 MB/s
TAIL = 8 * CHUNK  # bytes before the place to go on from that are read back where the server cannot compute a digest

_PART = re.compile(r"\.(?P<name>.+)\.(?P<digest>[0-9a-f]{16})?[0-9a-f]{8}\.part")


@dataclass(slots=True)
class Upload:
    """How far a payload has come: `offset` bytes of `body` have been read and are written, and `digest` is of those."""

    body: BinaryIO
    offset: int = 0
    digest: "_Hash" = field(default_factory=hashlib.sha256)


def new_part(directory: str, payload: Payload) -> str:
    """A temporary name that no try had before. It names the bytes, so that only these are ever added to it."""
    return posixpath.join(directory, f".{payload.name}.{payload.digest[:16]}{secrets.token_hex(4)}.part")


def is_part(file: str) -> tuple[str, str] | None:
    """Of a temporary name of ours: the name that it was for, and the beginning of the digest, empty where it has none."""
    match = _PART.fullmatch(file)
    return (match["name"], match["digest"] or "") if match else None


def furthest(lefts: list[Leftover], payload: Payload) -> Leftover | None:
    """What an earlier try brought furthest of this payload; None where there is nothing worth going on from."""
    ours = [left for left in lefts if left.digest == payload.digest[:16] and WINDOW < (left.size or 0) <= payload.size]
    return max(ours, key=lambda left: left.size or 0, default=None)


def write(session: Session, part: str, body: BinaryIO) -> Upload:
    """Writes everything to a new file. Raises where a request failed: the last one waits for the answers to all."""
    upload = Upload(body)
    with session.client.open(part, "wx") as far:
        _write(far, upload)
    return upload


def resume(session: Session, part: str, size: int, body: BinaryIO) -> Upload | None:
    """Goes on in a file of which the server has `size` bytes; None where it holds others, or does not let us, and nothing was written."""
    upload = Upload(body)
    tail = _skip(upload, (size - 1) // WINDOW * WINDOW)
    try:
        far = session.client.open(part, "r+")
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return None
    with far:
        if not _is_ours(session, far, upload, tail):
            return None
        far.seek(upload.offset)
        _write(far, upload)
    return upload


def discard(session: Session, part: str) -> None:
    """Removes a temporary file, where that can be done."""
    with suppress(*FOREIGN):
        if not session.gone:
            session.client.remove(part)


def _write(far: SFTPFile, upload: Upload) -> None:
    """Requests are pipelined; at each multiple of `WINDOW`, and at the end, the answers to all are waited for."""
    chunk = _exactly(upload.body, CHUNK)
    while chunk:
        following = _exactly(upload.body, CHUNK)
        upload.offset += len(chunk)
        far.set_pipelined(bool(following) and upload.offset % WINDOW != 0)
        far.write(chunk)
        upload.digest.update(chunk)
        chunk = following


def _exactly(body: BinaryIO, size: int) -> bytes:
    """So many bytes, however few the file gives at once; fewer only at its end."""
    chunk = body.read(size)
    while chunk and len(chunk) < size and (more := body.read(size - len(chunk))):
        chunk += more
    return chunk


def _skip(upload: Upload, offset: int) -> bytes:
    """Reads our own copy up to where the server's is whole. Returns the last bytes before."""
    tail = b""
    while upload.offset < offset and (chunk := _exactly(upload.body, CHUNK)):
        upload.offset += len(chunk)
        upload.digest.update(chunk)
        tail = (tail + chunk)[-TAIL:]
    return tail


def _is_ours(session: Session, far: SFTPFile, upload: Upload, tail: bytes) -> bool:
    """Whether the server holds what we wrote: by a digest that it computes itself, else by the bytes before the place to go on from."""
    try:
        computed = _computed(session, far, upload.offset)
        if computed is not None:
            return computed == upload.digest.digest()
        far.seek(upload.offset - len(tail))
        return far.read(len(tail)) == tail
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return False


def _computed(session: Session, far: SFTPFile, length: int) -> bytes | None:
    """The digest that the server computes of the first `length` bytes; None where it cannot.

    By draft-ietf-secsh-filexfer-extensions-00, 3: ProFTPD knows `check-file-handle`, but not paramiko's own `check-file`.
    """
    try:
        request = session.client._request  # type: ignore[attr-defined]  # no public call sends an extended request
        _, said = request(CMD_EXTENDED, "check-file-handle", far.handle, "sha256", int64(0), int64(length), 0)
    except OSError as error:
        if not answered(error, session.gone):
            raise
        return None
    return bytes(said.get_remainder()[-hashlib.sha256().digest_size :])
