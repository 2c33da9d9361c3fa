"""An SFTP server with habits: what OpenSSH cannot be told to do, done by asyncssh over the same protocol."""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
from asyncssh.misc import MaybeAwait

HABITS = {
    "collects": "takes a file away the instant it has its final name",
    "hangs-up-after-rename": "renames, then cuts the connection without an answer",
    "renames-but-says-no": "renames, then answers that it could not",
    "never-renames": "answers every rename with a failure",
    "plain-rename-only": "does not know posix-rename",
    "disk-full": "answers every write with a failure",
    "forgets-bytes": "keeps only the first kilobyte of a file, without a word",
    "stalls": "never answers a write",
    "hangs-up-while-writing": "cuts the connection at the first write",
    "refuses-password": "lets nobody in",
    "stalls-at-the-door": "never answers a password",
    "garbled-names": "lists names that are no UTF-8",
    "boundless-sizes": "lists files as larger than a database can count",
    "refuses-to-open": "opens no file that is called `closed`",
    "refuses-to-read": "opens a file that is called `closed`, and gives none of it",
    "hangs-up-at-open": "cuts the connection when a file that is called `closed` is opened",
}
PASSWORD = "made-up"


class Awkward:
    """A running server with one habit. `home` is the root that its account sees; `collected` is what it took away."""

    def __init__(self, home: Path, habit: str | None = None) -> None:
        assert habit is None or habit in HABITS
        self.home = home
        self.habit = habit
        self.collected: list[bytes] = []
        self.port = 0
        self.host_key = ""
        self._loop = asyncio.new_event_loop()
        self._server: asyncssh.SSHAcceptor | None = None

    @classmethod
    @contextmanager
    def start(cls, folder: Path, habit: str | None = None) -> Iterator["Awkward"]:
        """A server that is there within the `with` block."""
        home = folder / "home"
        (home / "in").mkdir(parents=True)
        (home / "out").mkdir()
        (folder / "login.json").write_text(json.dumps({"username": "hub", "password": PASSWORD}))
        server = cls(home, habit)
        thread = threading.Thread(target=server._loop.run_forever, daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(server._listen(), server._loop).result(10)
            yield server
        finally:
            asyncio.run_coroutine_threadsafe(server._close(), server._loop).result(10)
            server._loop.call_soon_threadsafe(server._loop.stop)
            thread.join(10)
            server._loop.close()

    def settings(self, **others: object) -> dict[str, object]:
        """The settings of a route to this server."""
        at = {"host": "127.0.0.1", "port": self.port, "host_key": self.host_key, "credentials": f"file:{self.home.parent}/login.json"}
        return {**at, "directory": "/in", "acknowledgements": "/out", **others}

    async def _listen(self) -> None:
        key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_key = key.export_public_key().decode().strip()
        self._server = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: _Door(self),
            server_host_keys=[key],
            sftp_factory=lambda channel: _Account(channel, self),
            sftp_version=3,
        )
        self.port = self._server.get_port()

    async def _close(self) -> None:
        if self._server:
            self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Door(asyncssh.SSHServer):
    def __init__(self, server: Awkward) -> None:
        self._server = server

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        if self._server.habit == "stalls-at-the-door":
            await asyncio.sleep(60)
        return password == PASSWORD and username == "hub" and self._server.habit != "refuses-password"


class _Account(asyncssh.SFTPServer):
    def __init__(self, channel: "asyncssh.SSHServerChannel[bytes]", server: Awkward) -> None:
        super().__init__(channel, chroot=os.fsencode(server.home))
        self._server = server
        self._closed: set[int] = set()  # open files that nothing is read of

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> MaybeAwait[object]:
        is_closed = b"closed" in path
        if is_closed and self._server.habit == "refuses-to-open":
            raise asyncssh.SFTPPermissionDenied("not for you, says a text that must not travel")
        if is_closed and self._server.habit == "hangs-up-at-open":
            self.connection.abort()
        opened = super().open(path, pflags, attrs)
        if is_closed and self._server.habit == "refuses-to-read":
            self._closed.add(id(opened))
        return opened

    def read(self, file_obj: object, offset: int, size: int) -> MaybeAwait[bytes]:
        if id(file_obj) in self._closed:
            raise asyncssh.SFTPFailure("no")
        return super().read(file_obj, offset, size)

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        match self._server.habit:
            case "disk-full":
                raise asyncssh.SFTPFailure("no space, says a text that must not travel")
            case "stalls":
                await asyncio.sleep(60)
            case "hangs-up-while-writing":
                self.connection.abort()
            case "forgets-bytes" if offset >= 1024:
                return len(data)
        answer = super().write(file_obj, offset, data)
        return answer if isinstance(answer, int) else await answer

    def rename(self, oldpath: bytes, newpath: bytes) -> MaybeAwait[None]:
        return self._rename(oldpath, newpath, replaces=False)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> MaybeAwait[None]:
        if self._server.habit == "plain-rename-only":
            raise asyncssh.SFTPOpUnsupported("not here")
        return self._rename(oldpath, newpath, replaces=True)

    def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        listing = super().scandir(path)
        match self._server.habit:
            case "garbled-names":
                return _garbled(listing)
            case "boundless-sizes":
                return _boundless(listing)
        return listing

    def _rename(self, oldpath: bytes, newpath: bytes, *, replaces: bool) -> MaybeAwait[None]:
        if self._server.habit == "never-renames":
            raise asyncssh.SFTPFailure("no")
        answer = super().posix_rename(oldpath, newpath) if replaces else super().rename(oldpath, newpath)
        match self._server.habit:
            case "collects":
                path = Path(os.fsdecode(self.map_path(newpath)))
                self._server.collected.append(path.read_bytes())
                path.unlink()
            case "hangs-up-after-rename":
                self.connection.abort()
            case "renames-but-says-no":
                raise asyncssh.SFTPFailure("no")
        return answer


async def _boundless(names: AsyncIterator[asyncssh.SFTPName]) -> AsyncIterator[asyncssh.SFTPName]:
    async for name in names:
        name.attrs.size = 2**64 - 1
        yield name


async def _garbled(names: AsyncIterator[asyncssh.SFTPName]) -> AsyncIterator[asyncssh.SFTPName]:
    async for name in names:
        yield asyncssh.SFTPName(b"\xff\xfe.ack.json", attrs=name.attrs)
