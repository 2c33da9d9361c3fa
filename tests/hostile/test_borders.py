"""Hostile input at the borders, from the indexes under `data/`: refused with its code or passed unharmed, in bounded time and memory."""

import pytest

from tests.hostile.borders import BORDERS
from tests.hostile.cases import Bounded, Case, cases

ALL = [pytest.param(border, case, id=f"{border}: {case.name}") for border in BORDERS for case in cases(border)]


@pytest.mark.parametrize(("border", "case"), ALL)
def test_hostile_input_is_refused_with_its_code_or_passes_unharmed(border: str, case: Case) -> None:
    with Bounded():
        assert BORDERS[border](case) == case.expect


def test_there_are_at_least_three_hundred_distinct_cases() -> None:
    found = {(border, case.at, case.told, case.body) for border in BORDERS for case in cases(border)}
    names = [(border, case.name) for border in BORDERS for case in cases(border)]
    assert len(found) == len(names) == len(set(names))
    assert len(found) >= 300
