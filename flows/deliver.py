"""Deliver: one route's sealed drops go to its force. The ledger counts the attempts; the task's retries only ask it again."""

from datetime import datetime
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from flows.stage import KEEPS_NOTHING, clock_of, count, end_of, ended, failed, in_thread
from flows.tags import tag
from flows.wiring import current, hub_of_environment
from hub.contracts import Misconfigured
from hub.ledger.standing import routes_with_work
from hub.steps import deliver as step
from hub.steps.retry import ATTEMPTS, JITTER, delays


class TryAgain(Exception):
    """The far end did not take everything; the ledger says that another attempt may bring it."""


async def _asks_again(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    return isinstance(await state.aresult(raise_on_failure=False), TryAgain)


@task(
    name="deliver",
    retries=ATTEMPTS - 1,
    retry_delay_seconds=delays(),
    retry_jitter_factor=JITTER,
    retry_condition_fn=_asks_again,
    **KEEPS_NOTHING,
)
async def deliver_route(force: str, route: str) -> State[None]:
    """Send every sealed drop of one route, in order, urgent first."""
    tag("deliver", force, route)
    hub = current()
    known = hub.route(force, route)
    if known is None:
        return failed("Held: no route", f"{force} has no route {route} today. Give its file one; its drops stay sealed.")

    def report(done: int) -> None:
        hub.progress("deliver", done, None)

    try:
        transport = hub.transport_of(known)
    except Misconfigured as error:
        return failed("Misconfigured", f"{force} {route}: {error}")
    done = await in_thread(step.deliver, hub.ledger, known, transport, hub.clock, progress=report)
    if done.again:
        raise TryAgain(f"{force} {route}: {done.stopped}; again at {done.again_at:%H:%M:%S} UTC")
    if done.stopped:
        message = f"{force} {route}: {done.stopped}. Its drops stay sealed, and the next pass tries again."
        return failed("Held: not reachable", message)
    return ended(*_told(done))


def _told(done: step.Delivered) -> tuple[str, str]:
    if not done.drops:
        return "Nothing to do", "No drop is sealed for this route."
    message = f"{count(done.reports, 'report')} in {count(done.drops, 'drop')}, the last number {done.last_sequence}."
    if done.in_doubt:
        return "In doubt", f"{message} {count(done.in_doubt, 'payload')} in doubt: ask the force, then settle them."
    if done.refused:
        return "Partly quarantined", f"{message} {count(done.refused, 'report')} refused by the force: see the quarantine worklist."
    return "Delivered", message


def named(force: str, reports: int, sequence: int) -> Task[[str, str], Any]:
    """The task with a name for people: `deliver kent · drop 17 · 212 reports`."""
    name = f"deliver {force} · drop {sequence} · {count(reports, 'report')}"
    return deliver_route.with_options(task_run_name=name)


@flow(name="deliver", flow_run_name="deliver {force}", persist_result=False)
async def deliver(force: str, at: datetime | None = None) -> None:
    """Send what is sealed for one force, over each of its routes.

    Args:
        force: the force, as its file is called: `kent`.
        at: take this for the time; default now.
    """
    with hub_of_environment(clock_of(at)) as hub:
        for (_, route), work in sorted(routes_with_work(hub.ledger, [force]).items()):
            await end_of(named(force, work.reports, work.first)(force, route, return_state=True))
