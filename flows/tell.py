"""Tell: the platform hears what became of the submissions. What it cannot be told now, the next pass tells it."""

from prefect import get_run_logger, task
from prefect.client.schemas.objects import State

from flows.stage import KEEPS_NOTHING, count, ended, in_thread
from flows.tags import tag
from flows.wiring import Hub, current
from hub.contracts import Misconfigured
from hub.steps import tell as step


@task(name="tell", task_run_name="tell the platform", **KEEPS_NOTHING)
async def tell_platform() -> State[None]:
    """Tell the platform every outcome that it may not know."""
    tag("tell")
    done = await in_thread(_tell, current())
    if done.stopped:
        get_run_logger().warning("The platform could not be told everything: %s. The next pass goes on.", done.stopped)
    return ended(*_told(done))


def _tell(hub: Hub) -> step.Told:
    try:
        platform = hub.platform()
    except Misconfigured as error:
        return step.Told(stopped=error.code)
    return step.tell(hub.ledger, platform, hub.registry.code_of, hub.clock) if platform else step.Told()


def _told(done: step.Told) -> tuple[str, str]:
    message = f"{count(done.outcomes, 'outcome')} told in {count(done.notices, 'notice')}."
    if done.refused:
        message += f" {count(done.refused, 'notice')} refused: ask the platform's team; `soh-hub alarms` names the first."
    if done.stopped:
        return "Not told", f"{message} The platform cannot be told more now ({done.stopped}); the next pass goes on."
    if done.refused:
        return "Partly refused", message
    return ("Told", message) if done.notices else ("Nothing to do", "There is no outcome that the platform has not been told.")
