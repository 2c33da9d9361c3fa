"""How a process of many threads keeps its memory flat, and quick to reach."""

import ctypes
import re
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

_M_ARENA_MAX = -8  # glibc's malloc.h
_HUGEPAGE, _COLLAPSE = 14, 25  # Linux's mman-common.h: large pages from now on; what is here already is put into some at once (Linux 6.1)
_LARGE = 1 << 21  # bytes of a large page: of x86-64, and of ARM with ordinary pages of 4 KB
_OWN = re.compile(rb"([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0 *(?:\[heap\])?$", re.MULTILINE)  # no file's memory
_GIVEN = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def share_arenas() -> None:
    """From now on all threads share two of the C library's arenas: one for each thread keeps what that once needed, 100 MB in a large pass.

    Where the C library has none (musl, macOS) nothing happens.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def lie_in_large_pages() -> None:
    """What this process holds lies in pages of 2 MB instead of 4 KB from now on, as far as it fills them and the kernel has some.

    A batch of reports is reached all over a hundred megabytes, and the processor knows by heart where some eight of them lie. The rest it
    looks up, which on a virtual machine can take a microsecond each: more than what is then done there. Python's own memory comes in
    pieces of 1 MB, for which no kernel gives large pages unasked. Where there are none (not Linux, or switched off) nothing happens.
    """
    with suppress(OSError, AttributeError):
        if b"[never]" in _GIVEN.read_bytes():  # to which MADV_COLLAPSE would not keep
            return
        advise = ctypes.CDLL(None).madvise
        advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for begin, end in _OWN.findall(Path("/proc/self/maps").read_bytes()):
            first, last = -(-int(begin, 16) // _LARGE) * _LARGE, int(end, 16) // _LARGE * _LARGE
            if first < last and advise(first, last - first, _HUGEPAGE) == 0:
                advise(first, last - first, _COLLAPSE)


def stay_in_large_pages(after_seconds: float, every_seconds: float) -> None:
    """The same after so many seconds, and then again and again: what one batch leaves is given back, and the next begins anew.

    The first time costs up to half a second of processor time, which what is over soon would not gain; to look again takes 6 ms.
    """

    def stay() -> None:
        time.sleep(after_seconds)
        while True:
            lie_in_large_pages()
            time.sleep(every_seconds)

    Thread(target=stay, name="large pages", daemon=True).start()
