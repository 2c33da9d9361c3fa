"""Keeps the bytes that are too large for a row: a folder, or any file system that fsspec knows (S3).

Content-addressed per force (`<force>/<first two digits>/<SHA-256>`): written again after a crash it is the same object, and
one force's bytes never share an object with another's.
"""

import hashlib
import io
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from hub.ledger.errors import LedgerUnavailable

INLINE = 64 * 1024  # bytes: up to this a body lies in its row
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """Where bytes lie: in the row (`body`) or at `uri`; never both."""

    size: int
    digest: str
    body: bytes | None = None
    uri: str | None = None


class Store:
    """A content-addressed store. What `put` and `stream` return is durable: on a disk it has been synced.

    Both raise LedgerUnavailable where it cannot be written: the disk is full, or not ours.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._local = Path(self.url) if "://" not in self.url else None

    def put(self, force: str, body: bytes) -> Stored:
        """Keep these bytes, in the row if they are small."""
        digest = hashlib.sha256(body).hexdigest()
        if len(body) <= INLINE:
            return Stored(len(body), digest, body=body)
        uri = self._address(force, digest)
        self._write(uri, lambda out: out.write(body))
        return Stored(len(body), digest, uri=uri)

    def stream(self, force: str, source: BinaryIO) -> Stored:
        """Keep what `source` gives, in flat memory. Read once: the digest is that of the bytes that are kept, whoever still writes them.

        Raises OSError where `source` cannot be read.
        """
        digest, size = hashlib.sha256(), 0
        with self._nameless() as copy:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                size += self._add(copy, chunk)
            copy.seek(0)
            uri = self._address(force, digest.hexdigest())
            self._write(uri, lambda out: _copy(copy, out))
        return Stored(size, digest.hexdigest(), uri=uri)

    def open(self, body: bytes | None, uri: str | None) -> BinaryIO:
        """The bytes again, wherever they lie. Raises FileNotFoundError where they are gone, LedgerUnavailable where the store is."""
        if body is not None or uri is None:
            return io.BytesIO(body or b"")
        try:
            return self._open(uri)
        except FileNotFoundError:
            if self._local and not (self._local / uri).parent.parent.is_dir():  # the force's folder: a disk that is not mounted
                raise LedgerUnavailable(f"the store {self.url} is not there", "mount or restore it") from None
            raise
        except OSError as error:
            raise self._unavailable(error) from None

    def read(self, body: bytes | None, uri: str | None) -> bytes:
        """The bytes again, whole. Raises FileNotFoundError where they are gone, LedgerUnavailable where the store is."""
        if body is not None:
            return body
        try:
            with self.open(body, uri) as source:
                return source.read()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._unavailable(error) from None

    def _open(self, uri: str) -> BinaryIO:
        if self._local:
            return (self._local / uri).open("rb")
        import fsspec

        opened: BinaryIO = fsspec.open(f"{self.url}/{uri}", "rb").open()
        return opened

    def _nameless(self) -> BinaryIO:
        """A file of no name, on the store's own disk where it has one; a small one stays in memory. It is gone when it is closed."""
        with self.ours():
            if self._local:
                self._local.mkdir(parents=True, exist_ok=True)
            return cast(BinaryIO, SpooledTemporaryFile(_CHUNK, dir=str(self._local) if self._local else None))

    def _add(self, copy: BinaryIO, chunk: bytes) -> int:
        with self.ours():
            return copy.write(chunk)

    def _address(self, force: str, digest: str) -> str:
        return f"{force}/{digest[:2]}/{digest}"

    def _write(self, uri: str, fill: Callable[[BinaryIO], object]) -> None:
        with self.ours():
            if self._local:
                _write_durably(self._local / uri, fill)
                return
            import fsspec

            with fsspec.open(f"{self.url}/{uri}", "wb") as out:
                fill(out)

    @contextmanager
    def ours(self) -> Iterator[None]:
        """What fails in here is the store's own trouble, not that of what it was given."""
        try:
            yield
        except OSError as error:
            raise self._unavailable(error) from None

    def _unavailable(self, error: OSError) -> LedgerUnavailable:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        return LedgerUnavailable(f"the store {self.url} cannot be used ({why})", "free space on it, or let the hub's user write to it")


def _copy(source: BinaryIO, out: BinaryIO) -> None:
    while chunk := source.read(_CHUNK):
        out.write(chunk)


def _write_durably(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Also where there is a file of that name already: it may be a damaged one, which this replaces."""
    _make_folder(path.parent)
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with part.open("wb") as out:
            fill(out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync(path.parent)


def _make_folder(folder: Path) -> None:
    """A folder and those above it, each synced in the one that it lies in."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
