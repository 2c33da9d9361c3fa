import asyncio
import json
import time
from collections.abc import Callable
from urllib.request import Request, urlopen

import pytest

from flows.server import PrefectServer

pytestmark = pytest.mark.xdist_group("prefect")


def _task_runs(server: PrefectServer) -> list[dict[str, object]]:
    body = json.dumps({"sort": "NAME_ASC"}).encode()
    request = Request(f"{server.api_url}/task_runs/filter", data=body, headers={"content-type": "application/json"})  # noqa: S310 our own server on loopback
    with urlopen(request, timeout=10) as response:  # noqa: S310 as above
        found: list[dict[str, object]] = json.load(response)
    return found


def _once(holds: Callable[[], bool]) -> bool:
    """The server records task runs a second or two after they end."""
    end = time.monotonic() + 20
    while not holds() and time.monotonic() < end:
        time.sleep(0.2)
    return holds()


def test_a_run_is_named_tagged_and_retried_and_its_state_says_what_happened(prefect_server: PrefectServer) -> None:
    from prefect import flow, task
    from prefect.client.schemas.objects import State
    from prefect.states import Completed

    from flows.tags import tag

    tries: list[str] = []

    @task(task_run_name="deliver {force}", retries=2, retry_delay_seconds=[0.1, 0.1])
    async def deliver(force: str) -> State[None]:
        tag(force)
        tries.append(force)
        if tries.count("gwent") == 1 and force == "gwent":
            raise ConnectionError
        return Completed(name="Delivered", message="2 drops · 212 reports")

    @flow(flow_run_name="a pass")
    async def a_pass() -> State[None]:
        await asyncio.gather(deliver("gwent"), deliver("kent"))
        return Completed(name="Balanced")

    asyncio.run(a_pass())
    assert sorted(tries) == ["gwent", "gwent", "kent"]
    assert _once(lambda: [run["state_name"] for run in _task_runs(prefect_server)] == ["Delivered", "Delivered"])
    assert [(run["name"], run["tags"], run["run_count"]) for run in _task_runs(prefect_server)] == [
        ("deliver gwent", ["gwent"], 2),
        ("deliver kent", ["kent"], 1),
    ]


def test_a_tag_outside_a_task_is_refused() -> None:
    from flows.tags import tag

    with pytest.raises(RuntimeError, match="body of a task"):
        tag("kent")
