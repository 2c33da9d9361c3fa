"""What the Prefect server has on record, asked over its own API."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

from prefect.client.base import PrefectHttpxSyncClient

from flows.server import PrefectServer

Row = dict[str, Any]


def post(server: PrefectServer, path: str, body: Row) -> Any:
    """What it answers. Asked by Prefect's own client, which asks a server again that is busy (503). Raises PrefectHTTPStatusError."""
    return _client(server.api_url).post(path, json=body).json()


@cache
def _client(api_url: str) -> PrefectHttpxSyncClient:
    """Kept for as long as the tests run: each reads the authorities that it would trust."""
    return PrefectHttpxSyncClient(base_url=api_url, timeout=20)


def ask(server: PrefectServer, what: str, **filters: object) -> list[Row]:
    """The rows of `task_runs`, `flow_runs`, `deployments`, `artifacts`, `logs` … that match."""
    found: list[Row] = post(server, f"/{what}/filter", {"limit": 200, **filters})
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
