"""Steps beside the event loop: far ends that stall while they are sent to, or asked, keep nobody else from a thread."""

import asyncio
import os
from threading import Barrier

import pytest

from flows.stage import in_thread
from flows.turns import SIDE_BY_SIDE


def test_sixteen_that_wait_leave_room_for_others_on_a_machine_of_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cpu_count", "process_cpu_count"):  # Python 3.13 asks for the other
        monkeypatch.setattr(os, name, lambda: 1, raising=False)
    all_there = Barrier(2 * SIDE_BY_SIDE + 1, timeout=20)

    async def steps() -> list[int]:
        return await asyncio.gather(*(in_thread(all_there.wait) for _ in range(all_there.parties)))

    for _ in range(2):  # each event loop has threads of its own
        assert sorted(asyncio.run(steps())) == list(range(all_there.parties))
