"""Keeps the bytes that are too large for a row: a folder, or any file system that fsspec knows (S3).

Under a force (`<force>/<first two digits>/<name>`), so that one force's bytes never share an object with another's. Encrypted, an object
has a name and a key drawn at random, which say nothing of what is in it: one that a crash left without a row can be read by nobody.
Unencrypted, it is named by its SHA-256: written again after a crash it is the same object.
"""

import hashlib
import io
import os
import secrets
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from hub.ledger.boxes import open_object, seal_object
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.vault import DataKey, Vault

INLINE = 64 * 1024  # bytes: up to this a body lies in its row
_CHUNK = 1024 * 1024
_FAR = ("botocore", "aiobotocore", "aiohttp", "s3fs", "fsspec")
_PIECE = 8 * _CHUNK  # of a far object on its way: as much is in memory


@dataclass(frozen=True, slots=True)
class Stored:
    """Where bytes lie: in the row (`body`) or at `uri`; never both.

    `key` seals the row that keeps them, and `secret` is the key of the object at `uri`; both None where they are not encrypted.
    """

    size: int
    digest: str
    body: bytes | None = field(default=None, repr=False)
    uri: str | None = None
    secret: bytes | None = field(default=None, repr=False)
    key: DataKey | None = field(default=None, repr=False, compare=False)


