"""The watch: one dispatcher acts at a time, and it ends in order when it is told to."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from flows.stage import in_thread
from hub.ledger.dispatching import end_watch, take_watch
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.ledger import Ledger

LEASE = 30.0  # seconds: a dispatcher that died is followed by another within them
_RENEWAL = 10.0
_PAUSE = 1.0


class Relieved(Exception):
    """Another dispatcher acts for this ledger."""


@contextmanager
def told_to_end() -> Iterator[asyncio.Event]:
    """Set when a signal asks this process to end. Prefect's own answer to one would end the passes in the middle of their work."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        loop.add_signal_handler(number, told.set)
    try:
        yield told
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


@asynccontextmanager
async def on_watch(ledger: Ledger, told: asyncio.Event) -> AsyncIterator[None]:
    """Be the one dispatcher while the block runs; if the watch is lost, `told` is set.

    Waits as long as a dispatcher that has died may still count as alive. Raises Relieved where another acts, and LedgerUnavailable.
    """
    await _begin(ledger, told)
    keeping = asyncio.create_task(_keep(ledger, told))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(LedgerUnavailable):
            await in_thread(end_watch, ledger)


async def _begin(ledger: Ledger, told: asyncio.Event) -> None:
    trouble: LedgerUnavailable | None = None
    for _ in range(int((LEASE + _RENEWAL) / _PAUSE)):
        try:
            trouble = None
            if await in_thread(take_watch, ledger, LEASE):
                return
        except LedgerUnavailable as error:
            trouble = error
        if await asleep(told, _PAUSE):
            break
    if trouble:
        raise trouble
    raise Relieved(f"another dispatcher acts for this ledger: {ledger.database.url.render_as_string()}")


async def _keep(ledger: Ledger, told: asyncio.Event) -> None:
    while not await asleep(told, _RENEWAL):
        with suppress(LedgerUnavailable):  # the look says so, and what is done meanwhile is claimed anyhow
            if not await in_thread(take_watch, ledger, LEASE):
                told.set()


async def asleep(told: asyncio.Event, seconds: float) -> bool:
    """Sleep, or wake at once when told to end. Returns whether to end."""
    with suppress(TimeoutError):
        await asyncio.wait_for(told.wait(), seconds)
    return told.is_set()
