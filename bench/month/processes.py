"""What processes took, from the kernel's own books: processor time, and the most memory they had."""

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_MEMORY = re.compile(r"VmHWM:\s+(\d+) kB")


def family(pid: int) -> list[int]:
    """A process and all below it that live."""
    found = [pid]
    for child in _children(pid):
        found += family(child)
    return found


def cpu_seconds(pid: int) -> float:
    """Of a process and all below it, also of those that ended and were waited for."""
    return sum(sum(_times(one)) for one in family(pid))


def peak_mb(pid: int) -> float:
    """The most memory that a process had in RAM; 0 where it is gone."""
    try:
        found = _MEMORY.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return round(int(found[1]) * 1024 / 1e6, 1) if found else 0.0


class Peaks:
    """Watches a process and those below it for as long as a `with` block lasts. `mb` has the most of each, by its command."""

    def __init__(self, pid: int, name: str) -> None:
        self._pid, self._name = pid, name
        self._found: dict[int, tuple[str, float]] = {}
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True, name="peaks")

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._watch.join()

    @property
    def mb(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, peak in self._found.values():
            found[name] = max(peak, found.get(name, 0.0))
        return found

    def look(self) -> None:
        for pid in family(self._pid):
            name = self._name if pid == self._pid else f"{self._name}: {_named(pid)}"
            self._found[pid] = name, max(peak_mb(pid), self._found.get(pid, ("", 0.0))[1])

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            self.look()


def _named(pid: int) -> str:
    """The module that a process runs, or what else it says of itself."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "gone"
    if "-m" in words[:-1]:
        return words[words.index("-m") + 1]
    return "worker" if any("multiprocessing" in word for word in words) else Path(words[0]).name


def _children(pid: int) -> Iterator[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return
    for task in tasks:
        try:
            yield from map(int, (task / "children").read_text().split())
        except OSError:
            continue


def _times(pid: int) -> tuple[float, ...]:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ()
    return tuple(int(ticks) / _TICKS for ticks in fields[11:15])
