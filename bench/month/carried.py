"""The hub's process: `python -m bench.month.carried AT INTAKE`, with the hub's settings in the environment.

It says `ready` when its libraries are loaded, as a dispatcher's are that runs for months, and carries when it is told to.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from hub.clock import Clock
from hub.settings import Settings

WAIT = 600.0  # seconds for acknowledgements
STAGES = ("pick up", "prepare", "deliver", "confirm", "reconcile", "look for alarms")  # how the names of their tasks begin
LAST = STAGES[-1]


def main(at: str, intake: str) -> None:
    """One pass, and what it was."""
    from flows.carry import carry_now
    from flows.hands import hands_for
    from flows.wiring import open_hub
    from hub.ledger.account import account
    from hub.quality.checks import warm_up

    hub = open_hub(Settings.read(os.environ), Clock.at(datetime.fromisoformat(at)))
    with hands_for(hub, Path(intake)) as hands:  # as a dispatcher has had them: what they are made from is there from now on
        if hands is None:
            warm_up()
    print("ready", flush=True)  # noqa: T201 - the line that the bench waits for
    sys.stdin.readline()
    began = time.monotonic()
    end = carry_now(hub, Path(intake), None, wait_seconds=WAIT, settle_seconds=0)
    wall = time.monotonic() - began
    print("done", flush=True)  # noqa: T201 - the clock of the bench stops
    sys.stdin.readline()
    drawn_up = account(hub.ledger)
    said = {"wall_s": wall, "ended": f"{end.name}: {end.message}", "balanced": drawn_up.balanced, "account": drawn_up.totals()}
    print(json.dumps(said | {"stages": stages()}), flush=True)  # noqa: T201 - a command's answer
    hub.close()


def stages() -> Mapping[str, float]:
    """Seconds of each stage, as soon as Prefect's server has written the last one down."""
    for _ in range(60):
        found = asyncio.run(_recorded())
        if LAST in found:
            break
        time.sleep(0.5)
    return found


async def _recorded() -> Mapping[str, float]:
    """Seconds from the first beginning to the last end of each stage's tasks, as Prefect's server has them."""
    from prefect.client.orchestration import get_client

    found: dict[str, tuple[datetime, datetime]] = {}
    async with get_client() as client:
        offset = 0
        while runs := await client.read_task_runs(limit=200, offset=offset):
            offset += len(runs)
            for run in runs:
                if run.start_time and run.end_time:
                    stage = _stage(run.name)
                    first, last = found.get(stage, (run.start_time, run.end_time))
                    found[stage] = min(first, run.start_time), max(last, run.end_time)
    return {stage: round((last - first).total_seconds(), 2) for stage, (first, last) in sorted(found.items(), key=lambda one: one[1][0])}


def _stage(task: str) -> str:
    return next(stage for stage in (*STAGES, task) if task.startswith(stage))


if __name__ == "__main__":
    main(*sys.argv[1:])
