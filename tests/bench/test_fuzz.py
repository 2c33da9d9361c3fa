"""The fuzzing itself: a short run over every target, and that it finds what is there to be found."""

import pytest

from bench.fuzz import TARGETS, fuzz, run


@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_finds_no_defect(name: str) -> None:
    done = run(name, 6.0 if name == "mapping" else 1.0, 7)  # seconds: a profile's file is read and compiled step by step
    assert done.defect is None, done.defect
    assert done.inputs > 5
    assert len(done.steps) > 10  # a listing has 14: a few conditions on a name, a mode, a size and a time


def test_a_defect_is_found_and_its_input_told() -> None:
    def careless(body: bytes) -> None:
        if b"\0" in body:
            raise KeyError("careless")

    done = fuzz(careless, [b"harmless"], 5.0, 1)
    assert done.defect is not None
    assert isinstance(done.defect[0], KeyError)
    assert b"\0" in done.defect[1]
