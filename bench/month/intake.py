"""The intake of a month, made beforehand by both cores and kept for the next run: NDJSON files, as a platform hands on a backlog."""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from hub.clock import day_of
from hub.forces.registry import Registry
from hub.settings import PROJECT
from sandbox.sample.incidents import EXTRACT, read
from sandbox.sample.making import Making
from sandbox.sample.plan import standing

LINES = 500  # submissions in one file
SHAPE = f"NDJSON, {LINES} submissions a file, without attachments"
_PARTS = 2
_SEED = 20210101


def intake_of(reports: int, incidents: Path | None, at: datetime, kept: Path | None) -> Path:
    """A folder with so many submissions that are all to be accepted. Made where it is not there yet; a run takes links of its files."""
    source = incidents or EXTRACT
    name = hashlib.sha256(f"{reports} {at} {source.stat().st_size} {source.name}".encode()).hexdigest()[:12]
    folder = (kept or Path(tempfile.gettempdir()) / "soh-hub-month") / f"{reports}-{name}"
    if not folder.is_dir():
        making = folder.with_name(f".{folder.name}.{os.getpid()}")
        _make(reports, source, at, making)
        making.rename(folder)
    return folder


def lay_out(made: Path, intake: Path) -> None:
    """The same files in an intake that a pass may empty."""
    intake.mkdir(parents=True)
    for file in sorted(made.iterdir()):
        try:
            os.link(file, intake / file.name)
        except OSError:  # another disk
            shutil.copyfile(file, intake / file.name)


def _make(reports: int, source: Path, at: datetime, folder: Path) -> None:
    """Each part is a process with people and incidents of its own."""
    folder.mkdir(parents=True)
    sizes = [reports // _PARTS + (part < reports % _PARTS) for part in range(_PARTS)]
    own = [sys.executable, "-m", "bench.month.intake", str(folder), str(source), at.isoformat()]
    parts = [subprocess.Popen([*own, str(part), str(size)], cwd=PROJECT) for part, size in enumerate(sizes) if size]  # noqa: S603 - our own
    if sum(part.wait() for part in parts):
        raise RuntimeError(f"the intake could not be made from {source}: the reason stands above")


def _part(folder: Path, source: Path, at: datetime, part: int, reports: int) -> None:
    registry = Registry.load(PROJECT / "mappings")
    forces = {slug: standing(force, day_of(at)) for slug, force in sorted(registry.forces.items())}
    waiting: list[bytes] = []
    files = 0
    for made in Making(_SEED + part, at, read(source), forces).clean(reports):
        waiting.append(made.body)
        if len(waiting) == LINES:
            _write(folder, part, files, waiting)
            files, waiting = files + 1, []
    if waiting:
        _write(folder, part, files, waiting)


def _write(folder: Path, part: int, number: int, bodies: list[bytes]) -> None:
    (folder / f"{number:05d}-{part}.ndjson").write_bytes(b"\n".join(bodies) + b"\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("at", type=datetime.fromisoformat)
    parser.add_argument("part", type=int)
    parser.add_argument("reports", type=int)
    given = parser.parse_args()
    _part(given.folder, given.source, given.at, given.part, given.reports)


if __name__ == "__main__":
    main()
