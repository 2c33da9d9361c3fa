"""Submissions from a directory on an SFTP server, as the platform writes them there (`docs/submissions.md`).

As in a folder: `*.json` holds one submission, `*.ndjson` one a line, attachments lie in `attachments/<submissionId>/`. SFTP knows
no inode: a file is told from another of its name by its size and the second in which it was written, a submission by its bytes too.
"""

import hashlib
import posixpath
import stat
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BufferedReader
from typing import Annotated, BinaryIO, cast

from paramiko import SFTPAttributes, SFTPClient
from pydantic import AfterValidator, BaseModel, Field

from adapters import settings as adapter_settings
from adapters.secrets import Reference, login
from adapters.settings import STRICT
from adapters.sources.files import LEAVING, Line, Piece, lines
from adapters.sources.mentioned import submission_id_among
from adapters.transports.sftp import settings as endpoint
from adapters.transports.sftp.ahead import read_ahead
from adapters.transports.sftp.border import border
from adapters.transports.sftp.keys import host_key, private_key
from adapters.transports.sftp.session import Session
from hub.contracts import Bookmark, DeliveryError, Misconfigured, SourceUnavailable, Submission, Unavailable

LONGEST_NAME = 200  # characters


def _is_host_key(text: str) -> str:
    host_key(text)
    return text


class Settings(BaseModel):
    """Where the platform writes, who we are there, how long a file must have been left alone, and how large one submission may be."""

    model_config = STRICT

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    host_key: Annotated[str, AfterValidator(_is_host_key)]
    credentials: Reference
    directory: Annotated[str, Field(min_length=1)] = "."
    settle_seconds: Annotated[float, Field(ge=0, le=60)] = 2.0  # between two looks; 0 where the platform renames when whole
    largest: Annotated[int, Field(gt=0)] = 5_000_000  # bytes of one submission
    timeouts: endpoint.Timeouts = endpoint.Timeouts()


@dataclass(frozen=True, slots=True, order=True)
class _Seen:
    """A file as it was listed: another one under its name has another size or time."""

    written: int  # st_mtime, seconds by the server's clock
    name: str
    size: int

    @property
    def aside(self) -> str:
        """The name under which it leaves, which says what it must be."""
        return f".{self.size}-{self.written}-{self.name}{LEAVING}"


@dataclass(slots=True)
class _File:
    """A file of the intake: how many of its submissions the ledger does not have yet, and whether it was read to its end."""

    seen: _Seen
    waiting: int = 0
    finished: bool = False


@dataclass(frozen=True, slots=True)
class _Beside:
    """What lay beside one submission, and which of it was asked for."""

    folder: str
    files: Mapping[str, _Seen]
    opened: set[str] = field(default_factory=set)


