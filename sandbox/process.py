"""What the processes of a sandbox have in common: how they begin, say that they are ready, and end.

Each is started with an open pipe on its standard input. The system closes it however the parent ends, so no stand-in
outlives the command or test that wanted it.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.clock import Clock
from hub.garbage import collect_seldom
from hub.memory import stay_in_large_pages

READY = "ready"


def run(serve: Callable[[Path, Clock], Awaitable[None]]) -> None:
    """Runs one process of a sandbox: `--folder DIR`, and `--at` for a clock that stands still."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--at", type=datetime.fromisoformat)
    given = parser.parse_args()
    collect_seldom()
    stay_in_large_pages(after_seconds=30, every_seconds=10)
    asyncio.run(_served(serve, given.folder.resolve(), Clock.at(given.at) if given.at else Clock()))


def ready() -> None:
    """Says to the parent that this process listens."""
    print(READY, flush=True)  # noqa: T201 - the line that the parent waits for


def told_to_stop() -> asyncio.Event:
    """Set at SIGTERM and Ctrl-C from now on: called before a process says that it is ready."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


async def ended(told: asyncio.Event, *work: Coroutine[Any, Any, None], with_parent: bool = True) -> None:
    """Returns when told to stop, or when the parent is gone; does this work until then, and raises what it raises."""
    reasons = [asyncio.ensure_future(told.wait()), *([asyncio.ensure_future(_parent_gone())] if with_parent else [])]
    doing = [asyncio.ensure_future(one) for one in work]
    done, pending = await asyncio.wait([*reasons, *doing], return_when=asyncio.FIRST_COMPLETED)
    for one in pending:
        one.cancel()
    await asyncio.gather(*(one for one in done if one in doing))


async def _served(serve: Callable[[Path, Clock], Awaitable[None]], folder: Path, clock: Clock) -> None:
    await serve(folder, clock)


async def _parent_gone() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
