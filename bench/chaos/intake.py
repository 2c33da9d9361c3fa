"""The intake of a run: a sample that was made beforehand, handed out in portions, as the platform would."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import orjson

from bench.chaos.plan import Plan
from sandbox.sample.expected import Fate


@dataclass(frozen=True, slots=True)
class Sent:
    """What a readable submission says of itself: its customer reference, and the SHA-256 of each file it names."""

    reference: str | None
    files: tuple[str, ...]


class Intake:
    """Submissions that lie ready in `sample/intake` and go to `folder` bit by bit, in order, attachments first."""

    def __init__(self, sample: Path, folder: Path, plan: Plan) -> None:
        self._from = sample / "intake"
        self.folder = folder
        self._left = sorted(path.name for path in self._from.iterdir() if path.is_file())
        self._rng = Random(f"{plan.seed}/intake")
        self._portions = plan.portions
        (folder / "attachments").mkdir(parents=True)

    @property
    def handed_out(self) -> bool:
        """Whether the platform has nothing more."""
        return not self._left

    @property
    def empty(self) -> bool:
        """Whether the hub has let go of all that it was given."""
        return not any(path.is_file() for path in self.folder.rglob("*"))

    def hand_out(self, *, all_of_it: bool) -> None:
        """The next portion. The last one is halved again and again, until it is asked for all of it."""
        share = 1.0 / max(2, self._portions) * self._rng.uniform(0.6, 1.4)
        count = len(self._left) if all_of_it else max(1, int(len(self._left) * share))
        self._portions -= 1
        for name in self._left[:count]:
            for submission in _ids(self._from / name):
                self._move_files(submission)
            os.rename(self._from / name, self.folder / name)
        del self._left[:count]

    def _move_files(self, submission: str) -> None:
        beside = self._from / "attachments" / submission
        if beside.is_dir():
            shutil.move(beside, self.folder / "attachments" / submission)


def fates(expected: Path) -> list[Fate]:
    """What must become of each submission."""
    return [Fate(**row) for row in orjson.loads(expected.read_bytes())["submissions"]]


def name_of(fate: Fate) -> str:
    """What the source calls a submission."""
    return fate.file if fate.line is None else f"{fate.file}:{fate.line}"


def sent(sample: Path) -> dict[str, Sent]:
    """What every submission that can be read says of itself, by its id; read before anything is handed out."""
    found: dict[str, Sent] = {}
    for path in sorted((sample / "intake").iterdir()):
        for wire in _wires(path) if path.is_file() else ():
            if isinstance(wire.get("submissionId"), str):
                found.setdefault(wire["submissionId"], _sent(wire))
    return found


def _sent(wire: Mapping[str, Any]) -> Sent:
    return Sent(wire.get("customerReferenceNumber"), tuple(sorted(file["sha256"] for file in wire.get("attachments") or ())))


def _ids(path: Path) -> list[str]:
    return [wire["submissionId"] for wire in _wires(path) if isinstance(wire.get("submissionId"), str)]


def _wires(path: Path) -> list[dict[str, Any]]:
    whole = path.read_bytes()
    read = [_read(line) for line in (whole.splitlines() if path.suffix == ".ndjson" else [whole])]
    return [wire for wire in read if wire is not None]


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        wire = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return wire if isinstance(wire, dict) else None
