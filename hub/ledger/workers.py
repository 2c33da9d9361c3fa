"""Workers: the name of a process on what it claims, and whether the process of such a name is certainly dead.

A name says on which machine a process runs, and when it began there, so that its death can be told from another process that was
given its number since. Only Linux is asked, and only about processes that this one can see; whatever is not certain counts as alive,
and the lease decides.
"""

import hashlib
import os
import re
import socket
import uuid
from functools import cache
from pathlib import Path

_NAME = re.compile(r"(?P<host>[^\s:]*):(?P<pid>[0-9]+):(?P<began>[0-9]+):(?P<place>[0-9a-f]{12}):[0-9a-f]{6}")
_PROC = Path("/proc")
_ENDED = ("Z", "X")  # states of proc(5): waits to be reaped, dead


def name_of_this_process() -> str:
    """`host:pid:beginning:place:letters`, which no other process ever has. Taken after a fork, never before it."""
    return f"{_host()}:{os.getpid()}:{_began(os.getpid()) or 0}:{_place()}:{uuid.uuid4().hex[:6]}"


def shown(worker: str) -> str:
    """A worker as a person is told of it: `process 4711 on hub-1`."""
    found = _NAME.fullmatch(worker)
    return f"process {found['pid']} on {found['host']}" if found else worker


def is_dead(worker: str) -> bool:
    """Whether the process of this name has certainly ended, every thread of it, with all that it had open.

    False for a process of another machine, of another boot of this one, or of another container: nobody here can tell.
    """
    found = _NAME.fullmatch(worker)
    if not found or (found["host"], found["place"]) != (_host(), _place()) or found["began"] == "0":
        return False
    pid = int(found["pid"])
    began = _began(pid)
    return _is_nobody(pid) if began is None else began != int(found["began"])


def _host() -> str:
    return re.sub(r"[\s:]", "-", socket.gethostname())[:40]


@cache
def _place() -> str:
    """This boot of this machine, and the namespaces in which process numbers and times of beginning mean what they mean here."""
    said = [_read("/proc/sys/kernel/random/boot_id"), _link("/proc/self/ns/pid"), _link("/proc/self/ns/time")]
    return hashlib.sha256(" ".join(said).encode()).hexdigest()[:12]


def _began(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None where there is none, or all that is left of it is its number."""
    try:
        said = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = said.rpartition(")")[2].split()  # from field 3 on: the name before it may hold anything
    state, threads, began = fields[0], int(fields[17]), int(fields[19])
    return None if state in _ENDED and threads <= 1 else began


def _is_nobody(pid: int) -> bool:
    """Whether nobody has this number: a process of another user may only be hidden from us."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _began(pid) is None and (_PROC / str(pid) / "stat").exists()  # it has ended, and waits to be reaped


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""
