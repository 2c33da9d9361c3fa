"""Pick up: submissions from the intake come into the ledger."""

from datetime import datetime
from pathlib import Path

from prefect import flow, get_run_logger, task
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext

from flows.hands import Hands, together
from flows.stage import KEEPS_NOTHING, clock_of, count, end_of, ended, failed, holding, in_thread, its_own
from flows.tags import tag
from flows.wiring import current, hub_of_environment
from flows.zombies import say_who
from hub.contracts import Misconfigured
from hub.steps import pick_up as step
from hub.words import State as Standing

SHOWN = 10  # names of files that a message lists


@task(name="pick up", task_run_name="pick up from {intake}", **KEEPS_NOTHING)
async def pick_up_all(intake: str, settle_seconds: float | None = None) -> State[None]:
    """Take every whole submission of the intake into the ledger: of a folder, or of the source that a YAML file describes."""
    tag("pick-up")
    return await take_in(intake, settle_seconds)


@holding
async def take_in(intake: str, settle_seconds: float | None) -> State[None]:
    """The same, whether Prefect makes it or not."""
    hub = current()
    if hub.hands and Path(intake).is_dir():
        return _ended(await in_thread(_by_hands, hub.hands, Path(intake), settle_seconds))
    try:
        source = hub.source_of(Path(intake), settle_seconds)
    except Misconfigured as error:
        return failed("Misconfigured", f"The intake cannot be read: {error}")

    def report(done: int) -> None:
        hub.progress("pick up", done, None)

    try:
        done = await in_thread(step.pick_up, hub.ledger, source, hub.registry, hub.clock, progress=report)
    finally:
        source.close()
    hub.came.update(done.urgent)
    return _ended(done)


def _by_hands(hands: Hands, intake: Path, settle_seconds: float | None) -> step.PickedUp:
    """Each file by one of them."""
    shares = [(which, hands.number) for which in range(hands.number)]
    return together(hands.each(shares, lambda hand, share: hand.pick_up(intake, settle_seconds, share)))


def _ended(done: step.PickedUp) -> State[None]:
    if done.left and TaskRunContext.get():
        get_run_logger().warning("%s", _not_taken(done))
    return ended(*_told(done))


def _told(done: step.PickedUp) -> tuple[str, str]:
    if not done.seen:
        return "Nothing to do", "The intake is empty."
    states = ", ".join(f"{number:,} {state}" for state, number in sorted(done.entered.items()))
    left = f" {_not_taken(done)}" if done.left else ""
    name = "Partly quarantined" if done.entered[Standing.QUARANTINED] else "Picked up"
    return name, f"{count(done.seen, 'submission')}: {states or 'none new'}.{left}"


def _not_taken(done: step.PickedUp) -> str:
    """What lies where it was, and what to do about it."""
    if not done.unread:
        return f"{count(done.left, 'submission')} left for the next pass: another worker was taking the same ones."
    names = ", ".join(done.unread[:SHOWN]) + (" and others" if len(done.unread) > SHOWN else "")
    return f"not-readable, left in the intake: {names}. Give the hub's user the right to read and delete them, and what lies beside them."


@flow(name="pick up", flow_run_name="pick up from {intake}", persist_result=False)
async def pick_up(intake: str, at: datetime | None = None) -> State[None]:
    """Take every whole submission of a folder into the ledger.

    Args:
        intake: the folder that the platform writes submissions to.
        at: take this for the time; default now.
    """
    with hub_of_environment(clock_of(at)) as hub:
        await say_who(hub.ledger)
        return its_own(await end_of(pick_up_all(intake, return_state=True)))
