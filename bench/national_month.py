"""A national month, whole, with every guarantee on, beside the bare script: `python -m bench.national_month --json`.

175,450 reports on real incidents go from an intake folder to stand-ins for all 44 forces, in one pass of the hub through Prefect: pick up,
ledger, checks, mapping, schema validation, sealing, delivery, acknowledgements, reconciliation. The stand-ins share the cores: each is
measured alone first, and its processor time counted apart. Exit code 1 where not everything was accepted and balanced.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.month.alone import TIMES, alone
from bench.month.intake import SHAPE, intake_of, lay_out
from bench.month.processes import Peaks, cpu_seconds
from flows.server import PrefectServer
from hub.settings import PROJECT
from sandbox.holdings import Held
from sandbox.stand_ins import StandIns

NATIONAL_MONTH = 175_450  # submissions in January 2021
AT = datetime.fromisoformat("2026-11-22T07:00:00+00:00")  # all 44 forces are live


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.national_month", description="Carries a national month, and measures.")
    parser.add_argument("--reports", type=int, default=NATIONAL_MONTH, help="how many (default: %(default)s)")
    parser.add_argument("--incidents", type=Path, help="gzipped rows of data.police.uk (default: the project's extract)")
    parser.add_argument("--folder", type=Path, help="where everything lies meanwhile (default: a temporary folder)")
    parser.add_argument("--intakes", type=Path, help="where intakes that were made are kept for the next run")
    parser.add_argument("--alone", type=int, default=TIMES, help="how often each stand-in is asked by itself (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args(arguments)
    made = intake_of(given.reports, given.incidents, AT, given.intakes)
    with tempfile.TemporaryDirectory(prefix="month-", dir=given.folder) as folder:
        measured = measure(Path(folder), made, given.reports, given.alone)
    print(json.dumps(measured) if given.json else _lines(measured))  # noqa: T201 - a command's answer
    return 0 if measured["right"] else 1


def measure(folder: Path, made: Path, reports: int, times: int) -> dict[str, Any]:
    """All figures. Seconds of processor time are of both cores together; megabytes are of 10^6 bytes."""
    found: dict[str, Any] = {"reports": reports, "intake": SHAPE, "cores": os.cpu_count()}
    with StandIns(folder / "alone", PROJECT / "mappings", AT.isoformat()) as far:
        found["stand_ins_alone"] = alone(far, made, times)
    lay_out(made, folder / "bare" / "intake")
    with StandIns(folder / "far-bare", PROJECT / "mappings", AT.isoformat()) as far:
        found |= _bare(folder / "bare", far)
    carried, held = carry_month(folder, made)
    found |= carried
    over_rest = [one for one in held if one.stand.transport == "rest"]
    found["rest_requests"] = sum(len(one.payloads) for one in over_rest)
    found["held"] = len({report.submission_id for one in held for report in one.reports})
    found["held_twice"] = sum(len(one.reports) - len({report.submission_id for report in one.reports}) for one in held)
    found["reports_per_s"] = round(reports / found["wall_s"], 1)
    found["ratio"] = round(found["wall_s"] / found["bare_script_s"], 2)
    found["cpu_ratio"] = round(found["hub_cpu_s"] / found["bare_script_cpu_s"], 2)
    accepted = found["account"] == {"accepted": reports}
    found["right"] = accepted and found["balanced"] and found["held"] == reports and not found["held_twice"]
    return found


def carry_month(folder: Path, made: Path, environment: Mapping[str, str] | None = None) -> tuple[dict[str, Any], Sequence[Held]]:
    """One pass of a hub that has its home in `folder`: what it took, and what the stand-ins hold after it."""
    lay_out(made, folder / "hub" / "intake")
    with StandIns(folder / "far", PROJECT / "mappings", AT.isoformat()) as far, PrefectServer(folder / "hub") as server:
        server.wait()
        return _carried(folder / "hub", far, server, environment or {}), list(far.holdings().values())


def _bare(home: Path, far: StandIns) -> dict[str, Any]:
    with _process("bench.month.bare", home, far.endpoints) as script:
        began, far_began = cpu_seconds(script.pid), _cpu(far)
        seconds = float(_told(script, "go"))
        took, far_took = cpu_seconds(script.pid) - began, _cpu(far) - far_began
    return {"bare_script_s": round(seconds, 2), "bare_script_cpu_s": round(took, 2), "bare_script_stand_in_cpu_s": round(far_took, 2)}


def _carried(home: Path, far: StandIns, server: PrefectServer, environment: Mapping[str, str]) -> dict[str, Any]:
    with (
        _process("bench.month.carried", home, far.endpoints, {**server.environment, **environment}) as hub,
        _watched(hub, far, server) as peaks,
    ):
        before = {"hub": cpu_seconds(hub.pid), "stand_in": _cpu(far), "prefect": cpu_seconds(server.pid or 0)}
        _told(hub, "go")
        after = {"hub": cpu_seconds(hub.pid), "stand_in": _cpu(far), "prefect": cpu_seconds(server.pid or 0)}
        for each in peaks:
            each.look()
        said: dict[str, Any] = json.loads(_told(hub, "tell"))
    cpu = {f"{name}_cpu_s": round(after[name] - before[name], 2) for name in before}
    return said | cpu | {"wall_s": round(said["wall_s"], 2), "peak_rss_mb": {name: mb for each in peaks for name, mb in each.mb.items()}}


@contextmanager
def _watched(hub: "subprocess.Popen[str]", far: StandIns, server: PrefectServer) -> Iterator[list[Peaks]]:
    with Peaks(hub.pid, "hub") as ours, Peaks(far.pid or 0, "stand-ins") as theirs, Peaks(server.pid or 0, "Prefect's server") as prefects:
        yield [ours, theirs, prefects]


@contextmanager
def _process(module: str, home: Path, endpoints: Path, also: Mapping[str, str] | None = None) -> "Iterator[subprocess.Popen[str]]":
    """A process of its own that has loaded its libraries, and waits to be told to go."""
    key = home / "key"
    key.write_text(secrets.token_hex(32))
    hub = {"HUB_HOME": str(home), "HUB_ENDPOINTS": str(endpoints), "HUB_KEYS": f"file:{key}"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PREFECT_"))} | hub | dict(also or {})
    command = [sys.executable, "-m", module, AT.isoformat(), str(home / "intake")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 - our own
        assert process.stdout  # noqa: S101 - it was started with a pipe
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{module} did not start: the reason stands above")
        yield process
        if process.stdin:
            process.stdin.close()


def _told(process: "subprocess.Popen[str]", word: str) -> str:
    """Tells a process to go on, and waits for the line that it answers."""
    assert process.stdin  # noqa: S101 - it was started with pipes
    assert process.stdout  # noqa: S101
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise RuntimeError("the process ended: the reason stands above")
    return answer


def _cpu(far: StandIns) -> float:
    return cpu_seconds(far.pid or 0)


def _lines(measured: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {figure}" for name, figure in measured.items())


if __name__ == "__main__":
    sys.exit(main())
