"""Retention: every night the bytes of reports whose time is up are erased, by mappings/retention.yaml."""

from datetime import datetime

from prefect import flow, task
from prefect.client.schemas.objects import State

from flows.stage import KEEPS_NOTHING, clock_of, count, end_of, ended, holding, in_thread, its_own
from flows.tags import tag
from flows.wiring import current, hub_of_environment, running
from hub.retention import FILE, read_retention
from hub.steps import retention as step


@flow(name="retention", flow_run_name="retention", persist_result=False)
async def retention(at: datetime | None = None, only_look: bool = False) -> State[None]:
    """Erase the bytes of reports whose time is up; their history, counts and identifiers stay.

    Args:
        at: take this for the time; default now.
        only_look: say what it would erase, and erase nothing.
    """
    with hub_of_environment(clock_of(at)) as hub, running(hub):
        return its_own(await end_of(erase_what_is_due(only_look, return_state=True)))


@task(name="erase what is due", task_run_name="erase what is due", **KEEPS_NOTHING)
@holding
async def erase_what_is_due(only_look: bool) -> State[None]:
    """Erase by the rules, and destroy the data keys that sealed nothing else."""
    tag("retention")
    hub = current()
    rules = read_retention(hub.settings.mappings)
    if rules is None:
        return ended("Nothing to do", f"There is no {FILE} beside the forces: nothing is erased without it.")
    done = await in_thread(step.apply, hub.ledger, rules, hub.clock, dry_run=only_look)
    would = "would be erased" if only_look else "erased"
    message = (
        f"{count(done.reports.total(), 'report')} and {count(done.notices, 'notice')} {would}; {count(done.keys, 'data key')} destroyed."
    )
    return ended("Only looked" if only_look else "Erased", message) if done.reports or done.notices else ended("Nothing to do", message)
