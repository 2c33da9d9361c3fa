"""Turns: the lanes that a pass sends, urgent ones first and of these the largest, to so many far ends at once.

One lane of a route goes after the other. The largest first, so that none is left at the end to be sent alone.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from prefect.client.schemas.objects import State

from flows.taken import Taken
from hub.ledger.dispatching import LaneName
from hub.schedule import RouteName
from hub.words import Lane

SIDE_BY_SIDE = 8  # far ends at once

Send = Callable[[Sequence[LaneName]], Awaitable[State[None]]]
After = Callable[[RouteName], Awaitable[None]]


async def in_turn(
    taken: Taken[LaneName], wanted: Mapping[LaneName, int], send: Send, after: After | None = None, *, apart: bool
) -> list[State[None]]:
    """How it ended, wherever nobody else was at it. `wanted` has the reports of each lane.

    A route has one connection in a pass, so that its lanes go one after the other.

    `apart`: each by itself, and free at once for whoever has something new to send in it; an urgent one is free for others also until its
    turn has come, and what failed is not followed by the other. `after` is for each route that was sent to, when its lanes are free
    again: for so many at once, too.
    """
    later = {lane for lane in wanted if apart and lane[2] is Lane.URGENT}
    ours = taken.take(set(wanted) - later) | later
    sizes = Counter[RouteName]()
    for lane, reports in wanted.items():
        sizes[lane[:2]] += reports
    lanes = sorted(ours, key=lambda lane: (lane[2] is not Lane.URGENT, -sizes[lane[:2]], lane))
    places, ears = asyncio.Semaphore(SIDE_BY_SIDE), asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(route: RouteName, left: list[LaneName]) -> list[State[None]]:
        ends: list[State[None]] = []
        try:
            while left and not (ends and ends[-1].is_failed()):
                some = left[:1] if apart else left[:]
                async with places:
                    taken.awaited.difference_update(some)
                    if some[0] in later and not taken.take(some):
                        del left[0]
                        continue
                    later.difference_update(some)
                    ends.append(await send(some))
                taken.give_back(some)
                del left[: len(some)]
        finally:
            taken.give_back(lane for lane in left if lane not in later)
        if after and ends and not ends[-1].is_failed():
            async with ears:
                await after(route)
        return ends

    routes = dict.fromkeys(lane[:2] for lane in lanes)
    taken.awaited |= later
    try:
        sent = await asyncio.gather(*(one(route, [lane for lane in lanes if lane[:2] == route]) for route in routes))
    finally:
        taken.awaited -= later
    return [end for ends in sent for end in ends]
