"""One pass of the hub in this process, which says how long each step took and how much memory it had at most."""

import json
import os
import re
import sys
import time
from datetime import datetime
from pathlib import Path

from flows.wiring import open_hub
from hub.clock import Clock
from hub.ledger.standing import routes_with_work
from hub.settings import Settings
from hub.steps.deliver import deliver
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare


def main(at: str) -> None:
    """Picks up, prepares and delivers once."""
    hub = open_hub(Settings.read(os.environ), Clock.at(datetime.fromisoformat(at)))
    began = time.monotonic()
    pick_up(hub.ledger, hub.source_of(hub.settings.intake, 0), hub.registry, hub.clock)
    picked_up = time.monotonic()
    prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock)
    prepared, delivered = time.monotonic(), 0
    for place in sorted(routes_with_work(hub.ledger)):
        route = hub.route(*place)
        if route:
            delivered += deliver(hub.ledger, route, hub.transport_of(route), hub.clock).reports
    ended = time.monotonic()
    hub.close()
    said = {"pick_up_seconds": picked_up - began, "deliver_seconds": ended - prepared, "delivered": delivered, "peak_mb": peak()}
    print(json.dumps(said))  # noqa: T201 - a command's answer


def peak() -> float:
    """Megabytes that this process had in memory at most. From the kernel's own count: getrusage's survives an exec, and is the parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return round(int(found[1]) * 1024 / 1e6, 1) if found else 0.0


if __name__ == "__main__":
    main(sys.argv[1])
