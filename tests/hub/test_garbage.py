"""Garbage: a process of the hub collects it seldom, and still does."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from hub.garbage import uncollected
from hub.settings import PROJECT

_MADE = """
import gc, weakref
from hub.garbage import collect_seldom

class Round:
    pass

collect_seldom()
gc.collect()
ours = Round()
ours.itself = ours
gone = weakref.ref(ours)
del ours
some = []
while gone() is not None:
    some.append([])
print(len(some))
"""

_LAST_LOOK = """
import gc, os, sys
from hub.garbage import collect_seldom

if sys.argv[1] == "seldom":
    collect_seldom()
gc.callbacks.append(lambda phase, _: phase == "start" and os.write(1, str(gc.get_freeze_count() > 1_000).encode()))
"""


def test_garbage_is_collected_after_some_thousand_objects() -> None:
    assert 15_000 < int(_said(_MADE)) <= 20_000


def test_a_process_that_ends_looks_at_nothing_any_more() -> None:
    assert _said(_LAST_LOOK, "seldom") == "True"
    assert _said(_LAST_LOOK, "as it comes") == "False"  # which shows that the other is no accident


def test_nothing_is_looked_for_meanwhile_and_all_is_again_afterwards(looks: list[str]) -> None:
    with uncollected():
        some: list[list[int]] = [[] for _ in range(100_000)]
        assert looks == []
    assert gc.isenabled()
    some += [[] for _ in range(100_000)]
    assert looks


def test_garbage_is_looked_for_again_when_the_work_broke_off() -> None:
    with pytest.raises(RuntimeError), uncollected():
        raise RuntimeError
    assert gc.isenabled()


def test_who_collects_nothing_anyway_is_left_to_it() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.fixture
def looks() -> Iterator[list[str]]:
    """Each time that garbage is looked for by itself."""
    gc.collect()
    seen: list[str] = []

    def told(phase: str, _: dict[str, int]) -> None:
        seen.append(phase)

    gc.callbacks.append(told)
    yield seen
    gc.callbacks.remove(told)


def _said(code: str, *words: str) -> str:
    return subprocess.run([sys.executable, "-c", code, *words], cwd=PROJECT, capture_output=True, text=True, check=True).stdout.strip()
