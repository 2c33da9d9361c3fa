"""What the Prefect server has on record, asked over its own API."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

from flows.server import PrefectServer

Row = dict[str, Any]


def ask(server: PrefectServer, what: str, **filters: object) -> list[Row]:
    """The rows of `task_runs`, `flow_runs`, `deployments`, `artifacts`, `logs` … that match."""
    body = json.dumps({"limit": 200, **filters}).encode()
    request = Request(f"{server.api_url}/{what}/filter", data=body, headers={"content-type": "application/json"})  # noqa: S310 our own server on loopback
    with urlopen(request, timeout=20) as response:  # noqa: S310 as above
        found: list[Row] = json.load(response)
    return found


def runs_of(server: PrefectServer, flow_run: str) -> list[Row]:
    """The task runs of one flow run."""
    return ask(server, "task_runs", flow_runs={"id": {"any_": [flow_run]}}, sort="NAME_ASC")


def passes(server: PrefectServer) -> list[Row]:
    """The passes, newest first."""
    return ask(server, "flow_runs", flows={"name": {"any_": ["carry"]}}, sort="START_TIME_DESC")


def eventually(holds: Callable[[], bool], patience: float = 20) -> bool:
    """Whether something that another process or thread does comes true in time."""
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
