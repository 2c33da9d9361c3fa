"""Every instant at which a worker can die with something left half done: between two acts that outlast it.

Such an act is a commit, or a call to a source, a transport or the store. Nothing outlasts the worker between the end of one act
and the beginning of the next, so that the instant after the one is the instant before the other, and one death stands for both.
A worker that dies before a commit does so with the transaction open and everything in it written.
"""

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from sqlalchemy import Connection

from hub.contracts import Acknowledgement, Finding, Payload, Receipt, Source, Submission, Transport
from hub.ledger.ledger import Ledger
from hub.ledger.store import INLINE, Stored


@dataclass
class Boundaries:
    """Counts the acts of one run and names them; `dies_at` is the instant at which it ends this process, as a power cut would.

    Instant 0 is before the first act, instant n after the n-th.
    """

    dies_at: int | None = None
    step: str = ""
    acts: list[str] = field(default_factory=list)
    _seen: Counter[str] = field(default_factory=Counter)

    def before(self, act: str) -> None:
        """An act is about to begin. What the lease's keeper does beside the work is none: it moves no report."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._die_if_it_is_time()
        name = f"{self.step}: {act}"
        self._seen[name] += 1
        self.acts.append(f"{name} {self._seen[name]}")

    def end(self) -> None:
        """The last act is done."""
        self._die_if_it_is_time()

    def _die_if_it_is_time(self) -> None:
        if len(self.acts) == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


def instants(acts: Sequence[str]) -> list[str]:
    """The instants between these acts, by number."""
    after = ["at the beginning", *(f"after {act}" for act in acts)]
    before = [*(f"before {act}" for act in acts), "at the end"]
    return [f"{one}, {other}" for one, other in zip(after, before, strict=True)]


def watch(ledger: Ledger, boundaries: Boundaries) -> None:
    """Every commit of this ledger, and every write to its store, is a boundary from now on."""
    write, put, stream = ledger.write, ledger.store.put, ledger.store.stream

    def watched_write(**how: bool) -> AbstractContextManager[Connection]:
        return _writing(partial(write, **how), boundaries, sys._getframe(1).f_code.co_name)

    def watched_put(force: str, body: bytes) -> Stored:
        if len(body) > INLINE:  # else it is the row that keeps it
            boundaries.before("store put")
        return put(force, body)

    def watched_stream(force: str, source: BinaryIO) -> Stored:
        boundaries.before("store stream")
        return stream(force, source)

    ledger.write = watched_write  # type: ignore[assignment]  # the same promise, watched
    ledger.store.put = watched_put  # type: ignore[method-assign]  # the same promise, watched
    ledger.store.stream = watched_stream  # type: ignore[method-assign]  # the same promise, watched


@contextmanager
def _writing(write: Callable[[], AbstractContextManager[Connection]], boundaries: Boundaries, action: str) -> Iterator[Connection]:
    with write() as connection:
        yield connection
        boundaries.before(f"commit {action}")


@dataclass
class WatchedSource:
    """A source of which every call is a boundary."""

    source: Source
    boundaries: Boundaries
    name: str = "folder"

    def submissions(self) -> Iterator[Submission]:
        self.boundaries.before("source submissions")
        return self.source.submissions()

    def settle(self, submissions: Sequence[Submission]) -> None:
        self.boundaries.before("source settle")
        self.source.settle(submissions)

    def close(self) -> None:
        pass


@dataclass
class WatchedTransport:
    """A transport of which every call is a boundary. Its payloads go one by one, so that the boundaries always come in one order."""

    transport: Transport
    boundaries: Boundaries
    parallel: int = 1

    def send(self, payload: Payload) -> Receipt:
        self.boundaries.before(f"send {payload.kind}")
        return self.transport.send(payload)

    def find(self, payload: Payload) -> Finding:
        self.boundaries.before(f"find {payload.kind}")
        return self.transport.find(payload)

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:
        self.boundaries.before("acknowledgements")
        return self.transport.acknowledgements(cursor)

    def settle(self, batch: str) -> None:
        self.boundaries.before("transport settle")
        self.transport.settle(batch)

    def close(self) -> None:
        self.transport.close()
