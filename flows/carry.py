"""Carry: one pass, from the intake to the account. Forces go side by side; one that fails keeps nobody else waiting."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State

from flows.alarms import look_for_alarms
from flows.confirm import confirm_all, hear
from flows.deliver import named
from flows.hands import hands_for
from flows.pick_up import pick_up_all
from flows.prepare import prepare_all
from flows.progress import progress_told
from flows.reconcile import reconcile_all
from flows.showing import show_or_say
from flows.stage import NO_RESULT, clock_of, end_of, ended, failed, in_thread, told
from flows.tell import tell_platform
from flows.turns import in_turn
from flows.wiring import Hub, hub_of_environment, running
from flows.zombies import said_beside
from hub.ledger.dispatching import LaneName, lanes_ready_to_send
from hub.ledger.errors import LedgerUnavailable, Overtaken
from hub.ledger.standing import Work, lanes_with_drops
from hub.schedule import route_name

NOTHING_NEW = ("Nothing to do", "Alarms stand")
_WORTH_A_LOOK = ("In doubt", "Partly quarantined", "Unmatched", "To the fallback", "Partly refused", "Not told", "Unreadable", "Delivered")

Stage = Literal["confirm", "reconcile"]


@flow(name="carry", flow_run_name="carry reports", **NO_RESULT)
async def carry(
    intake: str | None = None,
    forces: list[str] | None = None,
    due: list[str] | None = None,
    come_back: bool = False,
    leave_out: list[Stage] | None = None,
    wait_seconds: float = 0,
    settle_seconds: float | None = None,
    at: datetime | None = None,
) -> State[None]:
    """One pass: pick up, prepare, deliver, confirm, tell the platform, reconcile, look for alarms.

    Args:
        intake: the folder that the platform writes submissions to; without it nothing is picked up.
        forces: prepare, deliver and confirm for these forces alone; default all.
        due: routes whose drops are due now (`kent/records-system`); of the others only urgent reports are sealed. Default: all are due.
        come_back: a far end that fails is left for a later pass, when the ledger says; default is to try again within this one.
        leave_out: stages that this pass does not make.
        wait_seconds: how long to wait for acknowledgements that have not come yet.
        settle_seconds: how long a file of the intake must have been left alone; default two seconds.
        at: take this for the time; default now.
    """
    with hub_of_environment(clock_of(at)) as hub:
        async with said_beside(hub.ledger), progress_told(hub):
            with ExitStack() as beside:
                hands = hands_for(hub, Path(intake) if intake else None, _forces_of(due), get_run_logger().warning)
                try:
                    hub.hands = await in_thread(beside.enter_context, hands)
                except (LedgerUnavailable, Overtaken) as error:
                    return told(error)
                beside.callback(setattr, hub, "hands", None)
                return await _pass(hub, intake, forces, due, leave_out or [], wait_seconds, settle_seconds, come_back=come_back)


def _forces_of(due: list[str] | None) -> set[str] | None:
    """The forces of which routine reports may leave; None: of all."""
    return None if due is None else {route_name(name)[0] for name in due}


async def _pass(
    hub: Hub,
    intake: str | None,
    forces: list[str] | None,
    due: list[str] | None,
    left_out: Sequence[Stage],
    wait_seconds: float,
    settle_seconds: float | None,
    *,
    come_back: bool,
) -> State[None]:
    """The stages, one after the other."""
    ends: list[State[None]] = []
    if intake:
        ends.append(await end_of(pick_up_all(intake, settle_seconds, return_state=True)))
    ends.append(await end_of(prepare_all(forces, due, return_state=True)))
    hub.prepared()
    try:
        ends.extend(await _deliver_all(hub, forces, come_back=come_back, hears="confirm" not in left_out))
    except LedgerUnavailable as error:
        ends.append(told(error))
    if "confirm" not in left_out:
        ends.append(await end_of(confirm_all(forces, wait_seconds, return_state=True)))
    if hub.settings.outcomes:
        ends.append(await end_of(tell_platform(return_state=True)))
    (account, alarms), _ = await asyncio.gather(_accounted(hub, left_out), show_or_say(hub))
    return end_of_all([*ends, alarms], account)


async def _accounted(hub: Hub, left_out: Sequence[Stage]) -> tuple[State[None] | None, State[None]]:
    """How the account ended, where it is drawn up, and the look for alarms, which goes by it."""
    hub.account = None  # an earlier pass's says nothing of now
    account = None if "reconcile" in left_out else await end_of(reconcile_all(return_state=True))
    return account, await end_of(look_for_alarms(return_state=True))


async def _deliver_all(hub: Hub, forces: list[str] | None, *, come_back: bool, hears: bool) -> list[State[None]]:
    """Where nothing is left for a later pass to try again (not `come_back`), the lanes of a route go in one task, which does so."""
    work = await in_thread(lanes_with_drops, hub.ledger, forces)
    ready = await in_thread(lanes_ready_to_send, hub.ledger) if come_back else work
    retry = None if come_back else hub.settings.retry

    async def send(lanes: Sequence[LaneName]) -> State[None]:
        force, route, _ = lanes[0]
        task = named(force, _sum_of([work[lane] for lane in lanes]), retry)
        return await end_of(task(force, route, [lane for *_, lane in lanes], return_state=True))

    wanted = {lane: of.reports for lane, of in work.items() if lane in ready}
    return await in_turn(hub.taken, wanted, send, partial(hear, hub) if hears else None, apart=come_back)


def _sum_of(work: Sequence[Work]) -> Work:
    return Work(sum(one.reports for one in work), min(one.first for one in work))


def end_of_all(ends: list[State[None]], account: State[None] | None) -> State[None]:
    """The pass is named after what a person must look at first; its message is the account's, or what its stages say."""
    message = account.message or "" if account else " ".join(end.message or "" for end in ends if end.name not in NOTHING_NEW)
    if account and account.is_failed():
        return failed(account.name or "Unbalanced", message)
    wrong = [end for end in ends if end.is_failed() or end.is_crashed()]
    if wrong:
        return failed(wrong[0].name or "Failed", f"{message} {wrong[0].message}" if account else message)
    names = {end.name for end in ends}
    worth = next((name for name in _WORTH_A_LOOK if name in names), None)
    if worth == "Partly quarantined":
        message += " What to do about each stands in the artifact `quarantine`."
    return ended(worth or ("Balanced" if account else "Carried" if message else "Nothing to do"), message)


def carry_now(hub: Hub, intake: Path | None, forces: list[str] | None, wait_seconds: float, settle_seconds: float) -> State[None]:
    """One pass on a hub that is open already, for a program that is not a flow itself. Returns the state that it ended in."""
    at = hub.clock.now()
    with running(hub):
        called = carry(
            str(intake) if intake else None, forces, wait_seconds=wait_seconds, settle_seconds=settle_seconds, at=at, return_state=True
        )
        return asyncio.run(end_of(called))
