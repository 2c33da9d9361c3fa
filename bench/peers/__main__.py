"""The same work by the hub and by what people use: `python -m bench.peers --json [--only hub,plain] [--shapes drops,single]`.

Everybody gets the same submissions to eight forces (a file each), must make the same values of them, and uploads to the same OpenSSH
server under a temporary name that is then changed; what arrives lies in memory, for a far end's disk is not this machine's. The hub keeps
the forces apart; its peers need not. Two shapes: CSV drops of at most 500 reports, and a JSON file for each report. What arrived is
judged, value by value. Each peer has its libraries loaded before the clock starts, but for Bots, whose engine is a command that is
started for each run. With few reports a run's fixed cost decides (a flow run, a pipeline's state, an engine's start), with many what
each report costs: so both are measured.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.month.processes import cpu_seconds
from bench.openssh import OpenSSH, far_disk, openssh
from bench.peers.work import AT, SHAPES, judged, make_intake, make_mappings
from flows.server import PrefectServer
from hub.settings import PROJECT

_HERE = Path(__file__).parent
_LIKE_THE_SCRIPT = "no ledger, no checks, no schema, no seal, no look-up after an uncertain upload, no acknowledgement, no account"


@dataclass(frozen=True)
class Peer:
    """`script` runs in the environment that `setup` makes, or in ours. `lacks` is what it does not do, and the hub does."""

    script: str
    lacks: str
    setup: str | None = None
    wants_prefect: bool = False
    about: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


PEERS = {
    "hub": Peer("ours.py", "", wants_prefect=True, about="one pass through Prefect, every guarantee on"),
    "plain": Peer("plain.py", _LIKE_THE_SCRIPT, about="pandas and paramiko, straight through"),
    "one-task-each": Peer("one_task_each.py", f"{_LIKE_THE_SCRIPT}; Prefect knows that a task failed, not what arrived; in "
                          "`drops` each report is a file", wants_prefect=True, about="a Prefect task for each report, 4 threads"),
    "dlt": Peer("dlt_pipeline.py", "it keeps the state of its load packages, in place of a ledger of reports; no checks of values, no "
                "schema of the target, no look-up after an uncertain upload, no acknowledgement, no account",
                setup="dlt_setup.sh", about="a custom destination"),
    "bots": Peer("bots/run.py", "its database knows the way of each file, and sends again on request; no checks of values, no look-up "
                 "after an uncertain upload, no account; in `drops` all reports of a run are one file",
                 setup="bots/setup.sh", about="Bots EDI, engine started for the run"),
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description="The same work by the hub and by its peers.")
    parser.add_argument("--reports", default="2000,20000", help="how many in a run, with commas (default: %(default)s)")
    parser.add_argument("--only", default=",".join(PEERS), help="which, with commas (default: %(default)s)")
    parser.add_argument("--shapes", default=",".join(SHAPES), help="which, with commas (default: %(default)s)")
    parser.add_argument("--environments", type=Path, help="where the peers' own environments are kept for the next run")
    parser.add_argument("--folder", type=Path, help="where everything lies meanwhile (default: a temporary folder)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args(arguments)
    environments = given.environments or Path(tempfile.gettempdir()) / "soh-hub-peers"
    measured: dict[str, Any] = {"cores": os.cpu_count(), "sizes": []}
    for reports in map(int, given.reports.split(",")):
        with tempfile.TemporaryDirectory(prefix="peers-", dir=given.folder) as folder:
            measured["sizes"].append(measure(Path(folder), reports, given.only.split(","), given.shapes.split(","), environments))
    measured["right"] = all(size["right"] for size in measured["sizes"])
    print(json.dumps(measured) if given.json else _lines(measured))  # noqa: T201 - a command's answer
    return 0 if measured["right"] else 1


def measure(folder: Path, reports: int, only: Sequence[str], shapes: Sequence[str], environments: Path) -> dict[str, Any]:
    """All figures: by shape and peer, reports a second from the first file read to the last one renamed."""
    found: dict[str, Any] = {"reports": reports, "shapes": {}}
    pythons = {name: _set_up(name, environments) for name in only}
    with openssh(folder / "ssh") as server:
        for shape in shapes:
            found["shapes"][shape] = {"what": SHAPES[shape], "peers": {}}
            for name in only:
                home = folder / f"{shape}-{name}"
                home.mkdir()
                with far_disk(home) as arriving:
                    found["shapes"][shape]["peers"][name] = _measured(name, pythons[name], shape, reports, home, server, arriving)
            _compare(found["shapes"][shape]["peers"])
    found["right"] = all(peer["right"] for shape in found["shapes"].values() for peer in shape["peers"].values())
    return found


def _set_up(name: str, environments: Path) -> str:
    """The Python that a peer runs with; its environment is made by its own script where it is not there yet."""
    setup = PEERS[name].setup
    if setup is None:
        return sys.executable
    environments.mkdir(parents=True, exist_ok=True)
    own = environments / name
    subprocess.run([_HERE / setup, own], check=True, stdout=sys.stderr)  # noqa: S603 - our own
    return str(own / "bin" / "python")


def _measured(name: str, python: str, shape: str, reports: int, home: Path, server: OpenSSH, arriving: Path) -> dict[str, Any]:
    peer = PEERS[name]
    expected = make_intake(home / "intake", reports)
    (home / "server.json").write_text(json.dumps(server.for_peers(arriving)))
    mappings = make_mappings(home / "mappings", shape, server, arriving)
    (home / "key").write_text(secrets.token_hex(32))
    environment = {each: value for each, value in os.environ.items() if not each.startswith(("HUB_", "PREFECT_", "DLT_", "RUNTIME__"))}
    environment |= {"HUB_HOME": str(home / "hub"), "HUB_MAPPINGS": str(mappings), "HUB_KEYS": f"file:{home / 'key'}"}
    environment |= {"PEER_HOME": str(home), "PEER_AT": AT.isoformat(), "RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1"}
    command = [python, str(_HERE / peer.script), shape, str(home / "intake"), str(home / "server.json")]
    if peer.wants_prefect:
        with PrefectServer(home / "hub") as prefect:
            prefect.wait()
            seconds, cpu = _timed(command, environment | prefect.environment)
    else:
        seconds, cpu = _timed(command, environment)
    found = judged(arriving, expected)
    right = found["arrived"] == reports and not (found["wrong"] or found["twice"] or found["missing"])
    speed = {"seconds": round(seconds, 2), "cpu_s": round(cpu, 2), "reports_per_s": round(reports / seconds, 1)}
    return {"what": peer.about, "lacks": peer.lacks, **speed, "right": right, **found}


def _timed(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds of the work by the peer's own clock, and processor time of its process and all that it started, from `ready` on."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=PROJECT, env=dict(environment), stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 - our own
        assert process.stdin  # noqa: S101 - it was started with pipes
        assert process.stdout  # noqa: S101
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{command[1]} did not start: the reason stands above")
        loading = cpu_seconds(process.pid)
        process.stdin.write("go\n")
        process.stdin.flush()
        said = next((line for line in process.stdout if line.startswith("seconds ")), "")
        cpu = cpu_seconds(process.pid) - loading
        if said:
            process.stdin.write("thanks\n")
    if process.returncode or not said:
        raise RuntimeError(f"{command[1]} did not end well ({process.returncode}): the reason stands above")
    return float(said.split()[1]), cpu


def _compare(peers: dict[str, dict[str, Any]]) -> None:
    if "hub" in peers:
        for peer in peers.values():
            peer["hub_is_times_as_fast"] = round(peers["hub"]["reports_per_s"] / peer["reports_per_s"], 2)


def _lines(measured: Mapping[str, Any]) -> str:
    lines = []
    for reports, shape in ((size["reports"], shape) for size in measured["sizes"] for shape in size["shapes"].values()):
        lines.append(f"{shape['what']} ({reports:,} reports)")
        lines += [
            f"  {name:<14}{peer['reports_per_s']:>9} reports/s  {'' if peer['right'] else 'NOT RIGHT'}"
            for name, peer in shape["peers"].items()
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
