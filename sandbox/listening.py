"""Ports on loopback that stay the same when a sandbox is started again: a force's address does not change overnight."""

import os
import socket
from pathlib import Path

import orjson

from sandbox.files import write_whole

HOST = os.environ.get("SOH_SANDBOX_HOST") or "127.0.0.1"  # another for hubs on other machines: what the stand-ins hold is made up


class Port:
    """A port that listens, or is closed and kept: whoever connects is then refused, and nobody else can have it."""

    def __init__(self, number: int) -> None:
        """That port, or a free one where another process has taken it meanwhile. It listens."""
        try:
            self._socket = _bound(number)
        except OSError:
            self._socket = _bound(0)
        self.number: int = self._socket.getsockname()[1]
        self._listens = False
        self.open()

    def open(self) -> socket.socket:
        """Listens from now on, if it does not yet."""
        if not self._listens:
            self._socket.listen(128)
            self._listens = True
        return self._socket

    def close(self) -> None:
        """Refuses whoever comes from now on."""
        if self._listens:
            self._socket.close()
            self._socket = _bound(self.number)
            self._listens = False


def listen(folder: Path, name: str, instances: list[str]) -> dict[str, Port]:
    """A listening port for each instance; `<name>.ports.json` in the sandbox folder remembers them."""
    memory = folder / f"{name}.ports.json"
    before: dict[str, int] = orjson.loads(memory.read_bytes()) if memory.exists() else {}
    found = {instance: Port(before.get(instance, 0)) for instance in instances}
    write_whole(memory, orjson.dumps({**before, **{instance: port.number for instance, port in found.items()}}))
    return found


def ports(folder: Path, name: str) -> dict[str, int]:
    """The port of each instance, as its process last had it."""
    found: dict[str, int] = orjson.loads((folder / f"{name}.ports.json").read_bytes())
    return found


def _bound(number: int) -> socket.socket:
    # without the protocol's number asyncio leaves Nagle's algorithm on, and every answer waits 40 ms
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setblocking(False)
    try:
        bound.bind((HOST, number))
    except OSError:
        bound.close()
        raise
    return bound
