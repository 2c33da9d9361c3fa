"""The chaos run in its short form, on both ledgers: `docs/chaos.md` has the long one."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.settings import PROJECT

KILLS, FAULTS, REPORTS = 3, 6, 150


def _run(folder: Path, *arguments: str) -> Any:
    """One run with its verdict. A command of its own: what it forks must have opened nothing, and a test process has."""
    command = [sys.executable, "-m", "bench.chaos", "--json", "--reports", str(REPORTS), "--kills", str(KILLS), "--faults", str(FAULTS)]
    ran = subprocess.run(
        [*command, "--portions", "3", "--folder", str(folder), *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return orjson.loads(ran.stdout)


@pytest.mark.parametrize(("ledger", "workers", "seed"), [("sqlite", 2, 11), ("postgresql", 3, 12)])
def test_far_ends_that_fail_and_workers_that_are_killed_lose_nothing_and_double_nothing(
    tmp_path: Path, ledger: str, workers: int, seed: int
) -> None:
    told = _run(tmp_path, "--ledger", ledger, "--workers", str(workers), "--seed", str(seed))
    wrong = ("lost", "duplicated", "altered", "out_of_sequence", "in_doubt", "wrong_outcomes")
    assert {name: told[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert told["balanced"]
    assert (told["seed"], told["reports"], told["ledger"], told["workers"]) == (seed, REPORTS, ledger, workers)
    assert told["kills"] >= KILLS
    assert told["faults"] >= FAULTS
    assert list(tmp_path.iterdir()) == []  # a run that is right leaves nothing behind
