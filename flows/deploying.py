"""Telling Prefect of the forces: the work pool, its limit, and every deployment of `prefect.yaml`, over its API and as often as one likes.

The command `prefect deploy --all` does the same in 20 to 40 s, and leaves alone what is in the file no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import yaml
from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.exceptions import ObjectAlreadyExists
from prefect.utilities.callables import parameter_schema

from flows.deployments import PER_FORCE, POOL, render

DISPATCHER = "flows.dispatch.dispatch"
AT_ONCE = 4  # runs by hand that the workers of the pool make at a time: 300 MB each


@dataclass(frozen=True)
class _Known:
    """A flow as Prefect knows it: its id, and the form of what it is run with."""

    id: UUID
    form: dict[str, Any]


async def deploy(mappings: Path, *, dispatcher: bool) -> int:
    """Make Prefect's deployments as the force files have them; those of forces that are on file no more are deleted.

    `dispatcher` says whether one is begun on a worker, every five minutes, unless one acts. Returns how many deployments there are.
    Raises InvalidDocument where a force's file is broken.
    """
    wanted = yaml.safe_load(render(mappings))["deployments"]
    async with get_client() as client:
        await _pool(client)
        flows = {entrypoint: await _flow(client, entrypoint) for entrypoint in {one["entrypoint"] for one in wanted}}
        kept = {await _deploy(client, flows, one, scheduled=dispatcher or one["entrypoint"] != DISPATCHER) for one in wanted}
        stale = await client.read_deployments(deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[PER_FORCE])))
        for deployment in stale:
            if deployment.id not in kept:
                await client.delete_deployment(deployment.id)
    return len(kept)


async def workers() -> int:
    """How many workers serve the pool just now."""
    async with get_client() as client:
        return sum(worker.status == "ONLINE" for worker in await client.read_workers_for_work_pool(POOL))


async def _pool(client: PrefectClient) -> None:
    try:
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process", concurrency_limit=AT_ONCE))
    except ObjectAlreadyExists:
        await client.update_work_pool(POOL, WorkPoolUpdate(concurrency_limit=AT_ONCE))


async def _flow(client: PrefectClient, entrypoint: str) -> _Known:
    """Asked and drawn up once: the forces have one flow, and a form takes 25 ms."""
    module, _, name = entrypoint.rpartition(".")
    flow = cast(Flow[Any, Any], getattr(import_module(module), name))
    return _Known(await client.create_flow_from_name(flow.name), parameter_schema(flow).model_dump_for_openapi())


async def _deploy(client: PrefectClient, flows: Mapping[str, _Known], wanted: Mapping[str, Any], *, scheduled: bool) -> Any:
    limit = wanted.get("concurrency_limit") or {}
    flow = flows[wanted["entrypoint"]]
    return await client.create_deployment(
        flow.id,
        wanted["name"],
        entrypoint=wanted["entrypoint"],
        description=wanted["description"],
        tags=wanted["tags"],
        parameters=wanted.get("parameters", {}),
        schedules=[DeploymentScheduleCreate(schedule=_schedule(one), active=scheduled) for one in wanted.get("schedules", ())],
        concurrency_limit=limit.get("limit"),
        concurrency_options=_options(limit),
        work_pool_name=POOL,
        pull_steps=[],
        parameter_openapi_schema=flow.form,
        enforce_parameter_schema=True,
    )


def _schedule(given: Mapping[str, Any]) -> IntervalSchedule | CronSchedule:
    if "cron" in given:
        return CronSchedule(cron=given["cron"], timezone=given.get("timezone"))
    return IntervalSchedule(interval=timedelta(seconds=given["interval"]))


def _options(limit: Mapping[str, Any]) -> ConcurrencyOptions | None:
    return ConcurrencyOptions(collision_strategy=limit["collision_strategy"]) if limit else None
