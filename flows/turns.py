"""Turns: the lanes that a pass sends, urgent ones first, to so many far ends at once, and one lane of a route after the other."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from prefect.client.schemas.objects import State

from flows.taken import LaneName, Taken
from hub.words import Lane

SIDE_BY_SIDE = 8  # far ends at once

Send = Callable[[Sequence[LaneName]], Awaitable[State[None]]]


async def in_turn(taken: Taken[LaneName], wanted: Collection[LaneName], send: Send, *, apart: bool) -> list[State[None]]:
    """How it ended, wherever nobody else was at it. A route has one connection in a pass, so that its lanes go one after the other.

    `apart`: each by itself, and free at once for whoever has something new to send in it; what failed is not followed by the other.
    """
    lanes = sorted(taken.take(wanted), key=lambda lane: (lane[2] is not Lane.URGENT, lane))
    places = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(left: list[LaneName]) -> list[State[None]]:
        ends: list[State[None]] = []
        try:
            while left and not (ends and ends[-1].is_failed()):
                some = left[:1] if apart else left[:]
                async with places:
                    ends.append(await send(some))
                taken.give_back(some)
                del left[: len(some)]
        finally:
            taken.give_back(left)
        return ends

    routes = dict.fromkeys(lane[:2] for lane in lanes)
    sent = await asyncio.gather(*(one([lane for lane in lanes if lane[:2] == route]) for route in routes))
    return [end for ends in sent for end in ends]
