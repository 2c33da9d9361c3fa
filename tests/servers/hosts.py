"""Three hosts in network namespaces, each with a name and a network card of its own: one with the servers, two for workers.

It takes root and iproute2. The servers' host has the address `SERVERS` on its loopback; every other reaches it over a link of its own,
which can be cut. The tests' own process has such a link, too.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SERVERS = "10.77.0.1"


def why_not() -> str | None:
    """Why there can be no hosts on this machine; None where there can."""
    if os.geteuid() != 0:
        return "network namespaces take root: run the tests as root"
    if shutil.which("ip") is None:
        return "iproute2 is not installed: scripts/servers"
    tried = subprocess.run(["ip", "netns", "add", f"soh{os.getpid()}t"], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"this machine lets nobody make network namespaces: {tried.stderr.strip()}"
    _ip("netns", "del", f"soh{os.getpid()}t")
    return None


@dataclass(frozen=True)
class Host:
    """One host. `within` is the beginning of a command line that runs on it, under its name."""

    name: str
    space: str
    link: str = ""  # its network card's other end, at the servers

    @property
    def within(self) -> list[str]:
        rename = f'hostname {self.name}; exec "$@"'
        return ["ip", "netns", "exec", self.space, "unshare", "--uts", "sh", "-c", rename, "sh"]


@dataclass(frozen=True)
class Hosts:
    servers: Host
    first: Host
    second: Host

    def cut(self, host: Host) -> None:
        """Its cable is pulled: nobody is told, and nothing arrives any more."""
        _ip("-n", self.servers.space, "link", "set", host.link, "down")

    def mend(self, host: Host) -> None:
        _ip("-n", self.servers.space, "link", "set", host.link, "up")


@contextmanager
def three_hosts() -> Iterator[Hosts]:
    """They are there while the block runs; what runs on them must have ended before."""
    base = f"soh{os.getpid()}"
    servers = Host("servers", f"{base}s")
    first, second = (Host(name, f"{base}{number}", f"{base}l{number}") for number, name in ((1, "first"), (2, "second")))
    try:
        for host in (servers, first, second):
            _ip("netns", "add", host.space)
            _ip("-n", host.space, "link", "set", "lo", "up")
        _ip("-n", servers.space, "addr", "add", f"{SERVERS}/32", "dev", "lo")
        for number, space, link in ((1, first.space, first.link), (2, second.space, second.link), (9, None, f"{base}l9")):
            _connect(servers.space, space, link, number)
        yield Hosts(servers, first, second)
    finally:
        subprocess.run(["ip", "link", "del", f"{base}l9c"], capture_output=True, check=False)
        for host in (servers, first, second):
            subprocess.run(["ip", "netns", "del", host.space], capture_output=True, check=False)  # its cards go with it


def _connect(servers: str, space: str | None, link: str, number: int) -> None:
    """A cable between the servers and a host, or this process where `space` is None."""
    card = f"{link}c"
    _ip("link", "add", link, "type", "veth", "peer", "name", card)
    _ip("link", "set", link, "netns", servers)
    _ip("-n", servers, "addr", "add", f"10.77.{number}.1/24", "dev", link)
    _ip("-n", servers, "link", "set", link, "up")
    here = ["-n", space] if space else []
    if space:
        _ip("link", "set", card, "netns", space)
    _ip(*here, "addr", "add", f"10.77.{number}.2/24", "dev", card)
    _ip(*here, "link", "set", card, "up")
    _ip(*here, "route", "add", f"{SERVERS}/32", "via", f"10.77.{number}.1")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
