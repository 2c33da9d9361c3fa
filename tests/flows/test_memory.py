"""Memory: threads share what the C library keeps for them."""

import platform
import subprocess
import sys

import pytest

from hub.settings import PROJECT

_ARENAS = """
import ctypes, sys, threading
from flows.memory import share_arenas

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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has an arena for each thread")
def test_threads_share_two_arenas() -> None:
    assert _arenas("shared") <= 2
    assert _arenas("as it is") > 2  # which shows that the other is no accident


def _arenas(how: str) -> int:
    """How many arenas a process of eight threads at work has."""
    done = subprocess.run([sys.executable, "-c", _ARENAS, how], cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout.count("<heap nr=")
