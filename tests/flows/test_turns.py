"""Whose turn it is: urgent lanes first, one lane of a route at a time, and an urgent lane is anybody's until its turn has come."""

import asyncio
from collections.abc import Mapping, Sequence

from prefect.client.schemas.objects import State

from flows.stage import ended, failed
from flows.taken import Taken
from flows.turns import SIDE_BY_SIDE, in_turn
from hub.ledger.dispatching import LaneName
from hub.schedule import RouteName
from hub.words import Lane

KENT, ESSEX = ("kent", "records-system"), ("essex", "records-system")


def lane(route: tuple[str, str], which: Lane) -> LaneName:
    return (*route, which)


def sent(
    taken: Taken[LaneName], wanted: Sequence[LaneName] | Mapping[LaneName, int], *, apart: bool, breaks: Sequence[LaneName] = ()
) -> list[list[LaneName]]:
    """What was sent together, in order. After a route was sent to it is nobody's."""
    found: list[list[LaneName]] = []
    after: list[RouteName] = []

    async def over(route: RouteName) -> None:
        assert not any(lane in taken for lanes in found for lane in lanes if lane[:2] == route)
        after.append(route)

    async def send(lanes: Sequence[LaneName]) -> State[None]:
        found.append(list(lanes))
        assert all(one in taken for one in lanes)
        await asyncio.sleep(0)
        return failed("Held", "") if lanes[0] in breaks else ended("Delivered", "")

    sizes = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted, 1)
    asyncio.run(in_turn(taken, sizes, send, over, apart=apart))
    assert sorted(after) == sorted({lanes[0][:2] for lanes in found} - {broken[:2] for broken in breaks})
    return found


def test_urgent_lanes_go_first_and_each_by_itself() -> None:
    taken = Taken[LaneName]()
    wanted = [lane(route, which) for route in (KENT, ESSEX) for which in Lane]
    order = sent(taken, wanted, apart=True)
    assert order == [[lane(route, which)] for which in (Lane.URGENT, Lane.ROUTINE) for route in (ESSEX, KENT)]
    assert not any(one in taken or one in taken.awaited for one in wanted)
    assert sent(taken, wanted, apart=False) == [[lane(route, Lane.URGENT), lane(route, Lane.ROUTINE)] for route in (ESSEX, KENT)]
    assert not any(one in taken for one in wanted)


def test_the_route_with_most_to_send_goes_first_so_that_it_is_not_left_alone_at_the_end() -> None:
    gwent = ("gwent", "records-system")
    sizes = {lane(ESSEX, Lane.ROUTINE): 5, lane(ESSEX, Lane.URGENT): 1, lane(KENT, Lane.ROUTINE): 500, lane(KENT, Lane.URGENT): 1}
    wanted = sizes | {lane(gwent, Lane.ROUTINE): 9_000}
    assert [lanes[0][0] for lanes in sent(Taken(), wanted, apart=False)] == ["kent", "essex", "gwent"]  # what is urgent goes before
    assert [lanes[0][0] for lanes in sent(Taken(), {lane(KENT, Lane.ROUTINE): 5, lane(gwent, Lane.ROUTINE): 3}, apart=True)] == [
        "kent",
        "gwent",
    ]


def test_what_somebody_is_at_is_left_and_what_failed_is_not_followed() -> None:
    taken = Taken[LaneName]()
    taken.take([lane(ESSEX, Lane.URGENT), lane(KENT, Lane.ROUTINE)])
    wanted = [lane(route, which) for route in (KENT, ESSEX) for which in Lane]
    assert sent(taken, wanted, apart=True) == [[lane(ESSEX, Lane.ROUTINE)], [lane(KENT, Lane.URGENT)]]
    assert lane(ESSEX, Lane.URGENT) in taken
    taken = Taken()
    assert sent(taken, wanted[:2], apart=True, breaks=[lane(KENT, Lane.URGENT)]) == [[lane(KENT, Lane.URGENT)]]
    assert not any(one in taken or one in taken.awaited for one in wanted)


def test_an_urgent_lane_whose_turn_has_not_come_is_free_for_another_pass() -> None:
    taken, go_on = Taken[LaneName](), asyncio.Event()
    wanted = [lane((f"force-{number:02}", "records-system"), Lane.URGENT) for number in range(SIDE_BY_SIDE + 2)]
    first, begun = list[LaneName](), list[LaneName]()

    async def slow(lanes: Sequence[LaneName]) -> State[None]:
        first.extend(lanes)
        await go_on.wait()
        return ended("Delivered", "")

    async def quick(lanes: Sequence[LaneName]) -> State[None]:
        begun.extend(lanes)
        return ended("Delivered", "")

    async def scenario() -> None:
        large = asyncio.create_task(in_turn(taken, dict.fromkeys(wanted, 1), slow, apart=True))
        while len(first) < SIDE_BY_SIDE:
            await asyncio.sleep(0)
        assert taken.awaited == set(wanted[SIDE_BY_SIDE:])
        await in_turn(taken, dict.fromkeys([wanted[0], wanted[-1]], 1), quick, apart=True)
        go_on.set()
        await large

    asyncio.run(scenario())
    assert begun == [wanted[-1]]
    assert first == wanted  # where the other was done already, there is nothing left to send
    assert not any(one in taken or one in taken.awaited for one in wanted)


def test_no_more_far_ends_are_listened_to_at_once_than_are_sent_to() -> None:
    wanted = [lane((f"force-{number:02}", "records-system"), Lane.ROUTINE) for number in range(3 * SIDE_BY_SIDE)]
    listening = most = 0

    async def send(_: Sequence[LaneName]) -> State[None]:
        return ended("Delivered", "")

    async def listen(_: RouteName) -> None:
        nonlocal listening, most
        listening += 1
        most = max(most, listening)
        await asyncio.sleep(0.01)
        listening -= 1

    asyncio.run(in_turn(Taken(), dict.fromkeys(wanted, 1), send, listen, apart=False))
    assert most == SIDE_BY_SIDE
