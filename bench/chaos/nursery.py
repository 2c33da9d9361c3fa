"""The nursery: forks workers from a process that has everything loaded and nothing open, and deals them the blows it is told to."""

import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from bench.chaos.worker import Bench

Told = tuple[str, int]  # `kill`, `stop` or `go on`, and which worker


def warm_up() -> None:
    """The fork server begins with its imports now, while something else is made ready."""
    get_context("forkserver").set_forkserver_preload(["bench.chaos.worker"])
    ensure_running()


class Nursery:
    """So many workers, for as long as a `with` block lasts: one that dies is followed by another at once.

    It is a process of its own, forked from Python's fork server, which has imported `bench.chaos.worker`.
    """

    def __init__(self, workers: int, environment: dict[str, str], defects: Path) -> None:
        context = get_context("forkserver")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_keep, args=(workers, environment, defects, theirs))
        self._theirs = theirs
        self.kills = 0

    def __enter__(self) -> Self:
        self._process.start()
        self._theirs.close()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._line.close()
        self._process.join(20)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def kill(self, worker: int) -> None:
        """SIGKILL: another worker is there when this returns."""
        self.kills += self._tell("kill", worker)

    def stop(self, worker: int) -> None:
        """SIGSTOP: as a machine that is suspended."""
        self._tell("stop", worker)

    def go_on(self, worker: int) -> None:
        """SIGCONT: a worker that slept past its lease wakes up."""
        self._tell("go on", worker)

    def _tell(self, what: str, worker: int) -> bool:
        self._line.send((what, worker))
        return bool(self._line.recv())


@dataclass
class _Cradle:
    """The workers, by their place."""

    bench: "Bench"
    defects: Path
    pids: list[int] = field(default_factory=list)

    def bear(self) -> int:
        from bench.chaos.worker import work

        parent = os.getpid()
        if pid := os.fork():
            return pid
        try:
            work(self.bench, parent)
        finally:
            os._exit(1)

    def deal(self, what: str, worker: int) -> bool:
        """Whether it was one of ours that it struck, alive."""
        pid = self.pids[worker]
        os.kill(pid, {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "go on": signal.SIGCONT}[what])
        if what != "kill":
            return True
        _, status = os.waitpid(pid, 0)
        self.pids[worker] = self.bear()
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL

    def look(self) -> None:
        """A worker that ended by itself is a defect, and is followed by another."""
        for worker, pid in enumerate(self.pids):
            gone, status = os.waitpid(pid, os.WNOHANG)
            if gone:
                with self.defects.open("a") as file:
                    file.write(f"a worker ended by itself: {os.waitstatus_to_exitcode(status)}\n")
                self.pids[worker] = self.bear()

    def end(self) -> None:
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _keep(workers: int, environment: dict[str, str], defects: Path, line: "Connection[object, Told]") -> None:
    """Runs in the nursery's process, which opens nothing and starts no thread: it only forks."""
    from bench.chaos.worker import Bench

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by way of `end`: a worker that is stopped would outlive us
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command: it closes the line
    cradle = _Cradle(Bench.load(environment, defects), defects)
    cradle.pids = [cradle.bear() for _ in range(workers)]
    try:
        with suppress(EOFError, ConnectionError):
            while True:
                if line.poll(0.2):
                    line.send(cradle.deal(*line.recv()))
                cradle.look()
    finally:
        cradle.end()
