"""The processes of a hub that runs on one machine, for as long as a program runs: one that ends is started again, none is left behind.

A child is in a session of its own, so that Ctrl-C reaches the program alone, which ends them in order; and it ends with the program,
however that ends (Linux tells it: PR_SET_PDEATHSIG).
"""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

PATIENCE = 45.0  # seconds for an orderly end: a dispatcher gives its passes 30
_FIRST, _LONGEST, _WELL = 1.0, 60.0, 60.0  # seconds: the waits before a child is started again double, until one ran so long
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


@dataclass
class Child:
    """One process. `log` has what it says; `starts` how often it was started."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    starts: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _began: float = 0.0
    _wait: float = _FIRST
    _again_at: float = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """To be called in the program's main thread: with the thread that started it a child ends."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=partial(_end_with, os.getpid()),  # noqa: PLW1509 - the program has one thread when it starts them
            )
        self.starts += 1
        self._began = time.monotonic()

    def look(self) -> str | None:
        """Start it again where it has ended, after a while. Returns what is new, in words."""
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return None
            ran, self._process = time.monotonic() - self._began, None
            self._wait = _FIRST if ran >= _WELL else min(self._wait * 2, _LONGEST)
            self._again_at = time.monotonic() + self._wait
            return f"{self.name} ended ({_how(code)}), and is started again in {self._wait:.0f} s: see {self.log}"
        if time.monotonic() >= self._again_at:
            self.start()
            return f"{self.name} is started again."
        return None

    def tell_to_end(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def end(self, until: float) -> None:
        """Wait for its orderly end, and then no more."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


@dataclass
class Children:
    """Those of one program, in the order in which they are started; they are ended the other way round."""

    all: list[Child] = field(default_factory=list)

    def start(self, child: Child) -> None:
        child.start()
        self.all.append(child)

    def look(self) -> list[str]:
        """What has happened to them, and was put right."""
        return [news for child in self.all if (news := child.look())]

    def end(self) -> None:
        """All are told to end at once, and given some time together. Harmless when called twice."""
        for child in reversed(self.all):
            child.tell_to_end()
        until = time.monotonic() + PATIENCE
        for child in reversed(self.all):
            child.end(until)


def _end_with(program: int) -> None:
    """In the child: SIGTERM when the program ends; and signals as a program expects them, whoever started us."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if os.getppid() != program:  # it has ended already
        os._exit(1)


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
