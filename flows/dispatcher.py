"""The dispatcher: looks, and starts the passes that are worth it. Nothing that goes wrong in one of them ends it.

A pass runs in a thread and is a run of its own, beside the dispatcher's: it can be cleared away while the dispatcher lives on. The
next begins as soon as this one has nothing more to prepare, so that a far end that stalls keeps nobody else waiting.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from logging import Logger, LoggerAdapter
from pathlib import Path

from prefect.client.schemas.objects import State

from flows.carry import Stage, carry
from flows.look import Lookout, Pace, Todo
from flows.stage import OWN_TROUBLES, end_of, in_thread
from flows.watch import asleep
from flows.watched import Files
from flows.wiring import Hub, running
from hub.documents import InvalidDocument
from hub.ledger.errors import LedgerUnavailable

SIDE_BY_SIDE = 8  # passes: all but the last of them wait for far ends that stall
PICKS_UP_FOR = 1.0  # seconds: then what is urgent leaves before the rest of a backlog is picked up, by the next pass
PATIENCE = 30.0  # seconds for the passes under way when the dispatcher is told to end

Log = Logger | LoggerAdapter[Logger]


class Dispatcher:
    """Keeps the schedules of one hub. `passes` counts those that it started."""

    def __init__(self, hub: Hub, intake: Path, settle_seconds: float, pace: Pace, log: Log) -> None:
        self.passes = 0
        self._hub = hub
        self._intake = intake
        self._settle_seconds = settle_seconds
        self._lookout = Lookout(hub, intake, settle_seconds, pace)
        self._files = Files(hub)
        self._threads = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="pass")
        self._under_way: set[asyncio.Future[State[None]]] = set()
        self._log = log
        self._said: dict[str, str] = {}

    async def run(self, told: asyncio.Event, every_seconds: float, *, once: bool) -> None:
        """Look and start, again and again, until told to end; then give the passes under way some time."""
        while not told.is_set():
            await self._turn()
            if once or await asleep(told, every_seconds):
                break
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=None if once else PATIENCE)
        self._threads.shutdown(wait=False)

    async def _turn(self) -> None:
        if len(self._under_way) == SIDE_BY_SIDE:
            return
        try:
            news = await in_thread(self._files.read_again)
            todo = await in_thread(self._lookout.look, news)
        except (LedgerUnavailable, InvalidDocument, OSError) as error:
            self._say("look", f"The dispatcher cannot look: {error}")
            return
        except Exception as defect:
            self._say("look", f"The dispatcher cannot look ({type(defect).__name__}: report this defect). It goes on looking.")
            return
        self._say("look", "")
        self._tell_broken()
        if todo:
            await self._start(todo)

    def _tell_broken(self) -> None:
        for slug, faults in self._hub.registry.broken.items():
            self._say(slug, f"{slug} cannot be delivered to until its file is right: {'; '.join(map(str, faults))}")

    def _say(self, subject: str, message: str) -> None:
        """Say it once, until there is something else to say of this subject."""
        if message and self._said.get(subject) != message:
            self._log.warning(message)
        self._said[subject] = message

    async def _start(self, todo: Todo) -> None:
        """Start a pass, and return when it has nothing more to prepare."""
        loop, prepared = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(prepared.set)

        under_way = loop.run_in_executor(self._threads, self._carry, todo, tell)  # without our context: no subflow of this run
        self.passes += 1
        self._under_way.add(under_way)
        under_way.add_done_callback(self._ended)
        under_way.add_done_callback(lambda _: prepared.set())
        await prepared.wait()

    def _carry(self, todo: Todo, prepared: Callable[[], None]) -> State[None]:
        stages: dict[Stage, bool] = {"confirm": todo.ask, "reconcile": todo.account}
        with self._hub.beside(prepared, PICKS_UP_FOR) as ours, running(ours):
            called = carry.with_options(flow_run_name=f"carry · {', '.join(todo.because)}")(
                intake=str(self._intake) if todo.intake else None,
                due=list(todo.due),
                come_back=True,
                leave_out=[stage for stage, wanted in stages.items() if not wanted],
                settle_seconds=self._settle_seconds,
                return_state=True,
            )
            return asyncio.run(end_of(called))

    def _ended(self, under_way: "asyncio.Future[State[None]]") -> None:
        self._under_way.discard(under_way)
        if under_way.cancelled():
            return
        if error := under_way.exception():
            self._say("pass", f"A pass broke off ({type(error).__name__}). What it had not done, another does.")
            return
        end = under_way.result()
        self._say("pass", f"{end.name}: {end.message}" if end.name in OWN_TROUBLES else "")
