"""Permissions stop every user but root: a test of root's sets that right down for a while, and is stopped like any other."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION = 0x20080522  # of the structures: 3, see capset(2)
_OVERRIDING = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextmanager
def stopped_by_permissions() -> Iterator[None]:
    """Permissions hold for this thread until the block's end; it stays who it is.

    What the block reads of the project must be in memory before: the project may lie where others may not look.
    """
    if os.geteuid() != 0:
        yield
        return
    held = _capabilities()
    effective = held[0]
    held[0] &= ~_OVERRIDING
    _set(held)
    try:
        yield
    finally:
        held[0] = effective
        _set(held)


def _header() -> ctypes.Array[ctypes.c_uint32]:
    return (ctypes.c_uint32 * 2)(_VERSION, 0)  # of the thread that asks


def _capabilities() -> ctypes.Array[ctypes.c_uint32]:
    """Effective, permitted, inheritable: of the first 32 capabilities, then of the others."""
    held = (ctypes.c_uint32 * 6)()
    _done(_libc().capget(_header(), held))
    return held


def _set(held: ctypes.Array[ctypes.c_uint32]) -> None:
    _done(_libc().capset(_header(), held))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _done(answer: int) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
