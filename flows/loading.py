"""Loading: what passes need is there before the first of them, in a process that makes many or waits for Prefect's server anyway."""

from contextlib import suppress

import prefect.flow_engine
import prefect.task_engine  # noqa: F401 - both are imported by the first run of a process, else

from flows.carry import carry
from hub.garbage import pass_over
from hub.quality.checks import Checks, warm_up
from hub.reports.model import Report
from hub.reports.validator import model_of
from hub.settings import Settings


def load_passes() -> None:
    """Load the checks, the report's validator and what Prefect leaves for a first run, and rehearse the checks that the environment
    names: two seconds or more.

    Passed over from now on. Safe in any thread.
    """
    warm_up()
    with suppress(Exception):  # whatever is wrong with a suite, the hub says when it is opened
        Checks.load(Settings.read().expectations).rehearse()
    model_of(Report)
    carry.serialize_parameters({"forces": []})  # Prefect imports half a web framework to do so
    pass_over()
