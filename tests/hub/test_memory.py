"""Memory: threads share what the C library keeps for them, and what is held lies in large pages."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub import memory
from hub.settings import PROJECT

_ARENAS = """
import ctypes, sys, threading
from hub.memory import share_arenas

libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
if sys.argv[1] == "shared":
    share_arenas()
everybody = threading.Barrier(8)

def work():
    libc.malloc(1000)
    everybody.wait()  # a thread that has ended leaves its arena to the next

threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
told = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
"""


_LARGE = """
import re, sys
from pathlib import Path
from hub.memory import lie_in_large_pages, stay_in_large_pages

def large():
    return int(re.search(r"AnonHugePages: +(\\d+) kB", Path("/proc/self/smaps_rollup").read_text())[1]) // 1024

if sys.argv[1] == "stay":
    stay_in_large_pages(0.1, 0.1)
held = [str(number) for number in range(1_000_000)]  # some 60 MB, in the pieces of 1 MB that Python takes
if sys.argv[1] == "lie":
    lie_in_large_pages()
if sys.argv[1] == "stay":
    import time
    until = time.monotonic() + 30
    while large() < 40 and time.monotonic() < until:
        time.sleep(0.1)
print(large(), held == [str(number) for number in range(1_000_000)])
"""
_PAGES = Path("/sys/kernel/mm/transparent_hugepage")


def _gives_large_pages() -> bool:
    """To who asks, of the size that is asked for, and at once: Linux 6.1."""
    release = tuple(map(int, re.findall(r"[0-9]+", platform.release())[:2]))
    return (
        _PAGES.is_dir()
        and "[madvise]" in (_PAGES / "enabled").read_text()
        and (_PAGES / "hpage_pmd_size").read_text().strip() == str(1 << 21)
        and release >= (6, 1)
    )


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has an arena for each thread")
def test_threads_share_two_arenas() -> None:
    assert _arenas("shared") <= 2
    assert _arenas("as it is") > 2  # which shows that the other is no accident


def _arenas(how: str) -> int:
    """How many arenas a process of eight threads at work has."""
    done = subprocess.run([sys.executable, "-c", _ARENAS, how], cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(not _gives_large_pages(), reason="this kernel gives no large pages to who asks")
def test_what_is_held_lies_in_large_pages() -> None:
    assert _large("as it is") < 40  # MB
    assert _large("lie") >= 40
    assert _large("stay") >= 40


def _large(how: str) -> int:
    """How many of a process's megabytes are in large pages; what it holds is what it was."""
    done = subprocess.run([sys.executable, "-c", _LARGE, how], cwd=PROJECT, capture_output=True, text=True, check=True)
    large, same = done.stdout.split()
    assert same == "True"
    return int(large)


def test_where_nobody_shall_have_large_pages_none_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never = tmp_path / "enabled"
    never.write_text("always madvise [never]\n")
    monkeypatch.setattr(memory, "_GIVEN", never)
    monkeypatch.setattr("ctypes.CDLL", lambda _: pytest.fail("the kernel was asked"))
    memory.lie_in_large_pages()
