"""From an urgent report's arrival in the intake to its receipt by the force: `python -m bench.latency --json`.

A dispatcher of its own process keeps the schedules of all 44 forces, with stand-ins at their far ends, here with a slot every minute: so
routine reports are picked up, prepared and sent while urgent ones come. Urgent reports are put into the
intake one after the other, whole and under another name first, and each is timed from its rename to the moment at which the stand-in took
it: alone, and while a month lies in the same intake and is carried. Exit code 1 where a report did not arrive, or the target is missed.
"""

import argparse
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bench.month.intake import intake_of, lay_out
from hub.clock import day_of
from hub.forces.registry import Registry
from hub.settings import PROJECT
from sandbox.stand_ins import StandIns

TARGET = 5.0  # seconds: p95, alone and under load
SLOTS = "* * * * *"
WARM_UP = 5  # reports that are not counted: the first passes load their libraries
_SEED = 20200101  # none of the month's, whose reports would be the same ones
PATIENCE = 180.0  # seconds for the last ones


@dataclass(frozen=True)
class Urgent:
    """An urgent report of the sample."""

    submission_id: str
    body: bytes


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description="How long an urgent report takes to its force.")
    parser.add_argument(
        "--urgent",
        type=int,
        default=100,
        help="urgent reports, alone and under load each: as long as the month takes (default: %(default)s)",
    )
    parser.add_argument("--every", type=float, default=1.5, help="seconds between two of them (default: %(default)s)")
    parser.add_argument("--load", type=int, default=175_450, help="reports that are carried meanwhile (default: %(default)s)")
    parser.add_argument("--settled", type=float, default=0.5, help="seconds that a file of the intake must have been left alone")
    parser.add_argument("--folder", type=Path, help="where everything lies meanwhile (default: a temporary folder)")
    parser.add_argument("--intakes", type=Path, help="where intakes that were made are kept for the next run")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args(arguments)
    made = intake_of(given.load, None, datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0), given.intakes)
    with tempfile.TemporaryDirectory(prefix="latency-", dir=given.folder) as folder:
        measured = measure(Path(folder), made, given.load, given.urgent, given.every, given.settled)
    print(json.dumps(measured) if given.json else "\n".join(f"{name}: {figure}" for name, figure in measured.items()))  # noqa: T201
    return 0 if measured["right"] else 1


def measure(folder: Path, made: Path, load: int, urgent: int, every: float, settled: float) -> dict[str, Any]:
    """Seconds from arrival to receipt, alone and under load."""
    reports = iter(urgent_reports(2 * urgent + WARM_UP))
    found: dict[str, Any] = {"load": load, "every_s": every, "settled_s": settled, "cores": os.cpu_count(), "target_s": TARGET}
    intake, mappings = folder / "intake", mappings_of(folder / "mappings")
    intake.mkdir()
    with StandIns(folder / "far", mappings) as far, dispatcher(folder, mappings, far.endpoints, intake, settled):
        _taken(far, _put(intake, list(islice(reports, WARM_UP)), every))
        found["alone"] = _figures(_taken(far, _put(intake, list(islice(reports, urgent)), every)))
        lay_out(made, folder / "load")
        for file in sorted((folder / "load").iterdir()):
            file.rename(intake / file.name)
        put = _put(intake, list(reports), every)
        left = sum(1 for file in intake.iterdir() if file.suffix == ".ndjson")
        held = sum(len(one.reports) for one in far.holdings().values())
        found["under_load"] = _figures(_taken(far, put)) | {
            "files_left_in_the_intake": left,
            "reports_carried_meanwhile": held - urgent - WARM_UP,
        }
    found["right"] = all(found[name]["missing"] == 0 and found[name]["p95_s"] < TARGET for name in ("alone", "under_load"))
    return found


def urgent_reports(count: int) -> Iterator[Urgent]:
    """Urgent reports of many forces, dated today."""
    from sandbox.sample import incidents
    from sandbox.sample.making import Making
    from sandbox.sample.plan import standing

    now = datetime.now(UTC)
    forces = {slug: standing(force, day_of(now)) for slug, force in sorted(Registry.load(PROJECT / "mappings").forces.items())}
    making = Making(_SEED, now, incidents.read(incidents.EXTRACT), forces)
    clean = (made for made in making.submissions(200 * count) if made.fate.outcome == "accepted" and made.fate.lane == "urgent")
    for made in islice((one for one in clean if not one.files), count):
        yield Urgent(str(made.fate.submission_id), made.body)


def mappings_of(folder: Path) -> Path:
    """The project's forces, with a slot every minute."""
    shutil.copytree(PROJECT / "mappings", folder)
    for file in [*folder.glob("profiles/*/profile.yaml"), *folder.glob("forces/*.yaml")]:
        file.write_text(re.sub(r'schedule: "[^"]*"', f'schedule: "{SLOTS}"', file.read_text()))
    return folder


@contextmanager
def dispatcher(folder: Path, mappings: Path, endpoints: Path, intake: Path, settled: float) -> Iterator[int]:
    """`soh-hub dispatch` in a process of its own, ended as an operator ends it."""
    (folder / "key").write_text(secrets.token_hex(32))
    hub = {
        "HUB_HOME": str(folder / "hub"),
        "HUB_MAPPINGS": str(mappings),
        "HUB_ENDPOINTS": str(endpoints),
        "HUB_KEYS": f"file:{folder / 'key'}",
        "HUB_INTAKE": str(intake),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PREFECT_"))} | hub
    own = str(Path(sys.executable).parent / "soh-hub")
    command = [own, "dispatch", "--intake", str(intake), "--every", "0.5", "--settled", str(settled)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log) as process:  # noqa: S603 - our own
        try:
            time.sleep(2)
            if process.poll() is not None:
                raise RuntimeError(f"the dispatcher did not start: {(folder / 'log').read_text()}")
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def _put(intake: Path, reports: Sequence[Urgent], every: float) -> dict[str, float]:
    """Puts them into the intake, one after the other. Gives when each arrived."""
    arrived: dict[str, float] = {}
    for report in reports:
        part = intake / f".{report.submission_id}.json.part"
        part.write_bytes(report.body)
        part.rename(intake / f"{report.submission_id}.json")
        arrived[report.submission_id] = time.time()
        time.sleep(every)
    return arrived


def _taken(far: StandIns, arrived: Mapping[str, float]) -> list[float | None]:
    """Seconds to the receipt of each; None for one that did not arrive in time."""
    until = time.monotonic() + PATIENCE
    while True:
        held = {report.submission_id: report.at for one in far.holdings().values() for report in one.reports}
        if arrived.keys() <= held.keys() or time.monotonic() > until:
            return [_stamp(held[name]) - at if name in held else None for name, at in arrived.items()]
        time.sleep(3)  # to read what all stand-ins hold takes from what is measured


def _stamp(at: datetime | str) -> float:
    return (datetime.fromisoformat(at) if isinstance(at, str) else at).timestamp()


def _figures(seconds: Sequence[float | None]) -> dict[str, Any]:
    came = sorted(each for each in seconds if each is not None)
    missing = len(seconds) - len(came)
    if not came:
        return {"reports": 0, "missing": missing, "p95_s": float("inf")}
    found = {f"p{part}_s": round(came[min(len(came) - 1, len(came) * part // 100)], 2) for part in (50, 95, 99)}
    return {"reports": len(came), "missing": missing, **found, "longest_s": round(came[-1], 2)}


if __name__ == "__main__":
    sys.exit(main())
