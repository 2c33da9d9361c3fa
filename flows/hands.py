"""Hands: processes beside this one that do the heavy work of a large pass, so that every core has its share.

A hand has a ledger, a registry and connections of its own; what it is to do it is told by names alone, and the ledger's leases keep
hands from each other as they keep workers. One that is killed is a worker that is killed: what it had not done, the next pass does.
"""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.managers import BaseManager
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any, TypeVar, cast

from adapters.needed import modules_of
from adapters.sources.folder import state_of
from flows.hand import TROUBLES, Hand, Trouble, begin
from flows.wiring import UNBOUNDED, Hub
from hub.contracts import Misconfigured
from hub.ledger.errors import LedgerUnavailable, Overtaken
from hub.ledger.queue import waiting_by_force

LARGE = 5_000  # reports: below, other processes would cost more than they bring
NICE = 10  # where other passes are beside the one that they work for: what is urgent goes before
LARGE_INTAKE = 10_000_000  # bytes of the files of an intake folder: about as many
_LOADED = ["hub.quality.loaded", "flows.hand", "flows.loaded"]  # by what hands are made from: they begin at once
_ENDED = "a process that worked for this pass was ended; what it had not done, the next pass does"
_RAISED = {error.__name__: error for error in TROUBLES}

T = TypeVar("T")
Done = TypeVar("Done")


class _Line(BaseManager):
    """The line to the process of one hand."""


_Line.register("hand", Hand)


class Hands:
    """Several hands. What they raise is what the step would have raised here; Overtaken where one of them was ended."""

    def __init__(self, hands: Sequence[Hand]) -> None:
        self.number = len(hands)
        self._hands = hands
        self._busy = [0] * len(hands)
        self._at: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def at(self, route: tuple[str, str], do: Callable[[Hand], Done | Trouble]) -> Done:
        """Have the one do it that has the line to this route; for a new route the one that does least just now."""
        with self._lock:
            which = self._at.setdefault(route, self._busy.index(min(self._busy)))
            self._busy[which] += 1
        try:
            return _told(do, self._hands[which])
        finally:
            with self._lock:
                self._busy[which] -= 1

    def one(self, do: Callable[[Hand], Done | Trouble]) -> Done:
        """Have the first of them do it."""
        return _told(do, self._hands[0])

    def each(self, things: Sequence[T], do: Callable[[Hand, T], Done | Trouble]) -> list[Done]:
        """One thing after the other, each by whoever is free."""
        free: SimpleQueue[Hand] = SimpleQueue()
        for hand in self._hands:
            free.put(hand)

        def one(thing: T) -> Done:
            hand = free.get()
            try:
                return _told(lambda taken: do(taken, thing), hand)
            finally:
                free.put(hand)

        with ThreadPoolExecutor(self.number, thread_name_prefix="hand") as pool:
            return list(pool.map(one, things))


def get_ready(hub: Hub) -> ForkServerContext:
    """Begin the process that hands are made from, and that loads what they need: they then begin at once. Returns without waiting."""
    context = get_context("forkserver")
    context.set_forkserver_preload([*_LOADED, *modules_of(hub.registry)])
    forkserver.ensure_running()
    return context


def _silent(why: str) -> None:
    """Nobody reads it."""


@contextmanager
def hands_for(
    hub: Hub, intake: Path | None, forces: Collection[str] | None = None, say: Callable[[str], None] = _silent
) -> Iterator[Hands | None]:
    """As many hands as the hub may have processes, where there is much to do; None where there is not, or only one is allowed.

    Of what waits only that of `forces` counts, where they are given. A force is prepared by one hand: there are no more than forces.
    None too where they cannot begin for a reason that keeps nobody here from working (this machine lets no more processes begin; a file of
    forces or checks has become wrong since this process read it): the pass goes on alone, and `say` is told why.
    Raises LedgerUnavailable, also where one of them cannot use the ledger, and Overtaken where one was ended before it had begun. In
    each of these cases those that had begun are ended first.
    """
    number = min(hub.settings.processes, len(hub.registry.forces))
    with ExitStack() as lines:
        yield _begun(lines, hub, number, say) if number > 1 and _is_much(hub, intake, forces) else None


