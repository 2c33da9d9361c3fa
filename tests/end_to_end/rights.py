"""Permissions stop every user but root: a process of root's gives that right up, and can be stopped like any other."""

import ctypes
import os

_VERSION = 0x20080522  # of the structures: 3, see capset(2)
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2


def give_up_overriding() -> None:
    """From here on permissions hold for this process, for good. It stays who it is, and can import what only that user may read."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    held = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: of the first 32 capabilities, then of the others
    assert libc.capget(header, held) == 0
    held[0] &= ~(1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH)
    assert libc.capset(header, held) == 0
