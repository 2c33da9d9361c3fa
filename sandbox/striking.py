"""Whether a fault strikes here and now: what the stand-ins ask at each point where one can."""

import os
import random
import threading
from collections import Counter
from pathlib import Path

from sandbox.faults import CONTROL, Fault, note, read_faults
from sandbox.stands import Stand


class Faults:
    """The faults of a sandbox folder, as one of its processes sees them. May be asked by any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._control = os.fspath(folder / CONTROL)
        self._seen: tuple[int, int] | None = None
        self._faults: list[Fault] = []
        self._asked: Counter[int] = Counter()
        self._struck: Counter[int] = Counter()
        self._chances: Counter[tuple[int, str]] = Counter()
        self._asking = threading.Lock()
        self.is_calm = False  # while set nothing strikes, and nobody looks whether that is still so

    def strikes(self, kind: str, point: str, *stands: Stand) -> Fault | None:
        """The fault that strikes this stand at this point, if one does; it is counted. Of several that share a port, it strikes one."""
        if self.none_strikes:
            return None
        with self._asking:
            for index, fault in enumerate(self._faults):
                stand = next(filter(fault.is_for, stands), None)
                if fault.kind == kind and stand and fault.strikes_at(point) and self._is_due(index, fault, stand):
                    self._struck[index] += 1
                    note(self._folder, kind, point, stand)
                    return fault
        return None

    def has(self, habit: str, stand: Stand) -> bool:
        """Whether this stand has a habit: its own, or given to it for a while."""
        if self.none_strikes:
            return habit in stand.habits
        with self._asking:
            return habit in stand.habits or any(fault.kind == habit and fault.is_for(stand) for fault in self._faults)

    @property
    def none_strikes(self) -> bool:
        """Whether there is no fault at all now."""
        if self.is_calm:
            return True
        if self.version != self._seen:
            with self._asking:
                self._reread()
        return not self._faults

    @property
    def version(self) -> tuple[int, int] | None:
        """Another one whenever the faults were replaced."""
        if not os.access(self._control, os.F_OK):  # as good as always: an exception at each step of each request would be dear
            return None
        try:
            found = os.stat(self._control)
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _is_due(self, index: int, fault: Fault, stand: Stand) -> bool:
        self._asked[index] += 1
        self._chances[index, stand.name] += 1
        if self._asked[index] % fault.every or (fault.times is not None and self._struck[index] >= fault.times):
            return False
        return fault.probability is None or _chance(fault, stand, self._chances[index, stand.name]) < fault.probability

    def _reread(self) -> None:
        if (version := self.version) != self._seen:
            self._faults = read_faults(self._folder)
            for counter in (self._asked, self._struck, self._chances):
                counter.clear()
            self._seen = version


def _chance(fault: Fault, stand: Stand, number: int) -> float:
    """The same for the same seed, whatever the other stands do meanwhile."""
    return random.Random(f"{fault.seed}/{fault.kind}/{fault.status}/{stand.name}/{number}").random()
