"""Loading: what a first pass would load is there before it."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.forces.registry import Registry
from hub.settings import PROJECT, Settings

_LOADED = """
import gc, sys
from flows.loading import load_passes

wanted = ("great_expectations", "pandas", "prefect.flow_engine", "prefect.task_engine", "fastapi.encoders")
load_passes()
print([name for name in wanted if name not in sys.modules])
print(gc.get_freeze_count() > 100_000)
"""
_IS_MADE = "from hub.reports.validator import model_of; print(model_of.cache_info().currsize > 0)"


def test_the_checks_and_what_prefect_runs_with_are_there_and_passed_over() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["[]", "True", ""]


def test_what_hands_are_made_from_has_read_the_forces_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    importlib.reload(importlib.import_module("flows.loaded"))  # as its process reads it, whatever this one has read before
    monkeypatch.setattr(Registry, "_read", None)  # nobody reads them again
    settings = Settings.read()
    assert len(Registry.load(settings.mappings, settings.endpoints).forces) == 44


_EVERY_WAY = pytest.mark.parametrize("loads", ["import flows.loaded", "from flows.loading import load_passes; load_passes()"])


@_EVERY_WAY
def test_the_first_submission_that_is_not_clean_finds_its_validator_made(loads: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"{loads}; {_IS_MADE}"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@_EVERY_WAY
def test_the_first_batch_finds_the_checks_rehearsed(loads: str) -> None:
    known = "from hub.quality import engine; print(any(one.is_between_numbers for one in engine._KNOWN))"
    done = subprocess.run([sys.executable, "-c", f"{loads}; {known}"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_a_broken_file_keeps_no_hand_from_being_made(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import flows.loaded"], cwd=PROJECT, env=os.environ | {"HUB_MAPPINGS": str(tmp_path)}, check=False
    )
    assert done.returncode == 0
