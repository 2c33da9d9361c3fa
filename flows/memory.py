"""How a process of many threads keeps its memory flat."""

import ctypes
from contextlib import suppress

_M_ARENA_MAX = -8  # glibc's malloc.h


def share_arenas() -> None:
    """From now on all threads share two of the C library's arenas: one for each thread keeps what that once needed, 100 MB in a large pass.

    Where the C library has none (musl, macOS) nothing happens.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
