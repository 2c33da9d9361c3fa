"""Submissions from a folder, as the platform writes them there (`docs/submissions.md`).

`*.json` holds one submission, `*.ndjson` one a line. A file is let go only when the ledger has all of it for good.
"""

import errno
import io
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple
from zlib import crc32

from pydantic import BaseModel, Field

from adapters import settings as adapter_settings
from adapters.settings import STRICT
from adapters.sources.attachments import Attachments, Beside
from adapters.sources.files import LEAVING, Identity, Line, Piece, lines, open_regular, put_right, read_regular, remove, shown
from hub.contracts import Bookmark, SourceUnavailable, Submission

_GONE = (errno.ENOENT, errno.ELOOP, errno.EINVAL, errno.ENXIO)  # or become a link, a folder, a pipe since it was listed


class Settings(BaseModel):
    """Where the intake is, how long a file must have been left alone, and how large one submission may be."""

    model_config = STRICT

    path: Path
    settle_seconds: Annotated[float, Field(ge=0)] = 2.0  # 0 where the platform renames when whole
    largest: Annotated[int, Field(gt=0)] = 5_000_000  # bytes of one submission
    begin_for: Annotated[float, Field(gt=0)] | None = None  # seconds after which no other file is begun: the rest is for the next pass
    live: bool = False  # only files of one submission, as the platform writes them when a report is made, the newest first
    share: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(gt=0)]] | None = None  # which of how many workers this one is

    def is_ours(self, name: str) -> bool:
        """Whether this worker reads the file: by its name alone, so that all agree, whatever comes and goes."""
        if not is_submission(name) or (self.live and not is_live(name)):
            return False
        return self.share is None or crc32(os.fsencode(name)) % self.share[1] == self.share[0]


@dataclass(slots=True)
class _File:
    """A file of the intake: how many of its submissions the ledger does not have yet, and whether it was read to its end."""

    path: str
    name: str
    identity: Identity
    waiting: int = 0
    finished: bool = False


class _Arrival(NamedTuple):
    """What is let go with one submission: its share of the file, and what lay beside it."""

    file: _File
    beside: Beside | None = None


