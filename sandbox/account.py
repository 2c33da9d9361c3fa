"""What one SFTP account may do, and what a fault or a habit makes of it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from inspect import isawaitable
from pathlib import Path
from typing import TypeVar, cast

import asyncssh
from asyncssh.misc import MaybeAwait

from sandbox.faults import Fault
from sandbox.gate import EVER
from sandbox.inbox import Inbox
from sandbox.lines import reset_on_close
from sandbox.striking import Faults

Answer = TypeVar("Answer")
Rename = Callable[[bytes, bytes], MaybeAwait[None]]

SHORT = 1024  # bytes that are kept of a truncated file


class Account(asyncssh.SFTPServer):
    """Everything in its own directory, which it sees as `/`; asyncssh lets no link lead out of it. One request at a time."""

    def __init__(self, chan: "asyncssh.SSHServerChannel[bytes]", inbox: Inbox, faults: Faults, arrived: Callable[[str], None]) -> None:
        super().__init__(chan, chroot=os.fsencode(inbox.home))
        self._inbox = inbox
        self._faults = faults
        self._arrived = arrived
        self._truncated: set[object] = set()  # open files of which no more is kept
        self._lists = False  # asyncssh itself asks about what it lists

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if not pflags & asyncssh.FXF_WRITE:
            return await self._served("read", lambda: super(Account, self).open(path, pflags, attrs))
        if self._strikes("permission-denied", "open") or self._is_fixed(path):
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        file = await self._served("open", lambda: super(Account, self).open(path, pflags, attrs))
        if self._strikes("truncated", "open"):
            self._truncated.add(file)
        return file

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return await self._served("read", lambda: super(Account, self).read(file_obj, offset, size))

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if self._strikes("disk-full", "write"):
            raise asyncssh.SFTPFailure("No space left on device")
        kept = data[: max(0, SHORT - offset)] if file_obj in self._truncated else data
        await self._served("write", lambda: super(Account, self).write(file_obj, offset, kept) if kept else 0)
        return len(data)

    async def close(self, file_obj: object) -> None:
        self._truncated.discard(file_obj)
        await self._served("close", lambda: super(Account, self).close(file_obj))

    async def stat(self, path: bytes) -> asyncssh.SFTPAttrs | os.stat_result:
        return await self._asked(lambda: super(Account, self).stat(path))

    async def lstat(self, path: bytes) -> asyncssh.SFTPAttrs | os.stat_result:
        return await self._asked(lambda: super(Account, self).lstat(path))

    async def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs | os.stat_result:
        return await self._asked(lambda: super(Account, self).fstat(file_obj))

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        if self._has("no-listing") and self._local(path) == self._inbox.arrivals:
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        names = await self._served("list", lambda: _entries(self._local(path)))
        self._lists = True
        try:
            async for name in names:
                yield name
        finally:
            self._lists = False

    async def remove(self, path: bytes) -> None:
        if self._is_fixed(path):
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        await self._served("remove", lambda: super(Account, self).remove(path))

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self._renamed(super().rename, oldpath, newpath)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        if self._has("no-posix-rename"):
            raise asyncssh.SFTPOpUnsupported("Operation unsupported")
        await self._renamed(super().posix_rename, oldpath, newpath)

    async def _renamed(self, rename: Rename, oldpath: bytes, newpath: bytes) -> None:
        if self._strikes("rename-fails", "rename") or self._is_fixed(newpath):
            raise asyncssh.SFTPFailure("Failure")
        await self._served("rename", lambda: self._moved(rename, oldpath, newpath))

    def _moved(self, rename: Rename, oldpath: bytes, newpath: bytes) -> MaybeAwait[None]:
        answer = rename(oldpath, newpath)
        path = self._local(newpath)
        if self._has("collects"):
            self._inbox.collect(path)
        if self._inbox.announces(path):
            self._arrived(path.name)
        return answer

    async def _asked(self, look: Callable[[], MaybeAwait[Answer]]) -> Answer:
        if self._lists:
            done = look()
            return await done if isawaitable(done) else done
        if self._has("no-stat"):
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        return await self._served("stat", look)

    async def _served(self, point: str, work: Callable[[], MaybeAwait[Answer]]) -> Answer:
        """Does a request, unless a fault that can strike at every one of them is there first."""
        if fault := self._strikes("stall", point):
            await self._say_nothing(fault.seconds or EVER)
        if fault := self._strikes("drip", point):
            await asyncio.sleep(fault.seconds or 1)
        if self._strikes("reset", point):
            reset_on_close(self.connection.get_extra_info("socket"))
            self._hang_up()
        answer = work()
        done = await answer if isawaitable(answer) else answer
        if self._strikes("lost-response", point):
            self._hang_up()
        return cast(Answer, done)

    async def _say_nothing(self, seconds: float) -> None:
        """A request whose client went away meanwhile is not done any more."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.connection.wait_closed(), seconds)
            raise asyncssh.SFTPConnectionLost("the client is gone")

    def _hang_up(self) -> None:
        self.connection.abort()
        raise asyncssh.SFTPConnectionLost("a fault cut the connection")

    def _is_fixed(self, path: bytes) -> bool:
        """Whether there is something that a drop box lets nobody touch."""
        local = self._local(path)
        return local.parent == self._inbox.arrivals and local.exists() and self._has("no-overwrite")

    def _local(self, path: bytes) -> Path:
        return Path(os.fsdecode(self.map_path(path)))

    def _strikes(self, kind: str, point: str) -> Fault | None:
        return self._faults.strikes(kind, point, self._inbox.stand)

    def _has(self, habit: str) -> bool:
        return self._faults.has(habit, self._inbox.stand)


async def _entries(folder: Path) -> AsyncIterator[asyncssh.SFTPName]:
    """What lies in a folder. A name that goes while it is listed is left out, as OpenSSH's server does; asyncssh's own fails."""
    for name in [".", "..", *os.listdir(folder)]:
        with suppress(FileNotFoundError):
            attrs = asyncssh.SFTPAttrs.from_local(os.lstat(folder / name))
            yield asyncssh.SFTPName(os.fsencode(name), attrs=attrs)
