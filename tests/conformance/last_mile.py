"""What SFTP servers do to drops, as `docs/delivery.md` lists it: an author shows each habit on a server, and inherits what must hold."""

import posixpath
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest
from paramiko import SFTPClient

from adapters.secrets import login
from adapters.transports.sftp.keys import private_key
from adapters.transports.sftp.session import Session
from adapters.transports.sftp.settings import Settings
from adapters.transports.sftp.transport import SftpTransport
from hub.contracts import Absent, CannotTell, Found, Misconfigured
from tests.conformance.payloads import payload


class Habit(StrEnum):
    """What one kind of server does."""

    REPLACES = "has posix-rename"
    PLAIN_RENAME = "has only the plain rename"
    KEEPS_ALL = "lets nothing be deleted or replaced"
    CANNOT_BE_LISTED = "does not list its directory"


@dataclass(frozen=True)
class Drop:
    """A directory of a running server, as the machine sees it, and the settings of a route to it."""

    arriving: Path
    settings: Mapping[str, object]

    @contextmanager
    def transport(self, **others: object) -> Iterator[SftpTransport]:
        with closing(SftpTransport({**self.settings, **others})) as transport:
            yield transport

    @contextmanager
    def bare(self) -> Iterator[SFTPClient]:
        """What the server does without any transport of ours: whether it has the habit at all."""
        settings = Settings.model_validate(dict(self.settings))
        credentials = login(settings.credentials)
        with closing(Session(settings)) as session:
            session.open(credentials, private_key(settings.credentials, credentials))
            yield session.client

    def path(self, name: str) -> str:
        return posixpath.join(str(self.arriving), name)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.arriving.iterdir())


@dataclass
class Collector:
    """A force that takes every file away as soon as it has its final name. `taken` is every take, with its bytes."""

    arriving: Path
    taken: list[tuple[str, bytes]] = field(default_factory=list)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        done = threading.Event()
        thread = threading.Thread(target=self._collect, args=(done,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(10)

    def _collect(self, done: threading.Event) -> None:
        while not done.wait(0.0005):
            self._take()
        self._take()

    def _take(self) -> None:
        for path in self.arriving.iterdir():
            if not path.name.startswith("."):
                self.taken.append((path.name, path.read_bytes()))
                path.unlink()


class LastMile(ABC):
    """Inherit, and supply `server`: a drop on a server with a habit, there within the `with` block."""

    @abstractmethod
    def server(self, folder: Path, habit: Habit) -> AbstractContextManager[Drop]:
        """A drop on a server with this habit."""

    def test_posix_rename_replaces_and_is_used_only_for_a_name_that_is_free(self, tmp_path: Path) -> None:
        with self.server(tmp_path, Habit.REPLACES) as drop:
            (drop.arriving / "new").write_bytes(b"new")
            (drop.arriving / "old").write_bytes(b"old")
            with drop.bare() as client:
                client.posix_rename(drop.path("new"), drop.path("old"))
            assert (drop.arriving / "old").read_bytes() == b"new"
            self._stops_where_the_name_is_taken(drop)

    def test_the_plain_rename_does_not_replace_and_is_enough(self, tmp_path: Path) -> None:
        with self.server(tmp_path, Habit.PLAIN_RENAME) as drop:
            (drop.arriving / "new").write_bytes(b"new")
            (drop.arriving / "old").write_bytes(b"old")
            with drop.bare() as client:
                for rename in (client.rename, client.posix_rename):
                    with pytest.raises(OSError, match=r".+"):
                        rename(drop.path("new"), drop.path("old"))
            assert (drop.arriving / "old").read_bytes() == b"old"
            self._stops_where_the_name_is_taken(drop)

    def test_an_orphan_that_cannot_be_deleted_hinders_nobody(self, tmp_path: Path) -> None:
        with self.server(tmp_path, Habit.KEEPS_ALL) as drop:
            sent, other = payload(b"report"), payload(b"another")
            orphans = sorted(f".{sent.name}.{token}.part" for token in ("0badcafe", "0badcaff"))
            for orphan in orphans:
                (drop.arriving / orphan).write_bytes(b"rep")
            with drop.bare() as client:
                with pytest.raises(OSError, match=r".+"):
                    client.remove(drop.path(orphans[0]))
                with pytest.raises(OSError, match=r".+"):
                    client.rename(drop.path(orphans[0]), drop.path(orphans[1]))
            with drop.transport() as transport:
                assert [transport.send(one).detail for one in (sent, other, sent)] == ["renamed", "renamed", "found"]
            assert drop.names() == sorted([*orphans, sent.name, other.name])
            assert (drop.arriving / sent.name).read_bytes() == b"report"

    def test_a_file_that_is_taken_away_at_once_is_delivered_once_and_never_told_absent(self, tmp_path: Path) -> None:
        with self.server(tmp_path, Habit.REPLACES) as drop, drop.transport(collects=True) as transport:
            collector = Collector(drop.arriving)
            sent = [payload(f"report {number}".encode() * 100) for number in range(40)]
            with collector.at_work():
                details = [transport.send(one).detail for one in sent]
                findings = [transport.find(one) for one in sent]
            assert details == ["renamed"] * 40
            assert sorted(collector.taken) == sorted((one.name, one.open().read()) for one in sent)
            assert {type(finding) for finding in findings} <= {CannotTell, Found}
            assert isinstance(transport.find(sent[0]), CannotTell)
            assert drop.names() == []

    def test_a_directory_that_cannot_be_listed_takes_drops_and_is_looked_into_by_name(self, tmp_path: Path) -> None:
        with self.server(tmp_path, Habit.CANNOT_BE_LISTED) as drop, drop.transport() as transport:
            with drop.bare() as client, pytest.raises(OSError, match=r".+"):
                client.listdir(str(drop.arriving))
            sent = payload(b"report")
            orphan = f".{sent.name}.0badcafe.part"
            (drop.arriving / orphan).write_bytes(b"rep")
            assert transport.find(sent) == Absent()
            assert transport.send(sent).detail == "renamed"
            assert isinstance(transport.find(sent), Found)
            assert drop.names() == [orphan, sent.name]

    def _stops_where_the_name_is_taken(self, drop: Drop) -> None:
        first, second = payload(b"first"), payload(b"second")
        (drop.arriving / second.name).write_bytes(b"SECOND")
        with drop.transport() as transport:
            assert transport.send(first).detail == "renamed"
            with pytest.raises(Misconfigured) as caught:
                transport.send(second)
        assert caught.value.code == "name-taken"
        assert (drop.arriving / first.name).read_bytes() == b"first"
        assert (drop.arriving / second.name).read_bytes() == b"SECOND"
        assert [name for name in drop.names() if name.endswith(".part")] == []