class Store:
    """What `put` and `stream` return is durable: on a disk it has been synced. What is kept for a force is encrypted with its key.

    Both raise LedgerUnavailable where it cannot be written: the disk is full, or not ours.
    """

    def __init__(self, url: str, vault: Vault | None = None) -> None:
        self.url = url.rstrip("/")
        self._vault = vault
        self._local = Path(self.url) if "://" not in self.url else None

    def put(self, force: str, body: bytes) -> Stored:
        """Keep these bytes, in the row if they are small."""
        digest = hashlib.sha256(body).hexdigest()
        key = self._vault.current(force) if self._vault else None
        if len(body) <= INLINE:
            return Stored(len(body), digest, body=body, key=key)
        if key:
            return self._seal(force, key, io.BytesIO(body))
        uri = _address(force, digest)
        self._write(uri, lambda out: out.write(body))
        return Stored(len(body), digest, uri=uri)

    def stream(self, force: str, source: BinaryIO) -> Stored:
        """Keep what `source` gives, in flat memory. Read once: the digest is that of the bytes that are kept, whoever still writes them.

        Raises OSError where `source` cannot be read.
        """
        if self._vault and (key := self._vault.current(force)):
            return self._seal(force, key, source)
        digest, size = hashlib.sha256(), 0
        with self._nameless() as copy:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                size += self._add(copy, chunk)
            copy.seek(0)
            uri = _address(force, digest.hexdigest())
            self._write(uri, lambda out: _copy(copy, out))
        return Stored(size, digest.hexdigest(), uri=uri)

    def _seal(self, force: str, key: DataKey, source: BinaryIO) -> Stored:
        """An object of its own, encrypted on its way: nothing of it is ever on the store's disk in plain text."""
        secret, uri, passing = secrets.token_bytes(32), _address(force, uuid.uuid4().hex), _Passing(source)
        self._write(uri, lambda out: seal_object(secret, cast(BinaryIO, passing), out), passing)
        return Stored(passing.size, passing.digest.hexdigest(), uri=uri, secret=secret, key=key)

    def has(self, uri: str) -> bool:
        """Whether something lies at `uri`. Raises LedgerUnavailable."""
        with self.ours():
            if self._local:
                return (self._local / uri).is_file()
            import fsspec

            system, path = fsspec.core.url_to_fs(f"{self.url}/{uri}")
            return bool(system.exists(path))

    def take(self, uri: str, source: BinaryIO) -> None:
        """Keep what another store has at `uri` under the same one. Raises LedgerUnavailable."""
        with source:
            self._write(uri, lambda out: _copy(source, out))

    def open(self, body: bytes | None, uri: str | None, secret: bytes | None = None) -> BinaryIO:
        """The bytes again, wherever they lie; an encrypted object's by its key, where reading it may raise Altered.

        Raises FileNotFoundError where they are gone, LedgerUnavailable where the store is.
        """
        if body is not None or uri is None:
            return io.BytesIO(body or b"")
        try:
            source = self._open(uri)
            return open_object(secret, source) if secret else source
        except FileNotFoundError:
            if self._local and not (self._local / uri).parent.parent.is_dir():  # the force's folder: a disk that is not mounted
                raise LedgerUnavailable(f"the store {self.url} is not there", "mount or restore it") from None
            raise
        except OSError as error:
            raise self._unavailable(error) from None
        except Exception as error:
            if not _is_foreign(error):
                raise
            raise self._unavailable(error) from None

    def read(self, body: bytes | None, uri: str | None, secret: bytes | None = None) -> bytes:
        """The bytes again, whole. Raises FileNotFoundError where they are gone, Altered where they are others, LedgerUnavailable
        where the store is gone.
        """
        if body is not None:
            return body
        try:
            with self.open(body, uri, secret) as source:
                return source.read()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._unavailable(error) from None
        except Exception as error:
            if not _is_foreign(error):
                raise
            raise self._unavailable(error) from None

    def delete(self, uri: str) -> None:
        """An object is there no more. Raises LedgerUnavailable where it cannot be deleted."""
        with self.ours():
            if self._local:
                (self._local / uri).unlink(missing_ok=True)
                return
            import fsspec

            files, path = fsspec.core.url_to_fs(f"{self.url}/{uri}")
            if files.exists(path):
                files.rm_file(path)

    def _open(self, uri: str) -> BinaryIO:
        if self._local:
            return (self._local / uri).open("rb")
        import fsspec

        system, path = fsspec.core.url_to_fs(f"{self.url}/{uri}")
        return cast(BinaryIO, system.open(path, "rb", block_size=_PIECE, cache_type="readahead"))

    def _nameless(self) -> BinaryIO:
        """A file of no name, on the store's own disk where it has one; a small one stays in memory. It is gone when it is closed."""
        with self.ours():
            if self._local:
                self._local.mkdir(parents=True, exist_ok=True)
            return cast(BinaryIO, SpooledTemporaryFile(_CHUNK, dir=str(self._local) if self._local else None))

    def _add(self, copy: BinaryIO, chunk: bytes) -> int:
        with self.ours():
            return copy.write(chunk)

    def _write(self, uri: str, fill: Callable[[BinaryIO], object], source: "_Passing | None" = None) -> None:
        with self.ours(source):
            if self._local:
                _write_durably(self._local / uri, fill)
                return
            self._write_far(f"{self.url}/{uri}", fill)

    def _write_far(self, address: str, fill: Callable[[BinaryIO], object]) -> None:
        """Whole or not at all: the object is there when the last piece of it is."""
        import fsspec

        system, path = fsspec.core.url_to_fs(address)
        with system.open(path, "wb", block_size=_PIECE) as out:
            try:
                fill(out)
            except BaseException:
                out.discard()
                out.closed = True  # else its end would keep what was written so far
                raise

    @contextmanager
    def ours(self, source: "_Passing | None" = None) -> Iterator[None]:
        """What fails in here is the store's own trouble, unless it was `source` that could not be read."""
        try:
            yield
        except OSError as error:
            if source and source.error is error:
                raise
            raise self._unavailable(error) from None
        except Exception as error:
            if not _is_foreign(error):
                raise
            raise self._unavailable(error) from None

    def _unavailable(self, error: Exception) -> LedgerUnavailable:
        number = error.errno if isinstance(error, OSError) else None
        why = os.strerror(number) if number else type(error).__name__
        if not self._local:
            return LedgerUnavailable(f"the store {self.url} cannot be used ({why})", "see whether it is there, and lets the hub in")
        return LedgerUnavailable(f"the store {self.url} cannot be used ({why})", "free space on it, or let the hub's user write to it")


class _Passing:
    """Bytes on their way into the store: counted, digested, and asked whether it was they that failed."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.size = 0
        self.digest = hashlib.sha256()
        self.error: OSError | None = None

    def read(self, size: int) -> bytes:
        try:
            chunk = self._source.read(size)
        except OSError as error:
            self.error = error
            raise
        self.size += len(chunk)
        self.digest.update(chunk)
        return chunk


def _address(force: str, name: str) -> str:
    return f"{force}/{name[:2]}/{name}"


def _is_foreign(error: Exception) -> bool:
    """Whether a far store's library raised it: such libraries have errors of their own, which are no OSError."""
    return type(error).__module__.partition(".")[0] in _FAR


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
