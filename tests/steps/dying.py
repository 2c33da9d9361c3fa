"""Workers that die: `python -m tests.steps.dying MAPPINGS < DEATHS`, each forked from this process and ended by SIGKILL from within.

`DEATHS` has a JSON object a line. This process holds no connection and no thread when it forks: a worker inherits what was
imported and read, and nothing that another could share with it.
"""

import os
import signal
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from hub.forces.registry import Registry
from hub.ledger.ledger import Ledger
from hub.ledger.migrate import begin_series
from tests.steps.boundaries import Boundaries, watch
from tests.steps.small_job import Worker, World, four_forces


@dataclass(frozen=True)
class Death:
    """One worker: at which instant it dies, in which world, with which ledger, and after how many seconds its claims are free."""

    instant: int
    folder: str
    url: str
    lease_seconds: float

    def line(self) -> bytes:
        return orjson.dumps(asdict(self), option=orjson.OPT_APPEND_NEWLINE)


def ledger_of(death: Death) -> Ledger:
    """A ledger of its own for each worker. Its tables are there already: to look for them takes longer than the job."""
    ledger = Ledger(death.url, f"{death.folder}/store", lease_seconds=death.lease_seconds)
    ledger.series = begin_series(ledger.database)
    return ledger


def _dies(death: Death, registry: Registry) -> int:
    """Returns how its worker ended, as `os.waitstatus_to_exitcode` says it."""
    worker = os.fork()
    if worker == 0:
        try:
            boundaries, ledger = Boundaries(death.instant), ledger_of(death)
            watch(ledger, boundaries)
            Worker(ledger, registry, World(Path(death.folder)), boundaries).work()
        except BaseException:
            traceback.print_exc()
        os._exit(1)  # it should have died
    return os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])


def main(mappings: str) -> None:
    """Ends with a word to whoever asked if a worker did not die as it should."""
    registry = four_forces(Registry.load(Path(mappings)))
    for line in sys.stdin.buffer:
        death = Death(**orjson.loads(line))
        if (ended := _dies(death, registry)) != -signal.SIGKILL:
            sys.exit(f"the worker that was to die at instant {death.instant} ended with {ended}")


if __name__ == "__main__":
    main(*sys.argv[1:])
