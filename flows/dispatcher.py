"""The dispatcher: looks, and starts the passes that are worth it. Nothing that goes wrong in one of them ends it.

A pass runs in a thread and is a run of its own, beside the dispatcher's: it can be cleared away while the dispatcher lives on. The
next begins as soon as this one has nothing more to prepare, so that a far end that stalls keeps nobody else waiting. While it still
prepares, what is urgent has passes of its own: they pick up what has just come, prepare what is urgent, and send the urgent lanes.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from logging import Logger, LoggerAdapter
from pathlib import Path

from prefect.client.schemas.objects import State

from adapters.needed import load_adapters
from flows.carry import Stage, carry
from flows.hands import get_ready
from flows.loading import load_passes
from flows.look import Lookout, Pace, Todo
from flows.stage import OWN_TROUBLES, end_of, in_thread
from flows.urgent import carry_urgent, is_worth_telling, tell_of_urgent
from flows.watch import asleep
from flows.watched import Files
from flows.wiring import Bounds, Hub, running
from hub.contracts import SourceUnavailable
from hub.documents import InvalidDocument
from hub.ledger.errors import LedgerUnavailable
from hub.memory import share_arenas, stay_in_large_pages

SIDE_BY_SIDE = 8  # passes: all but the last of them wait for far ends that stall
URGENT_BESIDE = 4  # the same of those for what is urgent alone
BOUNDS = Bounds(picks_up_for=10.0, prepares_for=15.0)  # what is picked up and sealed leaves while the next pass goes on
URGENT = Bounds(picks_up_for=0.5, prepares_for=0.0, urgent_alone=True)
SWITCH = 0.0005  # seconds until another thread has its turn; Python's own 5 ms would hold up each step of what is urgent
PATIENCE = 30.0  # seconds for the passes under way when the dispatcher is told to end
_SEE_TO_FILES = "see to the files of mappings, checks and endpoints, and to what this machine lets the hub open"

Log = Logger | LoggerAdapter[Logger]


def _tell(hub: Hub, name: str) -> None:
    """That Prefect cannot be told of it undoes nothing."""
    with running(hub), suppress(Exception):
        asyncio.run(end_of(tell_of_urgent.with_options(flow_run_name=name)(return_state=True)))


def _finish(telling: ThreadPoolExecutor) -> None:
    """Tell what there is to tell, for some time."""
    last = telling.submit(lambda: None)
    wait([last], PATIENCE)
    telling.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Threads of this process take turns more often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class Dispatcher:
    """Keeps the schedules of one hub. `passes` counts those that it started."""

    def __init__(self, hub: Hub, intake: Path, settle_seconds: float, pace: Pace, log: Log) -> None:
        self.passes = 0
        self._hub = hub
        self._intake = intake
        self._settle_seconds = settle_seconds
        self._lookout = Lookout(hub, intake, settle_seconds, pace)
        self._files = Files(hub)
        self._threads = ThreadPoolExecutor(SIDE_BY_SIDE + URGENT_BESIDE, thread_name_prefix="pass")
        self._telling = ThreadPoolExecutor(1, thread_name_prefix="telling")  # Prefect of passes that did not wait for it
        self._under_way: dict[asyncio.Future[State[None]], Bounds] = {}
        self._preparing: dict[Bounds, asyncio.Future[State[None]]] = {}  # of each kind the one that has not prepared yet
        self._log = log
        self._said: dict[str, str] = {}

    async def run(self, told: asyncio.Event, every_seconds: float, *, once: bool) -> None:
        """Look and start, again and again, until told to end; then give the passes under way some time."""
        await in_thread(self._load)
        with _quick_turns():
            while not told.is_set():
                await self._turn()
                if once or await asleep(told, every_seconds):
                    break
            if self._under_way:
                await asyncio.wait(list(self._under_way), timeout=None if once else PATIENCE)
            await in_thread(_finish, self._telling)
        self._threads.shutdown(wait=False)

    def _load(self) -> None:
        """What the first passes need, so that what is urgent need not wait for it."""
        share_arenas()
        load_adapters(self._hub.registry)
        load_passes()
        stay_in_large_pages(after_seconds=30, every_seconds=10)
        if self._hub.settings.processes > 1:
            get_ready(self._hub)

    async def _turn(self) -> None:
        """Look for everything, or, while a pass prepares, for what is urgent alone; and start a pass for what is there."""
        bounds = URGENT if BOUNDS in self._preparing else BOUNDS
        if bounds in self._preparing or self._has_enough(bounds):
            return
        try:
            todo = await in_thread(self._look if bounds is BOUNDS else self._lookout.look_for_urgent)
        except (LedgerUnavailable, InvalidDocument, SourceUnavailable) as error:
            self._say("look", f"The dispatcher cannot look: {error}")
            return
        except OSError as error:
            self._say("look", f"The dispatcher cannot look ({type(error).__name__}, {error.strerror}): {_SEE_TO_FILES}.")
            return
        except Exception as defect:
            self._say("look", f"The dispatcher cannot look ({type(defect).__name__}: report this defect). It goes on looking.")
            return
        self._say("look", "")
        self._tell_broken()
        if todo:
            self._start(todo, bounds)

    def _look(self) -> Todo | None:
        return self._lookout.look(self._files.read_again())

    def _has_enough(self, bounds: Bounds) -> bool:
        return list(self._under_way.values()).count(bounds) == (URGENT_BESIDE if bounds.urgent_alone else SIDE_BY_SIDE)

    def _tell_broken(self) -> None:
        for slug, faults in self._hub.registry.broken.items():
            self._say(slug, f"{slug} cannot be delivered to until its file is right: {'; '.join(map(str, faults))}")

    def _say(self, subject: str, message: str) -> None:
        """Say it once, until there is something else to say of this subject."""
        if message and self._said.get(subject) != message:
            self._log.warning(message)
        self._said[subject] = message

    def _start(self, todo: Todo, bounds: Bounds) -> None:
        """Start a pass. Until it has nothing more to prepare, no other of its kind is started."""
        loop = asyncio.get_running_loop()

        def tell() -> None:
            loop.call_soon_threadsafe(self._preparing.pop, bounds, None)

        make = self._carry_urgent if bounds.urgent_alone else self._carry
        under_way = loop.run_in_executor(self._threads, make, todo, bounds, tell)  # without our context: no subflow of this run
        self.passes += 1
        self._under_way[under_way] = bounds
        self._preparing[bounds] = under_way
        under_way.add_done_callback(self._ended)

    def _carry(self, todo: Todo, bounds: Bounds, prepared: Callable[[], None]) -> State[None]:
        stages: dict[Stage, bool] = {"confirm": todo.ask, "reconcile": todo.account}
        with self._hub.beside(prepared, bounds) as ours, running(ours):
            called = carry.with_options(flow_run_name=f"carry · {', '.join(todo.because)}")(
                intake=str(self._intake) if todo.intake else None,
                due=list(todo.due),
                come_back=True,
                leave_out=[stage for stage, wanted in stages.items() if not wanted],
                settle_seconds=self._settle_seconds,
                return_state=True,
            )
            return asyncio.run(end_of(called))

    def _carry_urgent(self, todo: Todo, bounds: Bounds, prepared: Callable[[], None]) -> State[None]:
        with self._hub.beside(prepared, bounds) as ours:
            end = asyncio.run(carry_urgent(ours, self._intake if todo.intake else None, todo.forces, self._settle_seconds))
        if is_worth_telling(ours):
            self._telling.submit(_tell, ours, f"carry what is urgent · {', '.join(todo.because)}")
        return end

    def _ended(self, under_way: "asyncio.Future[State[None]]") -> None:
        bounds = self._under_way.pop(under_way)
        if self._preparing.get(bounds) is under_way:
            del self._preparing[bounds]
        if under_way.cancelled():
            return
        if error := under_way.exception():
            self._say("pass", f"A pass broke off ({type(error).__name__}). What it had not done, another does.")
            return
        end = under_way.result()
        self._say("pass", f"{end.name}: {end.message}" if end.name in OWN_TROUBLES else "")