class SftpSource:
    """A directory on a server as a source. One session a source, opened when it is first needed; used by one thread."""

    def __init__(
        self, settings: Mapping[str, object], _bookmark: Bookmark | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._settings = adapter_settings.read(Settings, settings, "source 'sftp'")
        self._sleep = sleep
        self._session: Session | None = None
        self._arrivals: dict[str, tuple[_File, _Beside | None]] = {}
        self.name = f"sftp://{self._settings.host}"

    def submissions(self) -> Iterator[Submission]:
        """Every submission in a file that is whole, oldest file first. Raises SourceUnavailable."""
        with self._reached() as client:
            files = self._whole(client)
            ids = {entry.filename for entry in _listed(client, self._at("attachments")) if stat.S_ISDIR(entry.st_mode or 0)}
        for seen in files:
            yield from self._read(seen, ids)

    def settle(self, submissions: Sequence[Submission]) -> None:
        """Deletes what the ledger has; a file of many only with its last one. Raises SourceUnavailable when that is not possible."""
        mine = [self._arrivals.pop(each.arrival) for each in submissions if each.arrival in self._arrivals]
        if mine:
            with self._reached() as client:
                for file, beside in mine:
                    self._let_go(client, file, beside)

    def close(self) -> None:
        """Ends the session. Never raises."""
        if self._session:
            self._session.close()
        self._session = None

    @contextmanager
    def _reached(self) -> Iterator[SFTPClient]:
        """The open session. What goes wrong with it is a source that cannot be read now."""
        try:
            with border(self._settings.host, lambda: self._session is None or self._session.gone, Unavailable):
                yield self._open().client
        except (DeliveryError, Misconfigured) as error:
            self.close()
            raise SourceUnavailable(f"the intake at {self._settings.host} cannot be read: {error.code}; nothing was let go") from None

    def _open(self) -> Session:
        if self._session is None or self._session.gone:
            self.close()
            at, known = self._settings, login(self._settings.credentials)
            reached = {name: getattr(at, name) for name in ("host", "port", "host_key", "credentials", "timeouts")}
            self._session = Session(endpoint.Settings(**reached))
            self._session.open(known, private_key(at.credentials, known))
        return self._session

    def _at(self, *names: str) -> str:
        return posixpath.join(self._settings.directory, *names)

    def _whole(self, client: SFTPClient) -> list[_Seen]:
        """The files that are not being written any more, oldest first: the server's clock is not ours, so they are looked at twice."""
        found = self._files(client)
        if found and self._settings.settle_seconds:
            self._sleep(self._settings.settle_seconds)
            found &= self._files(client)
        return sorted(found)

    def _files(self, client: SFTPClient) -> set[_Seen]:
        entries = client.listdir_attr(self._settings.directory)
        for entry in entries:
            if entry.filename.endswith(LEAVING):
                self._put_right(client, entry.filename)
        return {_seen(entry) for entry in entries if _is_submission(entry)}

    def _read(self, seen: _Seen, ids: set[str]) -> Iterator[Submission]:
        file = _File(seen)
        opened = self._file(self._at(seen.name), seen)
        if opened is None:
            return
        with opened:
            found = lines(opened, self._settings.largest) if seen.name.endswith(".ndjson") else self._single(opened, seen)
            while (line := self._next(found)) is not None:
                file.waiting += 1
                yield self._submission(file, line, ids)
        file.finished = True
        with self._reached() as client:
            self._finish(client, file)  # a file of many may have been settled, all but its end

    def _file(self, path: str, seen: _Seen, *, ahead: bool = True) -> BinaryIO | None:
        """A file, if it is still the one that was listed."""
        with self._reached() as client:
            try:
                opened = client.open(path, "rb", bufsize=1024 * 1024)
            except FileNotFoundError:
                return None
            if _identity(opened.stat()) != (seen.size, seen.written):
                opened.close()
                return None
            if ahead:
                read_ahead(opened, seen.size)
            return cast(BinaryIO, opened)

    def _next(self, found: Iterator[Line]) -> Line | None:
        with self._reached():
            return next(found, None)

    def _single(self, opened: BinaryIO, seen: _Seen) -> Iterator[Line]:
        body = None if seen.size > self._settings.largest else opened.read(seen.size + 1)
        yield Line(0, 0, seen.size, body)

    def _submission(self, file: _File, line: Line, ids: set[str]) -> Submission:
        name = f"{file.seen.name}:{line.number}" if line.number else file.seen.name
        digest = hashlib.sha256(line.body or b"").hexdigest()[:16]
        arrival = f"{self.name}/{self._settings.directory}/{name}:{file.seen.written}:{file.seen.size}:{digest}"
        beside = self._beside(line.body, ids) if line.body else None
        self._arrivals[arrival] = (file, beside)
        if line.body is None:
            return Submission(self.name, name, arrival, b"", oversize=partial(self._oversize, file.seen, line))
        openers = {known: partial(self._attachment, beside, known) for known in beside.files} if beside else {}
        return Submission(self.name, name, arrival, line.body, openers)

    def _beside(self, body: bytes, ids: set[str]) -> _Beside | None:
        submission_id = submission_id_among(body, ids)
        if submission_id is None:
            return None
        folder = self._at("attachments", submission_id)
        with self._reached() as client:
            return _Beside(folder, {entry.filename: _seen(entry) for entry in _listed(client, folder) if stat.S_ISREG(entry.st_mode or 0)})

    def _attachment(self, beside: _Beside, name: str) -> BinaryIO:
        """The file, in pieces. Raises FileNotFoundError where it is gone, and SourceUnavailable."""
        opened = self._file(posixpath.join(beside.folder, name), beside.files[name])
        if opened is None:
            raise FileNotFoundError
        beside.opened.add(name)
        return opened

    def _oversize(self, seen: _Seen, line: Line) -> BinaryIO:
        """What is too large to be read at once, in pieces. Raises SourceUnavailable."""
        opened = self._file(self._at(seen.name), seen, ahead=False)
        if opened is None:
            raise SourceUnavailable(f"a file of the intake at {self._settings.host} changed while it was read; run again")
        return BufferedReader(Piece(opened, line.offset, line.length))

    def _let_go(self, client: SFTPClient, file: _File, beside: _Beside | None) -> None:
        """Attachments first: if we end here, the file is read again, and known."""
        if beside:
            for name in beside.opened:
                _gone_already(client.remove, posixpath.join(beside.folder, name))
            _gone_already(client.rmdir, beside.folder)
        file.waiting -= 1
        self._finish(client, file)

    def _finish(self, client: SFTPClient, file: _File) -> None:
        """The file is taken out of the way first, and looked at there: what took its name at the last instant comes back."""
        if file.finished and not file.waiting and _gone_already(client.rename, self._at(file.seen.name), self._at(file.seen.aside)):
            self._put_right(client, file.seen.aside)

    def _put_right(self, client: SFTPClient, aside: str) -> None:
        """Deletes a file on its way out if it is the one that its name says; any other comes back under a name of its own."""
        size, written, name = (*aside[1:].removesuffix(LEAVING).split("-", 2), "", "")[:3]
        try:
            state = client.stat(self._at(aside))
        except FileNotFoundError:
            return
        if (str(state.st_size), str(state.st_mtime)) == (size, written):
            _gone_already(client.remove, self._at(aside))
        else:
            back = f"restored-{uuid.uuid4().hex}{posixpath.splitext(name)[1] or '.json'}"
            _gone_already(client.rename, self._at(aside), self._at(back))


def _listed(client: SFTPClient, folder: str) -> list[SFTPAttributes]:
    try:
        return [entry for entry in client.listdir_attr(folder) if _is_plain(entry.filename)]
    except FileNotFoundError:
        return []


def _is_plain(name: str) -> bool:
    """What the server lists is no path, and can be shown."""
    return "/" not in name and name not in (".", "..") and name.isprintable() and len(name) <= LONGEST_NAME


def _is_submission(entry: SFTPAttributes) -> bool:
    name = entry.filename
    return name.endswith((".json", ".ndjson")) and not name.startswith(".") and _is_plain(name) and stat.S_ISREG(entry.st_mode or 0)


def _seen(entry: SFTPAttributes) -> _Seen:
    size, written = _identity(entry)
    return _Seen(written, entry.filename, size)


def _identity(state: SFTPAttributes) -> tuple[int, int]:
    return int(state.st_size or 0), int(state.st_mtime or 0)


def _gone_already(does: Callable[..., object], *paths: str) -> bool:
    """Whether it could be done; what is gone already, or a folder in which something is left, is no trouble."""
    try:
        does(*paths)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno is None:  # the server's general failure: a folder that is not empty, a name that is taken
            return False
        raise
    return True
