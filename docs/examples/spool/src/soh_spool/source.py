"""Submissions from a folder with a folder for each: `submission.json`, attachments beside it; renamed into place when whole."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, PositiveInt

from adapters import settings as adapter_settings
from adapters.settings import STRICT
from adapters.sources.files import Identity, open_regular, remove, shown
from hub.contracts import Bookmark, SourceUnavailable, Submission

_NAME = "submission.json"


class Settings(BaseModel):
    """`largest` is in bytes of one submission: what is larger is read in pieces."""

    model_config = STRICT

    directory: Path
    largest: PositiveInt = 5_000_000


@dataclass(frozen=True, slots=True)
class _Read:
    """What is let go with a submission: its own file, and those beside it that somebody opened."""

    path: Path
    identity: Identity
    opened: dict[Path, Identity] = field(default_factory=dict)


class SpoolSource:
    """Needs no bookmark: what was let go is gone."""

    name = "spool"

    def __init__(self, settings: Mapping[str, object], _bookmark: Bookmark | None = None) -> None:
        self._settings = adapter_settings.read(Settings, settings, "source 'spool'")
        self._read: dict[str, _Read] = {}

    def submissions(self) -> Iterator[Submission]:
        try:
            there = [path for path in self._settings.directory.glob(f"*/{_NAME}") if not path.parent.name.startswith(".")]
            self._settings.directory.stat()
            files = sorted((path.stat().st_mtime_ns, path) for path in there if not path.parent.is_symlink())
        except OSError as error:
            raise self._unavailable(error) from None
        for _, path in files:
            yield from self._submission(path)

    def settle(self, submissions: Sequence[Submission]) -> None:
        """Attachments first: if we end between the two, the submission is read again, and known by its arrival."""
        for submission in submissions:
            if read := self._read.pop(submission.arrival, None):
                try:
                    for path, identity in {**read.opened, read.path: read.identity}.items():
                        remove(path, identity)
                    if not any(read.path.parent.iterdir()):
                        read.path.parent.rmdir()
                except OSError as error:
                    raise self._unavailable(error) from None

    def close(self) -> None:
        """Nothing is kept open."""

    def _submission(self, path: Path) -> Iterator[Submission]:
        name = shown(path.parent.name)
        try:
            with open_regular(path) as file:
                read = _Read(path, Identity.of(path.stat()))
                body = file.read(self._settings.largest + 1)
            beside = {each.name: _opens(each, read) for each in path.parent.iterdir() if each != path and each.is_file()}
        except FileNotFoundError:
            return  # another worker has settled it
        except OSError:
            yield Submission(self.name, name, name, b"", fault="not-readable")
            return
        arrival = f"{name}:{read.identity.inode}:{read.identity.changed}"
        self._read[arrival] = read
        if len(body) > self._settings.largest:
            yield Submission(self.name, name, arrival, b"", oversize=lambda: open_regular(path))
        else:
            yield Submission(self.name, name, arrival, body, beside)

    def _unavailable(self, error: OSError) -> SourceUnavailable:
        return SourceUnavailable(f"the folder {self._settings.directory} cannot be used ({type(error).__name__}); nothing was let go")


def _opens(path: Path, read: _Read) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        file = open_regular(path)
        read.opened[path] = Identity.of(path.stat())
        return file

    return opened
