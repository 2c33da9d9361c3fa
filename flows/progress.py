"""How far a long pass has come, as an artifact of its run: what is short shows nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.settings import get_current_settings

from flows.stage import count, in_thread
from flows.wiring import Hub
from hub.ledger.standing import standing
from hub.words import State

EVERY = 10.0  # seconds before it is said first, and between two times
_LEFT = {"prepare": State.WAITING, "deliver": State.SEALED, "confirm": State.DELIVERED}  # what a stage still has before it


@asynccontextmanager
async def progress_told(hub: Hub, every: float = EVERY) -> AsyncIterator[None]:
    """Within the block what the stages do is counted, and shown every so often; whoever was told of it before still is."""
    before, done = hub.progress, Counter[str]()

    def counted(stage: str, more: int, total: int | None) -> None:
        done[stage] += more
        before(stage, more, total)

    hub.progress = counted
    showing = asyncio.create_task(_show(hub, done, every))
    try:
        yield
    finally:
        hub.progress = before
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing


async def _show(hub: Hub, done: Counter[str], every: float) -> None:
    artifact: UUID | None = None
    try:
        while True:
            await asyncio.sleep(every)
            if done and get_current_settings().api.url:
                percent, words = await in_thread(_how_far, hub, done)
                artifact = await _put(artifact, percent, words)
    except asyncio.CancelledError:
        if artifact:
            await _put(artifact, 100.0, f"{_words(done)}. Done.")
        raise
    except Exception:  # whatever Prefect's client or the ledger meets, the pass goes on without it
        return


async def _put(artifact: UUID | None, percent: float, words: str) -> UUID | None:
    if artifact is None:
        return await acreate_progress_artifact(percent, key="progress", description=words)
    await aupdate_progress_artifact(artifact, percent, description=words)
    return artifact


def _how_far(hub: Hub, done: Counter[str]) -> tuple[float, str]:
    """Of the stage that began last: what it has done, of that and what is still before it."""
    stage = list(done)[-1]
    left = sum(one.states.get(_LEFT[stage], 0) for one in standing(hub.ledger)) if stage in _LEFT else 0
    whole = done[stage] + left
    return (100.0 * done[stage] / whole if stage in _LEFT and whole else 0.0), f"{_words(done)}; {count(left, 'report')} before it."


def _words(done: Counter[str]) -> str:
    return ", ".join(f"{stage} {number:,}" for stage, number in done.items())
