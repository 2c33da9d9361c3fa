"""Deliver: one route's sealed drops go to its force. The ledger counts the attempts; the task's retries only ask it again."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.tasks import Task

from flows.stage import KEEPS_NOTHING, clock_of, count, end_of, ended, failed, holding, in_thread
from flows.tags import tag
from flows.wiring import Hub, current, hub_of_environment
from flows.zombies import say_who
from hub.contracts import Misconfigured
from hub.forces.registry import Route
from hub.ledger.restoring import COMPARE_FIRST
from hub.ledger.standing import Work, routes_with_work
from hub.steps import deliver as step
from hub.steps.gates import OUTSIDE_WINDOW
from hub.steps.retry import Retry
from hub.words import Lane


class TryAgain(Exception):
    """The far end did not take everything; the ledger says that another attempt may bring it."""


async def _asks_again(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    return isinstance(await state.aresult(raise_on_failure=False), TryAgain)


async def _waited_long_enough(done: step.Delivered, retry: Retry) -> bool:
    """Sleep as much longer than the task's own delay as the far end asks (`Retry-After`). False where that is too long for this pass."""
    run = TaskRunContext.get()
    delays = retry.delays()
    if run is None or done.claimed or done.again_at is None or run.task_run.run_count > len(delays):
        return True
    longer = (done.again_at - datetime.now(UTC)).total_seconds() - delays[run.task_run.run_count - 1]
    if longer > retry.longest:
        return False
    await asyncio.sleep(max(0.0, longer))
    return True


def _tries_are_left() -> bool:
    run = TaskRunContext.get()
    return run is not None and run.task_run.run_count <= run.task.retries


@task(name="deliver", retry_condition_fn=_asks_again, **KEEPS_NOTHING)
async def deliver_route(force: str, route: str, lanes: Sequence[Lane] = tuple(Lane)) -> State[None]:
    """Send every sealed drop of one route, or of one of its lanes, in order, urgent first."""
    tag("deliver", f"force:{force}")
    return await send_lanes(force, route, lanes)


@holding
async def send_lanes(force: str, route: str, lanes: Sequence[Lane]) -> State[None]:
    """The same, whether Prefect makes it or not. Raises TryAgain where the task that it is in has tries left."""
    hub = current()
    known = hub.route(force, route)
    if known is None:
        return failed("Held: no route", f"{force} has no route {route}. Give its file one; its drops stay sealed.")

    def report(done: int) -> None:
        hub.progress("deliver", done, None)

    retry = hub.retry_of(known)
    try:
        done = await in_thread(_delivered, hub, known, lanes, retry, report)
    except Misconfigured as error:
        return failed("Misconfigured", f"{force} {route}: {error}")
    if done.again and _tries_are_left() and await _waited_long_enough(done, retry):
        raise TryAgain(f"{force} {route}: {done.stopped}; again at {done.again_at:%H:%M:%S} UTC")
    return failed(*_stopped(force, route, done)) if done.stopped else ended(*_told(done))


def _delivered(hub: Hub, route: Route, lanes: Sequence[Lane], retry: Retry, report: Callable[[int], None]) -> step.Delivered:
    """By a hand, where the pass has any. Raises Misconfigured."""
    if hub.hands is None:
        other = hub.other_of(route)
        return step.deliver(hub.ledger, route, hub.transport_of(route), hub.clock, retry, other=other, lanes=lanes, progress=report)
    done = hub.hands.at((route.force, route.name), lambda hand: hand.deliver(route.force, route.name, lanes))
    report(done.reports)
    return done


def _stopped(force: str, route: str, done: step.Delivered) -> tuple[str, str]:
    """What keeps the rest of this route from leaving, and what happens next."""
    name, next_ = _WHY.get(done.stopped or "") or _far_end_says(done)
    return name, f"{force} {route}: {done.stopped}. {next_.format(held=count(done.held, 'report'), who=done.claimed, route=route)}"


def _far_end_says(done: step.Delivered) -> tuple[str, str]:
    if done.misconfigured:
        return (
            "Misconfigured",
            "Nothing reaches this far end until a person puts it right; its drops stay sealed, and then go by themselves.",
        )
    return _WHY[step.CIRCUIT_OPEN] if done.held else ("Held: not reachable", "Its drops stay sealed, and the next pass tries again.")


_WHY = {  # by what stopped it; all else is the far end's own code
    COMPARE_FIRST: (
        "Held: compare first",
        "The ledger was restored: `soh-hub restore compare` asks the far end what it has, then it goes on.",
    ),
    step.PAUSED: ("Held: paused", "Its reports are held until the force is resumed."),
    step.CLAIMED: ("Held: another worker", "{who} has it to send. What it leaves, a later pass sends."),
    step.ENDPOINT_CHANGED: (
        "Held: endpoint changed",
        "A drop was sealed for another far end than {route} has now. Give the new one a route of its own, from a date (`from`, `to`).",
    ),
    OUTSIDE_WINDOW: ("Held: outside its window", "{held} held until the force's delivery window opens."),
    step.CIRCUIT_OPEN: ("Held: circuit open", "{held} held now; one probe at a time tries again, and all drain by themselves."),
}


def _told(done: step.Delivered) -> tuple[str, str]:
    if not (done.drops or done.fell_back or done.went_back):
        return "Nothing to do", "No drop is sealed for this route."
    message = f"{count(done.reports, 'report')} in {count(done.drops, 'drop')}, the last number {done.last_sequence}."
    if done.fell_back:
        return "To the fallback", f"{message} {count(done.fell_back, 'report')} could not arrive and go by the fallback route."
    if done.went_back:
        return "Back to the primary", f"{message} {count(done.went_back, 'report')} could not arrive and go by the primary route again."
    if done.in_doubt:
        return "In doubt", f"{message} {count(done.in_doubt, 'payload')} in doubt: ask the force, then settle them."
    if done.refused:
        return "Partly quarantined", f"{message} {count(done.refused, 'report')} refused by the force: see the quarantine worklist."
    return "Delivered", message


def name_of(force: str, work: Work) -> str:
    """For people: `deliver kent · drop 17 · 212 reports`."""
    return f"deliver {force} · drop {work.first} · {count(work.reports, 'report')}"


def named(force: str, work: Work, retry: Retry | None) -> Task[..., Any]:
    """The task with a name for people. Without `retry` it tries once."""
    name = name_of(force, work)
    if retry is None:
        return deliver_route.with_options(task_run_name=name)
    return deliver_route.with_options(
        task_run_name=name, retries=retry.attempts - 1, retry_delay_seconds=retry.delays(), retry_jitter_factor=retry.jitter
    )


@flow(name="deliver", flow_run_name="deliver {force}", persist_result=False)
async def deliver(force: str, at: datetime | None = None) -> None:
    """Send what is sealed for one force, over each of its routes.

    Args:
        force: the force, as its file is called: `kent`.
        at: take this for the time; default now.
    """
    with hub_of_environment(clock_of(at)) as hub:
        await say_who(hub.ledger)
        for (_, route), work in sorted(routes_with_work(hub.ledger, [force]).items()):
            await end_of(named(force, work, hub.settings.retry)(force, route, return_state=True))
