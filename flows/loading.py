"""Loading: what passes need is there before the first of them, in a process that makes many or waits for Prefect's server anyway."""

import prefect.flow_engine
import prefect.task_engine  # noqa: F401 - both are imported by the first run of a process, else

from flows.carry import carry
from hub.garbage import pass_over
from hub.quality.checks import warm_up
from hub.reports.model import Report
from hub.reports.validator import model_of


def load_passes() -> None:
    """Load the checks, the report's validator and what Prefect leaves for a first run: two seconds or more.

    Passed over from now on. Safe in any thread.
    """
    warm_up()
    model_of(Report)
    carry.serialize_parameters({"forces": []})  # Prefect imports half a web framework to do so
    pass_over()
