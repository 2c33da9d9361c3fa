"""The SFTP stand-ins: one process, a port for each instance, an account for each force and route."""

import hmac
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import asyncssh
from asyncssh.misc import MaybeAwait

from hub.clock import Clock
from sandbox.endpoints import HOST_KEY, secret_of
from sandbox.faults import Faults
from sandbox.holdings import STANDS, store_of
from sandbox.inbox import Inbox
from sandbox.listening import listen
from sandbox.process import ended, ready, run, told_to_stop
from sandbox.records import Numbers, RecordsSystem
from sandbox.shelf import Shelf
from sandbox.stands import Stand, read_stands

Rename = Callable[[bytes, bytes], MaybeAwait[None]]


class Door(asyncssh.SSHServer):
    """Lets a force's account in with its password, and nobody else."""

    def __init__(self, passwords: Mapping[str, str], refuses: Callable[[str], bool]) -> None:
        self._passwords = passwords
        self._refuses = refuses

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        right = self._passwords.get(username, "")
        return bool(right) and hmac.compare_digest(right, password) and not self._refuses(username)


class Account(asyncssh.SFTPServer):
    """What one account may do: everything in its own directory, which it sees as `/`; asyncssh lets no link lead out of it."""

    def __init__(self, chan: "asyncssh.SSHServerChannel[bytes]", inbox: Inbox, faults: Faults, arrived: Callable[[str], None]) -> None:
        super().__init__(chan, chroot=os.fsencode(inbox.home))
        self._inbox = inbox
        self._faults = faults
        self._arrived = arrived

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> MaybeAwait[object]:
        if pflags & asyncssh.FXF_WRITE and self._strikes("open-fails"):
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        return super().open(path, pflags, attrs)

    def write(self, file_obj: object, offset: int, data: bytes) -> MaybeAwait[int]:
        if self._strikes("disk-full"):
            raise asyncssh.SFTPFailure("No space left on device")
        return super().write(file_obj, offset, data)

    def rename(self, oldpath: bytes, newpath: bytes) -> MaybeAwait[None]:
        return self._renamed(super().rename, oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> MaybeAwait[None]:
        return self._renamed(super().posix_rename, oldpath, newpath)

    def _renamed(self, rename: Rename, oldpath: bytes, newpath: bytes) -> MaybeAwait[None]:
        if self._strikes("rename-fails"):
            raise asyncssh.SFTPFailure("Failure")
        answer = rename(oldpath, newpath)
        path = Path(os.fsdecode(self.map_path(newpath)))
        if self._inbox.announces(path):
            self._arrived(path.name)
        if self._strikes("rename-unanswered"):
            self.connection.abort()
        return answer

    def _strikes(self, kind: str) -> bool:
        return self._faults.strikes(self._inbox.stand, kind) is not None


async def serve(folder: Path, clock: Clock) -> None:
    """Serves every SFTP stand of a sandbox folder until told to stop, or until who started it is gone."""
    stands = {stand.name: stand for stand in read_stands(folder / STANDS) if stand.transport == "sftp"}
    faults = Faults(folder)
    inboxes = _inboxes(folder, list(stands.values()), faults, clock)
    takers = ThreadPoolExecutor(1, "take")  # one: drops are taken in the order in which they came

    def account(chan: "asyncssh.SSHServerChannel[bytes]") -> Account:
        inbox = inboxes[chan.get_extra_info("username")]
        return Account(chan, inbox, faults, lambda name: _submit(takers, inbox.take, name))

    for inbox in inboxes.values():
        _submit(takers, inbox.sweep)
    passwords = {name: secret_of(folder, stand) for name, stand in stands.items()}
    door = partial(Door, passwords, lambda name: faults.strikes(stands[name], "no-password") is not None)
    options = asyncssh.SSHServerConnectionOptions(
        server_factory=door,
        server_host_keys=[str(folder / HOST_KEY)],
        sftp_factory=account,
        sftp_version=3,
        allow_scp=False,
        login_timeout=30,
    )
    instances = sorted({stand.instance for stand in stands.values()})
    servers = [await asyncssh.listen(sock=at, options=options) for at in listen(folder, "sftp", instances).values()]
    told = told_to_stop()
    ready()
    await ended(told)
    for server in servers:
        server.close()
    takers.shutdown()


def _inboxes(folder: Path, stands: list[Stand], faults: Faults, clock: Clock) -> dict[str, Inbox]:
    numbers = Numbers()
    inboxes: dict[str, Inbox] = {}
    for stand in stands:
        shelf = Shelf(store_of(folder, stand))
        numbers.restore(stand, shelf.reports)
        inboxes[stand.name] = Inbox(folder, stand, shelf, RecordsSystem(stand, numbers, faults, clock), faults)
    return inboxes


def _submit(takers: ThreadPoolExecutor, work: Callable[..., None], *arguments: str) -> None:
    """Does the work in its turn; a failure of it is told, because nobody waits for its result."""
    takers.submit(work, *arguments).add_done_callback(_tell)


def _tell(done: Future[None]) -> None:
    if fault := done.exception():
        logging.getLogger("sandbox").error("a drop could not be taken: %s", type(fault).__name__)


if __name__ == "__main__":
    run(serve)
