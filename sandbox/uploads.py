"""Attachments on their way to a REST stand-in: streamed to disk, hashed meanwhile, and of one that was cut the beginning is kept."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

_CHUNK = 1024 * 1024


@dataclass(slots=True)
class Upload:
    """An attachment that is being written to `part`: as far as it has come."""

    part: Path
    digest: "_Hash"
    size: int = 0

    async def take(self, stream: AsyncIterator[bytes]) -> None:
        """Adds what comes."""
        with self.part.open("ab") as file:
            async for chunk in stream:
                self.size += file.write(chunk)
                self.digest.update(chunk)


class Uploads:
    """The beginnings of attachments, by key. One upload at a time goes on from each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True, mode=0o700)

    def begun(self, key: str) -> int:
        """How many bytes of an attachment are here."""
        beginning = self._beginning(key)
        return beginning.stat().st_size if beginning.exists() else 0

    @contextmanager
    def anew(self, key: str) -> Iterator[Upload]:
        """An upload from the first byte. What has come when the line breaks is kept as the beginning, in the place of any other."""
        with self._kept(key, Upload(self._new(), hashlib.sha256())) as upload:
            yield upload
            self._beginning(key).unlink(missing_ok=True)

    @contextmanager
    def from_(self, key: str, offset: int) -> Iterator[Upload | None]:
        """An upload that goes on at `offset`; None where that is not how far it has come."""
        if not offset or self.begun(key) != offset:
            yield None
            return
        part = self._new()
        self._beginning(key).replace(part)
        with self._kept(key, Upload(part, hashlib.sha256(), offset)) as upload:
            yield upload

    @contextmanager
    def _kept(self, key: str, upload: Upload) -> Iterator[Upload]:
        ended = False
        try:
            yield upload
            ended = True
        finally:
            if not ended and upload.part.exists() and upload.part.stat().st_size:
                upload.part.replace(self._beginning(key))
            upload.part.unlink(missing_ok=True)

    def _new(self) -> Path:
        return self._folder / f".{os.urandom(8).hex()}.part"

    def _beginning(self, key: str) -> Path:
        return self._folder / f".{hashlib.sha256(key.encode()).hexdigest()}.begun"


async def rehash(upload: Upload) -> None:
    """The digest of a beginning: computed only where an upload goes on from it."""
    await asyncio.to_thread(_rehash, upload)


def _rehash(upload: Upload) -> None:
    with upload.part.open("rb") as file:
        while chunk := file.read(_CHUNK):
            upload.digest.update(chunk)
