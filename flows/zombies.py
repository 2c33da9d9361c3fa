"""Runs whose process has died, and which Prefect would show as `Running` for ever: they are said to have crashed.

Each run of ours has labels that say which process makes it, for which ledger. Only a run whose process is certainly dead is cleared;
of another machine's nobody here can tell, and a worker there clears it. Nothing waits for it: the ledger's leases decide who goes on.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.runtime import flow_run
from prefect.states import Crashed

from hub.ledger.ledger import Ledger
from hub.ledger.workers import is_dead, shown

WORKER, SERIES = "soh-hub.worker", "soh-hub.series"
_UNDER_WAY = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)
_PAGE = 200  # runs


async def say_who(ledger: Ledger) -> None:
    """Label this run with the process that makes it. That Prefect does not take it ends no run."""
    with suppress(Exception):
        async with get_client() as client:
            await client.update_flow_run_labels(UUID(str(flow_run.id)), {WORKER: ledger.worker, SERIES: ledger.series})


@asynccontextmanager
async def said_beside(ledger: Ledger) -> AsyncIterator[None]:
    """The same, while the block does its work."""
    saying = asyncio.create_task(say_who(ledger))
    try:
        yield
    finally:
        await saying


async def clear(ledger: Ledger) -> int:
    """End the runs of this ledger whose process is certainly dead, with what they had begun. Returns how many: 0 where nobody answers."""
    dead: list[FlowRun] = []
    with suppress(Exception):
        dead = await _clear(ledger)
    return len(dead)


async def _clear(ledger: Ledger) -> list[FlowRun]:
    async with get_client() as client:
        dead = [run for run in await _under_way(client) if run.labels.get(SERIES) == ledger.series and is_dead(str(run.labels.get(WORKER)))]
        for run in dead:
            await _crash(client, run, str(run.labels[WORKER]))
    return dead


async def _crash(client: PrefectClient, run: FlowRun, worker: str) -> None:
    for child in await _under_way(client, run.id):
        await _crash(client, child, worker)
    message = f"{shown(worker)} has died. What it had not done another does: nothing is late for it."
    await client.set_flow_run_state(run.id, Crashed(message=message), force=True)


async def _under_way(client: PrefectClient, parent: UUID | None = None) -> list[FlowRun]:
    """Every run that has begun and not ended; of one run, those that it began."""
    of_parent = FlowRunFilterParentFlowRunId(any_=[parent]) if parent else None
    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(_UNDER_WAY))), parent_flow_run_id=of_parent)
    found: list[FlowRun] = []
    while page := await client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE, offset=len(found)):
        found += page
    return found
