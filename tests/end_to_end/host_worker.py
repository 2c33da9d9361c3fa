"""A worker on a host of its own: `python -m tests.end_to_end.host_worker`, with the hub's settings in its environment."""

import os
from pathlib import Path

from bench.chaos.worker import Bench, work

if __name__ == "__main__":
    environment = dict(os.environ)
    bench = Bench.load(environment, Path(environment["HUB_HOME"]) / "defects")
    print("ready", flush=True)  # noqa: T201 - the test waits for it
    work(bench, os.getppid())
