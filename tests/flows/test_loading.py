"""Loading: what a first pass would load is there before it."""

import subprocess
import sys

from hub.settings import PROJECT

_LOADED = """
import gc, sys
from flows.loading import load_passes

wanted = ("great_expectations", "pandas", "prefect.flow_engine", "prefect.task_engine", "fastapi.encoders")
load_passes()
print([name for name in wanted if name not in sys.modules])
print(gc.get_freeze_count() > 100_000)
"""


def test_the_checks_and_what_prefect_runs_with_are_there_and_passed_over() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["[]", "True", ""]
