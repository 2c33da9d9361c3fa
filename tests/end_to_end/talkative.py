"""Passes of a hub that says all it can: `python -m tests.end_to_end.talkative INTAKE PASSES`, every library logging at DEBUG to stderr.

What it is to do stands in the environment, as for every hub.
"""

import logging
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flows.carry import carry_now
from flows.wiring import open_hub
from hub.clock import Clock
from hub.settings import Settings
from hub.steps.retry import Retry
from tests.end_to_end.intake import AT


def main(intake: str, passes: str, planted: str = "") -> None:
    """Carries, and says how each pass ended. `planted` is logged as a careless line of ours would be."""
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)
    settings = replace(Settings.read(), retry=Retry(attempts=2, first=0.05, longest=0.1))
    hub = open_hub(settings, Clock.at(datetime.fromisoformat(AT)))
    for name in ("asyncssh", "paramiko", "urllib3", "fsspec", "sqlalchemy.pool", "hub", "adapters", "flows"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    if planted:
        logging.getLogger("hub.planted").debug("delivering %s", planted)
    try:
        for _ in range(int(passes)):
            end = carry_now(hub, Path(intake), None, wait_seconds=1, settle_seconds=0)
            sys.stdout.write(f"{end.name}: {end.message}\n")
    finally:
        hub.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
