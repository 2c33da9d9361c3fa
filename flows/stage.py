"""How a step becomes a Prefect task: it runs in a thread, keeps nothing in Prefect, and ends in a state that says what it did."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from hub.clock import Clock
from hub.contracts import SourceUnavailable
from hub.ledger.errors import LedgerUnavailable, Overtaken

P = ParamSpec("P")
T = TypeVar("T")

KEEPS_NOTHING: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}
NO_RESULT: dict[str, Any] = {  # of a flow; where no place for results is named, Prefect asks its server for one twice before it begins
    "persist_result": False,
    "result_storage": Path(os.devnull),
}


NO_LEDGER, NO_INTAKE = "Held: ledger unavailable", "Held: intake unreadable"
OWN_TROUBLES = (NO_LEDGER, NO_INTAKE)  # the hub's, not a force's: nothing was lost, and a later pass goes on


def holding(stage: Callable[P, Coroutine[Any, Any, State[None]]]) -> Callable[P, Coroutine[Any, Any, State[None]]]:
    """What the hub itself lacks ends a stage in a state that says so, with what to do about it."""

    @wraps(stage)
    async def held(*args: P.args, **kwargs: P.kwargs) -> State[None]:
        try:
            return await stage(*args, **kwargs)
        except (LedgerUnavailable, SourceUnavailable, Overtaken) as error:
            return told(error)

    return held


def told(error: LedgerUnavailable | SourceUnavailable | Overtaken) -> State[None]:
    """The state of a stage that could not go on."""
    names = {LedgerUnavailable: NO_LEDGER, SourceUnavailable: NO_INTAKE, Overtaken: "Held: another worker"}
    return failed(names[type(error)], str(error))


async def in_thread(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step beside the event loop, with this task's context.

    So many go on at once, whatever the machine: Python's own number goes by the cores, and who waits for a far end needs none.
    """
    loop = asyncio.get_running_loop()
    if loop not in _WITH_THREADS:
        loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="step"))
        _WITH_THREADS.add(loop)
    return await asyncio.to_thread(step, *args, **kwargs)


_THREADS = 24  # a pass sends to eight far ends at once, and listens to as many (`flows/turns.py`), beside what it looks up
_WITH_THREADS: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


async def end_of(called: Any) -> State[None]:
    """The state that a task ends in. Prefect's types have `return_state` give it at once; it is awaited like any other."""
    end: State[None] = await called
    return end


def ended(name: str, message: str) -> State[None]:
    """A good end with a name of its own."""
    return Completed(name=name, message=message)


def its_own(end: State[None]) -> State[None]:
    """A stage's end as that of the flow: of a state that another run ended in, Prefect says no more than `1/1 states failed.`"""
    return State(type=end.type, name=end.name, message=end.message)


def failed(name: str, message: str) -> State[None]:
    """A bad end that says what, how many, and what next."""
    return Failed(name=name, message=message)


def clock_of(at: datetime | None) -> Clock:
    """The clock that a flow's parameter asks for. A time without offset is taken as UTC: the UI's date field gives none."""
    if at is None:
        return Clock()
    return Clock.at(at if at.tzinfo else at.replace(tzinfo=UTC))


def count(number: int, thing: str, things: str | None = None) -> str:
    """`1 report`, `5,660 reports`; `things` where its plural is another."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"
