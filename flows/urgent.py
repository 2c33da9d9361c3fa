"""Urgent: a pass for what is urgent alone. Prefect is told of it afterwards: a server that is slow, or gone, holds up nothing urgent."""

from collections.abc import Sequence
from pathlib import Path

from prefect import flow, task
from prefect.client.schemas.objects import State

from flows.carry import NOTHING_NEW, end_of_all
from flows.deliver import name_of, send_lanes
from flows.pick_up import take_in
from flows.prepare import prepare_waiting
from flows.stage import KEEPS_NOTHING, NO_RESULT, end_of, failed, in_thread, its_own, told
from flows.tags import tag
from flows.turns import in_turn
from flows.wiring import Done, Hub, current, running
from hub.ledger.dispatching import LaneName, lanes_ready_to_send
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.standing import lanes_with_drops
from hub.words import Lane


async def carry_urgent(hub: Hub, intake: Path | None, forces: Sequence[str], settle_seconds: float) -> State[None]:
    """Pick up what may be urgent, then prepare and send what is, of these forces and those that it was for.

    How each stage ended stands in `hub.done` for `tell_of_urgent`.
    """
    with running(hub):
        if intake:
            hub.done.append(Done(f"pick up from {intake}", ("pick-up",), await take_in(str(intake), settle_seconds)))
        wanted = sorted({*forces, *hub.came})
        if wanted:
            hub.done.append(Done("prepare what waits", ("prepare",), await prepare_waiting(wanted, [])))
            hub.prepared()
            try:
                await _send(hub, wanted)
            except LedgerUnavailable as error:
                hub.done.append(Done("deliver", ("deliver",), told(error)))
    return end_of_all([one.end for one in hub.done], None)


async def _send(hub: Hub, forces: Sequence[str]) -> None:
    """The urgent lanes of these forces that may be tried now."""
    work = await in_thread(lanes_with_drops, hub.ledger, forces)
    ready = await in_thread(lanes_ready_to_send, hub.ledger)

    async def send(lanes: Sequence[LaneName]) -> State[None]:
        (lane,) = lanes
        try:
            end = await send_lanes(*lane[:2], [lane[2]])
        except Exception as defect:
            end = failed("Failed", f"{lane[0]} {lane[1]}: {type(defect).__name__}: report this defect. A later pass tries again.")
        hub.done.append(Done(name_of(lane[0], work[lane]), ("deliver", f"force:{lane[0]}"), end))
        return end

    wanted = {lane: of.reports for lane, of in work.items() if lane in ready and lane[2] is Lane.URGENT}
    await in_turn(hub.taken, wanted, send, apart=True)


def is_worth_telling(hub: Hub) -> bool:
    """Whether such a pass did anything that somebody may want to see: more than to take in what is not urgent."""
    return any(one.end.name not in (*NOTHING_NEW, "Picked up") for one in hub.done)


@flow(name="carry", flow_run_name="carry what is urgent", **NO_RESULT)
async def tell_of_urgent() -> State[None]:
    """A pass for what is urgent alone, as it was: it has ended already."""
    done = current().done
    for number, one in enumerate(done):
        await end_of(_as_done.with_options(task_run_name=one.name)(number, return_state=True))
    return end_of_all([one.end for one in done], None)


@task(name="urgent", **KEEPS_NOTHING)
async def _as_done(number: int) -> State[None]:
    one = current().done[number]
    tag(*one.tags)
    return its_own(one.end)  # of now: one from before its run began would not be believed
