"""Where this process reaches to over the network, as Python's own audit hears it: every connection, datagram and look-up of a name."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

Place = tuple[str, int]  # host, port

_HEARING: list[set[Place]] = []


def _hear(event: str, details: tuple[object, ...]) -> None:
    if not _HEARING:
        return
    if event in ("socket.connect", "socket.sendto"):
        address = details[1]
    elif event == "socket.getaddrinfo":
        address = details[:2]
    else:
        return
    if isinstance(address, tuple):  # else a socket of this machine's own, by its path
        host = address[0].decode() if isinstance(address[0], bytes) else address[0]
        _HEARING[-1].add((str(host), int(address[1] or 0)))


@contextmanager
def connections() -> Iterator[set[Place]]:
    """Each place that this process reaches to within the block."""
    if _hear not in _INSTALLED:
        sys.addaudithook(_hear)  # there is no way to take one off again
        _INSTALLED.append(_hear)
    _HEARING.append(set())
    try:
        yield _HEARING[-1]
    finally:
        _HEARING.pop()


_INSTALLED: list[object] = []
