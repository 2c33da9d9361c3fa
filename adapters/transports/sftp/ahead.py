"""Reading ahead: the parts of a file are asked for before they are read, so that a long way does not cost a wait for each."""

import time
from contextlib import suppress
from functools import partial

from paramiko import SFTPFile, SSHException

AT_ONCE = 64  # requests on their way: of 32 KiB each
_PAUSE = 0.01  # seconds


def read_ahead(file: SFTPFile, size: int) -> None:
    """Ask for the first `size` bytes of a file that is about to be read from its beginning.

    paramiko's own thread prints a traceback where the connection breaks, which the reader notices anyhow, and never ends where a file
    is closed before it was read to its end.
    """
    file._prefetch_thread = partial(_ask, file)  # type: ignore[attr-defined]  # the one place where paramiko lets this be done
    file.prefetch(size, AT_ONCE)


def _ask(file: SFTPFile, chunks: list[tuple[int, int]], most: int) -> None:
    ask = partial(type(file)._prefetch_thread, file)  # type: ignore[attr-defined]
    with suppress(SSHException, OSError, EOFError):
        for chunk in chunks:
            while len(file._prefetch_extents) >= most:  # type: ignore[attr-defined]
                if file.closed:
                    return
                time.sleep(_PAUSE)
            ask([chunk], None)