class FolderSource:
    """A folder as a source. Reads each file as it is now; remembers only what it has handed out and not let go.

    `now` is the system's time, in seconds since 1970: it is compared with the times of files.
    """

    def __init__(self, settings: Mapping[str, object], _bookmark: Bookmark | None = None, *, now: Callable[[], float] = time.time) -> None:
        self._settings = adapter_settings.read(Settings, settings, "source 'folder'")
        self._folder = self._settings.path
        self._now = now
        self._arrivals: dict[str, _Arrival] = {}
        self.name = "folder"

    def submissions(self) -> Iterator[Submission]:
        """Every submission in a file that is whole, oldest file first; where it is `live`, newest first. Raises SourceUnavailable."""
        begun = time.monotonic()
        try:
            names = self._whole()
            attachments = Attachments.list(self._folder / "attachments")  # after the submissions: these are written first
        except OSError as error:
            raise self._unavailable(error) from None
        for name in names:
            if self._settings.begin_for and time.monotonic() - begun >= self._settings.begin_for:
                return
            yield from self._read(name, attachments)

    def settle(self, submissions: Sequence[Submission]) -> None:
        """Deletes what the ledger has; a file of many only with its last one. Raises SourceUnavailable when that is not possible."""
        trouble: OSError | None = None
        for submission in submissions:
            arrival = self._arrivals.pop(submission.arrival, None)
            try:
                if arrival:
                    self._let_go(arrival)
            except OSError as error:
                trouble = error  # the others go all the same; this one is read again, and known by its arrival
        if trouble:
            raise self._unavailable(trouble) from None

    def close(self) -> None:
        """Nothing is kept open."""

    def _whole(self) -> list[str]:
        """Names of the files that are not being written any more, in the order in which they are read."""
        now, found = self._now(), []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(LEAVING):
                    put_right(entry.path)
                if self._settings.is_ours(entry.name) and entry.is_file(follow_symlinks=False):
                    state = state_of(entry)
                    if state and self._has_settled(state.st_mtime_ns, now):
                        found.append((state.st_mtime_ns, entry.name))
        return [name for _, name in sorted(found, reverse=self._settings.live)]

    def _has_settled(self, changed: int, now: float) -> bool:
        """A time in the future is another machine's clock, and no reason to wait for ever."""
        return abs(now - changed / 1e9) >= self._settings.settle_seconds

    def _read(self, name: str, attachments: Attachments) -> Iterator[Submission]:
        path = f"{self._folder}/{name}"
        try:
            if name.endswith(".ndjson"):
                yield from self._lines(path, name, attachments)
            elif single := self._single(path, name, attachments):
                yield single
        except OSError as error:
            if error.errno not in _GONE:
                yield from self._unreadable(path, name)

    def _single(self, path: str, name: str, attachments: Attachments) -> Submission | None:
        """The one submission of a file; None while it is being written, or another worker lets go of it: it would be another arrival."""
        state, body = read_regular(path, self._settings.largest)
        file, now = _File(path, name, Identity.of(state), waiting=1, finished=True), os.lstat(path)
        if Identity.of(now) != file.identity or now.st_size != (state.st_size if body is None else len(body)):
            return None
        return self._submission(file, Line(0, 0, state.st_size, body), attachments)

    def _lines(self, path: str, name: str, attachments: Attachments) -> Iterator[Submission]:
        with open_regular(path) as stream:
            file = _File(path, name, Identity.of(os.fstat(stream.fileno())))
            if Identity.of(os.lstat(path)) != file.identity:  # another worker lets go of it: a new name is a new `ctime`
                return
            for line in lines(stream, self._settings.largest):
                file.waiting += 1
                yield self._submission(file, line, attachments)
        file.finished = True
        try:
            self._finish(file)  # it may have been settled, all but its end
        except OSError as error:
            raise self._unavailable(error) from None

    def _submission(self, file: _File, line: Line, attachments: Attachments) -> Submission:
        """A submission that is handed out; from now on it can be settled, unless something beside it cannot be read."""
        name, arrival = _name(file, line.number), _arrival(file, line.number)
        try:
            beside = attachments.beside(line.body) if line.body else None
        except OSError:
            return Submission(self.name, name, arrival, b"", fault="not-readable")
        self._arrivals[arrival] = _Arrival(file, beside)
        if line.body is None:
            return Submission(self.name, name, arrival, b"", oversize=partial(self._oversize, file, line))
        return Submission(self.name, name, arrival, line.body, beside.openers() if beside else {})

    def _oversize(self, file: _File, line: Line) -> BinaryIO:
        """What is too large to be read at once, in pieces. Raises SourceUnavailable."""
        try:
            stream = open_regular(file.path)
            if Identity.of(os.fstat(stream.fileno())) != file.identity:
                stream.close()
                raise FileNotFoundError
        except OSError:
            raise SourceUnavailable(f"a file of the intake folder {self._folder} changed while it was read; run again") from None
        return io.BufferedReader(Piece(stream, line.offset, line.length))

    def _unreadable(self, path: str, name: str) -> Iterator[Submission]:
        """A file without permission stays where it is, whatever is settled."""
        try:
            state = os.lstat(path)
        except OSError:
            return
        arrival = _arrival(_File(path, name, Identity.of(state)), 0)
        yield Submission(self.name, shown(name), arrival, b"", fault="not-readable")

    def _let_go(self, arrival: _Arrival) -> None:
        """Attachments first: if we end here, the file is read again, and known."""
        if arrival.beside:
            arrival.beside.let_go()
        arrival.file.waiting -= 1
        self._finish(arrival.file)

    def _finish(self, file: _File) -> None:
        if file.finished and not file.waiting:
            remove(file.path, file.identity)

    def _unavailable(self, error: OSError) -> SourceUnavailable:
        return unavailable(self._folder, error)


def unavailable(folder: Path, error: OSError) -> SourceUnavailable:
    """What keeps an intake folder from being read, and what to do: never which file of it, whose name may be a person's."""
    match error:
        case FileNotFoundError():
            why = "is not there: create it, or name another with --intake"
        case NotADirectoryError():
            why = "is no folder: name one with --intake"
        case PermissionError():
            why = "or something in it is not ours to read and delete: give the hub's user both rights"
        case _:
            why = f"cannot be used ({type(error).__name__}, {error.strerror}): nothing was let go; see to its disk"
    return SourceUnavailable(f"the intake folder {folder} {why}")


def is_submission(name: str) -> bool:
    """Whether a file of this name holds submissions."""
    return name.endswith((".json", ".ndjson")) and not name.startswith(".")


def is_live(name: str) -> bool:
    """Whether such a file holds one submission alone: the platform hands reports on so when they are made, and a backlog many in a file."""
    return name.endswith(".json")


def state_of(entry: os.DirEntry[str]) -> os.stat_result | None:
    """How a file that was listed stands; None where it is gone since."""
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _name(file: _File, line: int) -> str:
    """What people call it: `a.json`, or `a.ndjson:7` for a line of many."""
    return f"{shown(file.name)}:{line}" if line else shown(file.name)


def _arrival(file: _File, line: int) -> str:
    """The same when the file is read again, another for every file that is written anew; `line` is 0 for a whole file."""
    whole = f"{shown(file.name)}:{file.identity.inode}:{file.identity.changed}"
    return f"{whole}:{line}" if line else whole
