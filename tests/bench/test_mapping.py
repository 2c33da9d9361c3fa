"""The measure of mapping is fair: what is written by hand makes exactly what the field map makes."""

import json

import pytest

from bench.by_hand.writing import Codes, Nodes, Signals
from bench.mapping import BY_HAND, Measured, _codes, _reports, assert_the_same, main
from hub.forces.profiles import load_profile
from hub.garbage import pass_over
from hub.reports.model import Report
from tests.mappings.conftest import MAPPINGS


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_what_is_written_by_hand_is_the_same(name: str) -> None:
    profile = load_profile(MAPPINGS / "profiles" / name)
    assert_the_same(profile, _reports(200, profile.file.models), BY_HAND[name], _codes(profile))


def test_a_difference_is_found() -> None:
    profile = load_profile(MAPPINGS / "profiles" / "athena-style")

    def wrong(report: Report, codes: Codes) -> tuple[Nodes, Signals]:
        nodes, signals = BY_HAND["athena-style"](report, codes)
        return nodes[1:], signals

    with pytest.raises(AssertionError, match="athena-style"):
        assert_the_same(profile, _reports(1, ["crime"]), wrong, _codes(profile))


def test_every_profile_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    pass_over()  # between two rounds garbage is collected, and what other tests have loaded is much
    main(["--json", "--reports", "5", "--rounds", "1"])
    found = {one["profile"]: one for one in json.loads(capsys.readouterr().out)}
    assert {name for name, one in found.items() if one["ratio"]} == set(BY_HAND)
    assert {path.name for path in (MAPPINGS / "profiles").iterdir()} <= set(found)
    assert [Measured("x", 1, 1, ratio).within for ratio in (1.5, 1.51, None)] == [True, False, True]
