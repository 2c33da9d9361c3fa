"""Outcomes as files: `<key>.ndjson` in a folder that the platform takes them from (`docs/outcomes.md`)."""

import errno
import hashlib
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from adapters import settings as adapter_settings
from adapters.settings import STRICT
from hub.contracts import Misconfigured, Notice, Refused, Unavailable

_NOT_OURS = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS)  # a person must put the folder right


class Settings(BaseModel):
    """Where the platform looks."""

    model_config = STRICT

    path: Path


class FolderPlatform:
    """A folder that the platform fetches notices from. A file is there whole or not at all, and is on the disk when it is there.

    One that the platform has taken away is put there again only where the hub could not write down that it was there.
    """

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._folder = adapter_settings.read(Settings, settings, "platform 'folder'").path

    def tell(self, notice: Notice) -> None:
        """Writes the notice under a temporary name and renames it. A file of this name with other bytes is left alone: Refused."""
        path = self._folder / f"{notice.key}.ndjson"
        with self._border():
            if not _is_there(path, notice):
                _write(path, notice.body)

    def close(self) -> None:
        """Nothing is kept open."""

    @contextmanager
    def _border(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = f"{self._folder}: {os.strerror(error.errno) if error.errno else type(error).__name__}"
            if error.errno in _NOT_OURS:
                raise Misconfigured("folder-unusable", f"{why}; make it, and let the hub's user write to it") from None
            raise Unavailable("folder-unavailable", why) from None


def _is_there(path: Path, notice: Notice) -> bool:
    """Whether this very notice lies there. Raises Refused where the name is another's."""
    try:
        there = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return False
    if there != notice.digest:
        raise Refused("other-bytes", f"{path.name} is there already, with other bytes: take it away")
    return True


def _write(path: Path, body: bytes) -> None:
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
