"""Confirm: the forces' acknowledgements come into the ledger, all forces side by side."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from prefect import flow, get_run_logger, task
from prefect.client.schemas.objects import State

from flows.stage import KEEPS_NOTHING, clock_of, count, end_of, ended, failed, holding, in_thread, its_own
from flows.tags import tag
from flows.wiring import Hub, current, hub_of_environment
from flows.zombies import say_who
from hub.contracts import Misconfigured
from hub.ledger.errors import LedgerUnavailable, Overtaken
from hub.ledger.standing import routes_delivered_to, routes_to_confirm
from hub.schedule import RouteName
from hub.steps import confirm as step

SIDE_BY_SIDE = 8  # forces asked at once
UNASKED = 3600.0  # seconds
_STALLED = "timeout"  # what transports say of a far end that did not answer in time
_DEFECT = "hub-defect"
PAUSE = 0.3  # seconds between two looks while acknowledgements are waited for


@task(name="confirm", task_run_name="confirm what was delivered", **KEEPS_NOTHING)
@holding
async def confirm_all(forces: list[str] | None = None, wait_seconds: float = 0) -> State[None]:
    """Take in what the forces say; look again until nothing is open or the wait is over.

    A far end that stalled a moment ago (`hear`) is not waited for once more at once.
    """
    tag("confirm")
    hub = current()
    total, stalled = hub.heard, hub.stalled
    hub.heard, hub.stalled = step.Confirmation(), set()
    total.stopped = _STALLED if stalled else None
    end = time.monotonic() + wait_seconds
    others = await in_thread(_long_unasked, hub, forces)
    while open_ := {*await in_thread(routes_to_confirm, hub.ledger, forces), *others}:
        free, others, stalled = hub.asked.take(open_ - stalled), set(), set()
        try:
            await in_thread(_round, hub, sorted(free), total)
        finally:
            hub.asked.give_back(free)
        if time.monotonic() >= end:
            break
        await asyncio.sleep(PAUSE)
        total.stopped = None  # they are asked once more
    _warn(total)
    still = await in_thread(routes_to_confirm, hub.ledger, forces)
    return _end(total, sum(still.values()))


def _long_unasked(hub: Hub, forces: list[str] | None) -> set[tuple[str, str]]:
    """Once an hour every route that anything was delivered to: a force may speak late, or of what was never sent to it."""
    return routes_delivered_to(hub.ledger, forces) if hub.asked.is_time_for_all(UNASKED) else set()


def _round(hub: Hub, routes: list[tuple[str, str]], total: step.Confirmation) -> None:
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="confirm") as pool:
        for done in pool.map(lambda names: _confirm(hub, *names), routes):
            total.add(done)
            hub.progress("confirm", done.accepted + done.rejected, None)


async def hear(hub: Hub, place: RouteName) -> None:
    """Take in what a far end says at once of what it was just sent, while the connection stands and other forces are still sent theirs.

    `confirm_all` counts it in, asks for the rest, and tells what kept us from it. It asks at once those again that did not stall.
    """
    for free in hub.asked.take({place}):
        try:
            done = await in_thread(_confirm, hub, *free)
        except (LedgerUnavailable, Overtaken):  # it keeps no other force waiting, and the stage meets it again
            return
        finally:
            hub.asked.give_back({free})
        hub.heard.add(replace(done, stopped=None))
        if done.stopped == _STALLED:
            hub.stalled.add(free)
        hub.progress("confirm", done.accepted + done.rejected, None)


def _confirm(hub: Hub, force: str, name: str) -> step.Confirmation:
    route = hub.route(force, name)
    if route is None:
        return step.Confirmation(stopped="no-route")
    try:
        if hub.hands:
            return hub.hands.at((force, name), lambda hand: hand.confirm(force, name))
        return step.confirm(hub.ledger, route, hub.transport_of(route), hub.clock)
    except Misconfigured as error:
        return step.Confirmation(stopped=error.code)
    except (LedgerUnavailable, Overtaken):
        raise
    except Exception as defect:  # it keeps no other force's acknowledgements from being taken in
        return step.Confirmation(stopped=_DEFECT, defects={f"{force} {name}: {type(defect).__name__}"})


def _warn(done: step.Confirmation) -> None:
    log = get_run_logger()
    if done.stopped:
        log.warning("Not every force could be asked: %s. The next pass asks again.", done.stopped)
    for where, number in sorted(done.unreadable.items()):
        log.warning("%s: %s could not be read: ask the force to mend what it says.", where, count(number, "acknowledgement"))


def _end(done: step.Confirmation, open_: int) -> State[None]:
    """What a defect kept from being taken in fails the stage, and what the others said counts."""
    name, message = _told(done, open_)
    if done.defects:
        return failed("Failed", f"{message} {', '.join(sorted(done.defects))}: report this defect. A later pass asks again.")
    return ended(name, message)


def _told(done: step.Confirmation, open_: int) -> tuple[str, str]:
    message = f"{count(done.accepted, 'report')} accepted, {done.rejected:,} rejected, {open_:,} not acknowledged yet."
    if done.unreadable:
        message += f" {count(done.unreadable.total(), 'acknowledgement')} could not be read: the log says of which forces."
    if done.unmatched:
        return "Unmatched", f"{message} {count(done.unmatched, 'acknowledgement')} for nothing that was sent: ask those forces."
    if done.unreadable:
        return "Unreadable", message
    if done.rejected:
        return "Partly quarantined", f"{message} See the quarantine worklist."
    return ("Confirmed", message) if done.total else ("Nothing to do", "No acknowledgement has come.")


@flow(name="confirm", flow_run_name="confirm what was delivered", persist_result=False)
async def confirm(forces: list[str] | None = None, wait_seconds: float = 0, at: datetime | None = None) -> State[None]:
    """Take in the forces' acknowledgements.

    Args:
        forces: only these forces; default all.
        wait_seconds: how long to wait for those that have not come yet.
        at: take this for the time; default now.
    """
    with hub_of_environment(clock_of(at)) as hub:
        await say_who(hub.ledger)
        return its_own(await end_of(confirm_all(forces, wait_seconds, return_state=True)))
