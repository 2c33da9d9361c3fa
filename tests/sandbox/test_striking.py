"""Whether a fault strikes: how often, by chance, where, and that it is counted."""

from pathlib import Path

import pytest

from sandbox.faults import KINDS, Fault, at_random, parse, set_faults, struck
from sandbox.stands import HABITS
from sandbox.striking import Faults
from tests.sandbox.far_ends import JSON_POSTS, NEIGHBOUR, XML_DROPS


def strokes(folder: Path, fault: Fault, times: int = 300) -> list[bool]:
    set_faults(folder, fault)
    faults = Faults(folder)
    return [faults.strikes(fault.kind, "post", JSON_POSTS) is not None for _ in range(times)]


def test_the_same_seed_strikes_at_the_same_requests(tmp_path: Path) -> None:
    fault = Fault("reset", probability=0.2, seed=7)
    first = strokes(tmp_path, fault)
    assert strokes(tmp_path, fault) == first
    assert strokes(tmp_path, Fault("reset", probability=0.2, seed=8)) != first
    assert 30 < sum(first) < 90


def test_what_others_do_meanwhile_does_not_change_a_stands_luck(tmp_path: Path) -> None:
    set_faults(tmp_path, Fault("stall", at="connect", probability=0.3, seed=7))
    alone, among = Faults(tmp_path), Faults(tmp_path)
    lonely = [alone.strikes("stall", "connect", XML_DROPS) is not None for _ in range(100)]
    crowded = []
    for _ in range(100):
        among.strikes("stall", "connect", NEIGHBOUR)
        crowded.append(among.strikes("stall", "connect", XML_DROPS) is not None)
    assert lonely == crowded


def test_times_every_and_points_are_kept(tmp_path: Path) -> None:
    assert strokes(tmp_path, Fault("reset", every=3, times=2), 12) == [False, False, True] * 2 + [False] * 6
    assert not any(strokes(tmp_path, Fault("reset", at="find"), 3))
    assert not any(strokes(tmp_path, Fault("reset", force="kent"), 3))


def test_every_stroke_is_counted_and_a_habit_is_none(tmp_path: Path) -> None:
    strokes(tmp_path, Fault("reset", times=4))
    set_faults(tmp_path, Fault("collects", force="kent"))
    faults = Faults(tmp_path)
    assert faults.has("collects", XML_DROPS)
    assert not faults.has("collects", NEIGHBOUR)
    assert struck(tmp_path) == {"reset": 4}


def test_a_chaos_run_has_only_what_passes_by_itself() -> None:
    kinds = {fault.kind for fault in at_random(3)}
    assert kinds < KINDS.keys()
    assert not kinds & {"wrong-host-key", "expired-certificate", "password-refused", "permission-denied", "refuse", "reject", "silent"}
    assert {fault.status for fault in at_random(3) if fault.kind == "status"} == {429, 500, 503}


def test_a_fault_is_read_as_it_is_written() -> None:
    assert parse("drip:kent,seconds=0.5,every=2") == Fault("drip", force="kent", seconds=0.5, every=2)
    assert [parse(kind).kind for kind in (*KINDS, *HABITS)] == [*KINDS, *HABITS]


def test_a_fault_strikes_only_where_it_can() -> None:
    with pytest.raises(ValueError, match="wrong-host-key does not strike at 'post'"):
        Fault("wrong-host-key", at="post")
