"""The SFTP stand-ins: one process, a port for each instance, an account for each force and route."""

import asyncio
import hmac
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import asyncssh

from hub.clock import Clock
from sandbox.account import Account
from sandbox.endpoints import HOST_KEY, STRANGE_KEY, secret_of
from sandbox.gate import EVER, Gate, Greeting, keep
from sandbox.holdings import STANDS, store_of
from sandbox.inbox import Inbox
from sandbox.lines import reset_on_close
from sandbox.listening import listen
from sandbox.process import ended, ready, run, told_to_stop
from sandbox.records import Numbers, RecordsSystem
from sandbox.shelf import Shelf
from sandbox.stands import Stand, of_instances, read_stands
from sandbox.striking import Faults


class Door(asyncssh.SSHServer):
    """Lets a force's account in with its password, and nobody else."""

    def __init__(self, stands: Mapping[str, Stand], passwords: Mapping[str, str], faults: Faults) -> None:
        self._stands = stands
        self._passwords = passwords
        self._faults = faults

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        right = self._passwords.get(username, "")
        if not right or not hmac.compare_digest(right, password):
            return False
        stand = self._stands[username]
        if fault := self._faults.strikes("stall", "login", stand):
            await asyncio.sleep(fault.seconds or EVER)
        if self._faults.strikes("reset", "login", stand):
            reset_on_close(self._connection.get_extra_info("socket"))
            self._connection.abort()
        return not self._faults.strikes("password-refused", "login", stand)


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
    door = partial(Door, stands, passwords, faults)
    right, strange = [await _options(folder / key, door, account) for key in (HOST_KEY, STRANGE_KEY)]

    def greet(shared: list[Stand]) -> Greeting:
        options = strange if faults.strikes("wrong-host-key", "connect", *shared) else right
        return partial(asyncssh.SSHServerConnection, asyncio.get_running_loop(), options), None

    instances = of_instances(list(stands.values()))
    ports = listen(folder, "sftp", sorted(instances))
    gates = [Gate(port, instances[instance], faults, partial(greet, instances[instance])) for instance, port in ports.items()]
    told = told_to_stop()
    ready()
    await ended(told, keep(gates, faults))
    takers.shutdown()


async def _options(host_key: Path, door: Callable[[], Door], account: Callable[..., Account]) -> asyncssh.SSHServerConnectionOptions:
    options: asyncssh.SSHServerConnectionOptions = await asyncssh.SSHServerConnectionOptions.construct(
        server_factory=door,
        server_host_keys=[str(host_key)],
        sftp_factory=account,
        sftp_version=3,
        allow_scp=False,
        login_timeout=30,
    )
    return options


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
