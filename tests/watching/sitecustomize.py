"""Python imports a module of this name at the start of every process that has its folder on the path, as all have that the tests start.

Each then hears, by Python's own audit, what it connects to, sends to and looks up. What is not on this machine is written down.
"""

import os
import sys
from contextlib import suppress
from ipaddress import ip_address, ip_network

FILE, HOSTS = "SOH_HUB_REACHED", "SOH_HUB_TEST_HOSTS"  # where it is written down; networks of test hosts that the tests made themselves
_EVENTS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")
_NAMES = {"", "localhost", "localhost.localdomain"}
_RESERVED = (".example", ".invalid", ".test", ".localhost", "example.org", "example.com", "example.net")  # RFC 2606: nobody is there


def beyond(host: object) -> bool:
    """Whether this address, or name, is on another machine."""
    text = (host.decode("utf-8", "replace") if isinstance(host, bytes) else str(host or "")).lower().partition("%")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return text not in _NAMES and text != os.uname().nodename.lower() and not text.endswith(_RESERVED)
    ours = [ip_network(one) for one in os.environ.get(HOSTS, "").split()]
    return not (address.is_loopback or address.is_unspecified or any(address in network for network in ours))


def _hear(event: str, details: tuple[object, ...]) -> None:
    if event not in _EVENTS:
        return
    place = details[:2] if event in _EVENTS[3:] else details[1]
    if isinstance(place, tuple) and place and beyond(place[0]):  # a path is a socket of this machine's own
        _write_down(f"{event} {place[0]!r} by {' '.join(sys.orig_argv)[:300]}\n")


def _write_down(line: str) -> None:
    with suppress(OSError, KeyError), open(os.environ[FILE], "a") as file:
        file.write(line)


if FILE in os.environ:
    sys.addaudithook(_hear)
