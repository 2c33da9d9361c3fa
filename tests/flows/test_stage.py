"""Steps beside the event loop: far ends that stall keep nobody from a thread, however few cores there are."""

import asyncio
from threading import Barrier

import pytest

from flows.stage import in_thread
from flows.turns import SIDE_BY_SIDE


def test_eight_that_wait_leave_room_for_others_on_a_machine_of_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    all_there = Barrier(SIDE_BY_SIDE + 1, timeout=20)

    async def steps() -> list[int]:
        return await asyncio.gather(*(in_thread(all_there.wait) for _ in range(all_there.parties)))

    for _ in range(2):  # each event loop has threads of its own
        assert sorted(asyncio.run(steps())) == list(range(all_there.parties))
