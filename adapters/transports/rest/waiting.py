"""Work that waits for its line without holding a thread: a generator that gives what it waits for, and is driven from outside.

So one and the same exchange is carried alone by the thread that wants its answer, or many of them at once by one thread. Whoever
drives it throws `TimeoutError` into it where what it waits for has not come in time.
"""

import math
import select
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

READS, WRITES = select.POLLIN, select.POLLOUT

Wait = tuple[int, int, float]  # a line's file descriptor, what it is to be ready for, and until when (`time.monotonic`)
T = TypeVar("T")


def alone(work: Generator[Wait, None, T]) -> T:
    """What the work returns, or raises."""
    try:
        wait = next(work)
        while True:
            line, event, until = wait
            poll = select.poll()
            poll.register(line, event)
            wait = next(work) if poll.poll(_milliseconds(until)) else work.throw(TimeoutError())
    except StopIteration as ended:
        found: T = ended.value
        return found
    finally:
        work.close()


def together(works: Iterable[Generator[Wait, None, T]], most: int, stops: Callable[[T], bool]) -> list[T]:
    """What each returned, in their order, `most` of them under way at once; after one that `stops` no other is begun.

    What is under way then has its end. Works are taken as they are begun; what taking one raises, or one of them raises, ends all at once.
    """
    return _Many(iter(works), most, stops).ended()


def _milliseconds(until: float) -> int:
    return max(0, int((until - time.monotonic()) * 1000) + 1)


class _Many(Generic[T]):
    """Works under way, each waiting for a line of its own."""

    def __init__(self, works: Iterator[Generator[Wait, None, T]], most: int, stops: Callable[[T], bool]) -> None:
        self._works = works
        self._most = most
        self._stops = stops
        self._is_stopped = False
        self._told: dict[int, T] = {}
        self._begun = 0
        self._poll = select.poll()
        self._under_way: dict[int, tuple[int, Generator[Wait, None, T], float]] = {}  # by line: its number, and until when it waits
        self._soonest = math.inf  # before this none has waited for too long

    def ended(self) -> list[T]:
        try:
            self._begin()
            while self._under_way:
                self._wait()
            return [self._told[number] for number in range(self._begun)]
        finally:
            for _, work, _ in self._under_way.values():
                work.close()

    def _wait(self) -> None:
        """Goes on with what is ready, then with what was not and has waited for too long.

        Looked at in one moment: going on may take its time, and an answer that comes meanwhile is there.
        """
        ready = [line for line, _ in self._poll.poll(_milliseconds(self._soonest))]
        late = self._late(ready)
        for line in ready:
            self._go_on(line)
        for line in late:
            self._go_on(line, TimeoutError())

    def _late(self, ready: Sequence[int]) -> list[int]:
        now = time.monotonic()
        if now < self._soonest:
            return []
        waiting = {line: until for line, (_, _, until) in self._under_way.items() if line not in ready}
        late = [line for line, until in waiting.items() if until <= now]
        self._soonest = min((until for until in waiting.values() if until > now), default=math.inf)
        return late

    def _begin(self) -> None:
        while len(self._under_way) < self._most and not self._is_stopped:
            work = next(self._works, None)
            if work is None:
                return
            self._begun += 1
            self._step(self._begun - 1, work, None)

    def _go_on(self, line: int, error: TimeoutError | None = None) -> None:
        number, work, _ = self._under_way.pop(line)
        self._poll.unregister(line)
        self._step(number, work, error)
        self._begin()

    def _step(self, number: int, work: Generator[Wait, None, T], error: TimeoutError | None) -> None:
        try:
            line, event, until = work.throw(error) if error else next(work)
        except StopIteration as ended:
            self._told[number] = ended.value
            self._is_stopped = self._is_stopped or self._stops(ended.value)
            return
        self._poll.register(line, event)
        self._under_way[line] = number, work, until
        self._soonest = min(self._soonest, until)
