"""Ports on loopback that stay the same when a sandbox is started again: a force's address does not change overnight."""

import socket
from pathlib import Path

import orjson

from sandbox.files import write_whole

HOST = "127.0.0.1"


def listen(folder: Path, name: str, instances: list[str]) -> dict[str, socket.socket]:
    """A listening socket for each instance; `<name>.ports.json` in the sandbox folder remembers them."""
    memory = folder / f"{name}.ports.json"
    before: dict[str, int] = orjson.loads(memory.read_bytes()) if memory.exists() else {}
    sockets = {instance: _bound(before.get(instance, 0)) for instance in instances}
    write_whole(memory, orjson.dumps({**before, **{instance: at.getsockname()[1] for instance, at in sockets.items()}}))
    return sockets


def ports(folder: Path, name: str) -> dict[str, int]:
    """The port of each instance, as its process last had it."""
    found: dict[str, int] = orjson.loads((folder / f"{name}.ports.json").read_bytes())
    return found


def _bound(port: int) -> socket.socket:
    """Bound to that port, or to a free one where another process has taken it meanwhile."""
    # without the protocol's number asyncio leaves Nagle's algorithm on, and every answer waits 40 ms
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError:
        bound.bind((HOST, 0))
    bound.listen(128)
    return bound
