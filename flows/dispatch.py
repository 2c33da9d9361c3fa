"""Dispatch: one long-lived run that keeps every force's schedule and the urgent lane, by starting passes for what is due alone."""

import asyncio
from pathlib import Path
from typing import Annotated

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from pydantic import Field

from flows.dispatcher import Dispatcher
from flows.look import ACCOUNT, ASK, SETTLED, Pace
from flows.stage import count, end_of, ended
from flows.watch import Relieved, on_watch, told_to_end
from flows.wiring import Hub, hub_of_environment, running
from flows.zombies import clear, say_who
from hub.clock import Clock


@flow(name="dispatch", flow_run_name="dispatch", persist_result=False)
async def dispatch(
    intake: str | None = None,
    every_seconds: Annotated[float, Field(gt=0)] = 1.0,
    settle_seconds: Annotated[float, Field(ge=0)] = SETTLED,
    ask_seconds: Annotated[float, Field(ge=0)] = ASK,
    account_seconds: Annotated[float, Field(ge=0)] = ACCOUNT,
    once: bool = False,
) -> State[None]:
    """Keep every force's schedule and the urgent lane, until told to end.

    Args:
        intake: the folder that the platform writes submissions to; default HUB_INTAKE.
        every_seconds: how often to look whether there is anything to do.
        settle_seconds: how long a file of the intake must have been left alone.
        ask_seconds: how often to ask the forces for acknowledgements that are still open.
        account_seconds: how often to draw up the account, when anything has moved.
        once: look once, make the pass that is due, and end.
    """
    with hub_of_environment(Clock()) as hub, told_to_end() as told:
        folder = Path(intake) if intake else hub.settings.intake
        dispatcher = Dispatcher(hub, folder, settle_seconds, Pace(ask_seconds, account_seconds), get_run_logger())
        try:
            await say_who(hub.ledger)
            async with on_watch(hub.ledger, told):
                if cleared := await clear(hub.ledger):
                    get_run_logger().warning("%s of processes that have died are cleared.", count(cleared, "run"))
                await dispatcher.run(told, every_seconds, once=once)
        except Relieved as error:
            return ended("Relieved", f"Nothing to do here: {error}.")
    return ended("Ended", f"{count(dispatcher.passes, 'pass', 'passes')}.")


def dispatch_now(hub: Hub, intake: Path | None, every_seconds: float, settle_seconds: float, *, once: bool) -> State[None]:
    """Be the dispatcher on a hub that is open already, for a program that is not a flow itself. Returns the state that it ended in."""

    async def until_told() -> State[None]:
        folder = str(intake) if intake else None
        called = dispatch(folder, every_seconds, settle_seconds, once=once, return_state=True)
        return await end_of(called)

    with running(hub):
        return asyncio.run(until_told())
