"""The national month in its short form: what it tells, and that everything is carried and balances. No time is judged here."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.settings import PROJECT

REPORTS, ALONE = 300, 20
pytestmark = pytest.mark.timeout(900)  # three times stand-ins, and a Prefect server

SAID = {
    "reports",
    "wall_s",
    "reports_per_s",
    "bare_script_s",
    "ratio",
    "hub_cpu_s",
    "stand_in_cpu_s",
    "prefect_cpu_s",
    "peak_rss_mb",
    "stages",
    "rest_requests",
    "stand_ins_alone",
    "balanced",
    "intake",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("month")
    command = [sys.executable, "-m", "bench.national_month", "--json", "--reports", str(REPORTS), "--alone", str(ALONE)]
    places = ["--folder", str(folder), "--intakes", str(folder / "intakes")]
    ran = subprocess.run([*command, *places], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return orjson.loads(ran.stdout)


def test_a_month_is_carried_whole_and_balances(told: Any) -> None:
    assert told["account"] == {"accepted": REPORTS}
    assert told["balanced"]
    assert (told["held"], told["held_twice"]) == (REPORTS, 0)
    assert 0 < told["rest_requests"] < REPORTS


def test_a_month_is_told_with_what_it_took(told: Any) -> None:
    assert told.keys() >= SAID
    assert {"pick up", "prepare", "deliver", "confirm", "reconcile"} <= told["stages"].keys()
    assert {"hub", "Prefect's server", "stand-ins: sandbox.rest", "stand-ins: sandbox.sftp"} <= told["peak_rss_mb"].keys()
    assert len(told["stand_ins_alone"]) == 6
    assert told["ratio"] == pytest.approx(told["wall_s"] / told["bare_script_s"], abs=0.01)