def _begun(lines: ExitStack, hub: Hub, number: int, say: Callable[[str], None]) -> Hands | None:
    """All of them, until `lines` end; or none."""
    with ExitStack() as ours:
        try:
            found = _begin_all(ours, hub, number)
        except (LedgerUnavailable, Overtaken):
            raise
        except (EOFError, ConnectionError):
            raise Overtaken(_ENDED) from None
        except Exception as error:
            say(f"The processes that were to share this pass could not begin, and it takes longer: {_why(error)}")
            return None
        lines.enter_context(ours.pop_all())
    return Hands(found)


def _begin_all(lines: ExitStack, hub: Hub, number: int) -> list[Hand]:
    """Side by side. Those that began end with `lines`, also where not all did."""
    context = get_ready(hub)
    each = lines.enter_context(ThreadPoolExecutor(number))
    started = [_Line(ctx=context) for _ in range(number)]
    nice = 0 if hub.bounds == UNBOUNDED else NICE
    beginning = [each.submit(line.start, begin, (nice,)) for line in started]
    wait(beginning)
    lines.callback(lambda: list(each.map(_end, started)))
    for one in beginning:
        one.result()
    return list(each.map(lambda line: _opened(line, hub), started))


def _opened(line: _Line, hub: Hub) -> Hand:
    hand: Hand = cast(Any, line).hand(hub.settings, hub.clock.instant, hub.bounds)
    _told(lambda one: one.open(), hand)
    return hand


def _why(error: Exception) -> str:
    """What kept hands from beginning, and what to do."""
    match error:
        case Misconfigured():
            return str(error)
        case OSError():
            return f"{type(error).__name__}, {error.strerror}. See to the processes, memory and files that this machine lets the hub have."
        case _:
            return f"{type(error).__name__}. Report this defect."


def _end(line: _Line) -> None:
    """One that did not begin has nothing to end."""
    if end := getattr(line, "shutdown", None):
        end()


def shares_of(hub: Hub, forces: Sequence[str] | None, number: int) -> list[list[str]]:
    """The forces that have reports waiting, in so many shares of about the same size, the largest first."""
    waiting = waiting_by_force(hub.ledger)
    shares: list[list[str]] = [[] for _ in range(number)]
    sizes = Counter(dict.fromkeys(range(number), 0))
    for force, reports in waiting.most_common():
        if forces is None or force in forces:
            smallest = min(sizes, key=sizes.__getitem__)
            shares[smallest].append(force)
            sizes[smallest] += reports
    return [share for share in shares if share]


def together(done: Sequence[Done]) -> Done:
    """What several did, as if one had done it: numbers, counts and lists are added up, of all else the last counts."""
    first = done[0]
    for other in done[1:]:
        for field in fields(cast(Any, first)):
            ours, theirs = getattr(first, field.name), getattr(other, field.name)
            setattr(first, field.name, ours + theirs if isinstance(ours, int | list | Counter) else theirs or ours)
    return first


def _told(do: Callable[[Hand], Done | Trouble], hand: Hand) -> Done:
    try:
        answer = do(hand)
    except (EOFError, ConnectionError):
        raise Overtaken(_ENDED) from None
    if not isinstance(answer, Trouble):
        return answer
    error: Any = _RAISED[answer.kind].__new__(_RAISED[answer.kind])
    error.args, error.code = (answer.text,), answer.code
    raise error


def _is_much(hub: Hub, intake: Path | None, forces: Collection[str] | None) -> bool:
    waiting = waiting_by_force(hub.ledger)
    if sum(number for force, number in waiting.items() if forces is None or force in forces) >= LARGE:
        return True
    return intake is not None and _has_bytes(intake, LARGE_INTAKE)


def _has_bytes(folder: Path, number: int) -> bool:
    """Whether its files have so many, as far as it can be read: what cannot, or is no folder, is for the pick-up to tell."""
    left = number
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            state = state_of(entry)
            left -= state.st_size if state else 0
            if left <= 0:
                return True
    return False
