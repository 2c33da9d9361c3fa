"""Faults on demand: which of them strikes which stand-in, how often, and where in its work.

A sandbox folder's `faults.json` lists them; it is replaced as a whole and read again at once. The stand-ins ask at each
point where one can strike (`faults.strikes(stand, kind)`); what the fault then does stands at that point.
"""

import os
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from sandbox.files import write_whole
from sandbox.stands import Stand

CONTROL = "faults.json"
KINDS = {
    "status": "REST: answers with `status` (and `retry_after`) and takes nothing",
    "reset": "REST: cuts the connection before anything is taken",
    "lost-response": "REST: takes the report, then cuts the connection without an answer",
    "refuse": "REST: refuses the report by a business rule (422)",
    "reject": "takes the report, and rejects it in its acknowledgement",
    "no-password": "SFTP: refuses the password",
    "open-fails": "SFTP: permission denied when a file is opened for writing",
    "disk-full": "SFTP: no space left while a file is written",
    "rename-fails": "SFTP: a file cannot be renamed",
    "rename-unanswered": "SFTP: renames the file, then cuts the connection without an answer",
    "silent": "SFTP: takes drops and does not acknowledge them",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Without a force it strikes all of them; `every` 2 strikes every second time, at most `times` times."""

    kind: str
    force: str | None = None
    route: str | None = None
    times: int | None = None
    every: int = 1
    status: int = 503
    retry_after: int | None = None  # seconds

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault {self.kind!r}: there are {', '.join(KINDS)}")

    def is_for(self, stand: Stand, kind: str) -> bool:
        return self.kind == kind and self.force in (None, stand.force) and self.route in (None, stand.route)


def set_faults(folder: Path, *faults: Fault) -> None:
    """From now on these strike in the sandbox of this folder, and no others; each begins to count anew."""
    write_whole(folder / CONTROL, orjson.dumps(faults))


class Faults:
    """The faults of a sandbox folder, as one of its processes sees them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / CONTROL
        self._version: tuple[int, int] | None = None
        self._faults: list[Fault] = []
        self._asked: Counter[int] = Counter()
        self._struck: Counter[int] = Counter()

    def strikes(self, stand: Stand, kind: str) -> Fault | None:
        """The fault that strikes this stand here and now, if one does; it is counted."""
        self._reread()
        for index, fault in enumerate(self._faults):
            if fault.is_for(stand, kind) and self._is_due(index, fault):
                self._struck[index] += 1
                return fault
        return None

    def _is_due(self, index: int, fault: Fault) -> bool:
        self._asked[index] += 1
        return self._asked[index] % fault.every == 0 and (fault.times is None or self._struck[index] < fault.times)

    def _reread(self) -> None:
        version = _version(self._path)
        if version != self._version:
            self._faults = _read(self._path) if version else []
            self._version = version
            self._asked.clear()
            self._struck.clear()


def _version(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _read(path: Path) -> list[Fault]:
    known = {field.name for field in fields(Fault)}
    rows: list[dict[str, Any]] = orjson.loads(path.read_bytes())
    return [Fault(**{name: value for name, value in row.items() if name in known}) for row in rows]
