"""Where one stand-in keeps what it took: on disk before it answers, and still known after it was killed."""

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from hub.words import PayloadKind
from sandbox.holdings import TAKEN, HeldReport, read_lines, report_of

BODIES = "bodies.bin"


@dataclass(frozen=True, slots=True)
class Kept:
    """A payload on the shelf: where its bytes lie below the shelf's folder."""

    key: str
    kind: PayloadKind
    size: int
    sha256: str
    file: str
    offset: int = 0


class Shelf:
    """An append-only journal of what came, and the bytes beside it.

    A payload or drop is on the shelf when its line is in the journal, written with one call: a stand-in that is killed has
    the whole of it or nothing. One writer at a time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.digests: dict[str, str] = {}  # SHA-256 of every payload, by key
        self.reports: list[HeldReport] = []
        self.unacknowledged: dict[str, list[HeldReport]] = {}  # the reports of each drop that was not answered yet
        self._restore()
        self._journal = _appending(folder / TAKEN)
        self._bodies = _appending(folder / BODIES)
        self._end = os.fstat(self._bodies).st_size

    def keep(self, key: str, kind: PayloadKind, body: bytes, sha256: str) -> Kept:
        """Puts a small payload's bytes on disk; it counts once it is taken."""
        kept = Kept(key, kind, len(body), sha256, BODIES, self._end)
        self._end += _write(self._bodies, body)
        return kept

    def take(self, drop: str, payloads: Sequence[Kept], reports: Sequence[HeldReport]) -> None:
        """Takes payloads and the reports in them, all or nothing."""
        self._note({"drop": drop, "payloads": payloads, "reports": reports})
        self._remember(drop, [(payload.key, payload.sha256) for payload in payloads], reports)

    def acknowledged(self, drop: str) -> None:
        """Notes that a drop's acknowledgements are out."""
        self._note({"acknowledged": drop})
        self.unacknowledged.pop(drop, None)

    def refuse(self, key: str, why: str) -> None:
        """Notes what came and was not taken."""
        self._note({"key": key, "refused": why})

    def _note(self, line: dict[str, object]) -> None:
        _write(self._journal, orjson.dumps(line) + b"\n")

    def _remember(self, drop: str, payloads: Sequence[tuple[str, str]], reports: Sequence[HeldReport]) -> None:
        self.unacknowledged.setdefault(drop, []).extend(reports)
        self.digests.update(payloads)
        self.reports.extend(reports)

    def _restore(self) -> None:
        """Reads the journal of an earlier run, and cuts off a line that a crash left unfinished."""
        for line in read_lines(self.folder / TAKEN):
            if "drop" in line:
                payloads = [(row["key"], row["sha256"]) for row in line["payloads"]]
                self._remember(line["drop"], payloads, [report_of(row) for row in line["reports"]])
            self.unacknowledged.pop(line.get("acknowledged", ""), None)
        if (self.folder / TAKEN).exists():
            whole = (self.folder / TAKEN).read_bytes().rfind(b"\n") + 1
            os.truncate(self.folder / TAKEN, whole)


def _appending(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _write(descriptor: int, content: bytes) -> int:
    """Writes all of it or nothing: a full disk is an error for who sent it, never half a line."""
    written = os.write(descriptor, content)
    if written != len(content):
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - written)
        raise OSError(errno.ENOSPC, "the sandbox's disk is full: make room")
    return written
