import asyncio

import pytest

from flows.server import PrefectServer
from tests.flows.server import Row, ask, eventually

pytestmark = pytest.mark.xdist_group("prefect")


def _task_runs(server: PrefectServer) -> list[Row]:
    return ask(server, "task_runs", flows={"name": {"any_": ["a-pass"]}}, sort="NAME_ASC")


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
    assert eventually(lambda: [run["state_name"] for run in _task_runs(prefect_server)] == ["Delivered", "Delivered"])
    assert [(run["name"], run["tags"], run["run_count"]) for run in _task_runs(prefect_server)] == [
        ("deliver gwent", ["gwent"], 2),
        ("deliver kent", ["kent"], 1),
    ]


def test_a_tag_outside_a_task_is_refused() -> None:
    from flows.tags import tag

    with pytest.raises(RuntimeError, match="body of a task"):
        tag("kent")
