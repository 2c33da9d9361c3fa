"""Reconcile: the account is drawn up, shown as an artifact, and must balance."""

from dataclasses import asdict
from datetime import date, datetime

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State

from flows.stage import KEEPS_NOTHING, clock_of, count, end_of, ended, failed, holding, in_thread
from flows.tags import tag
from flows.wiring import current, hub_of_environment
from hub.ledger.account import Account
from hub.ledger.exactness import inexact
from hub.steps import reconcile as step
from hub.steps.heads import tell_heads
from hub.words import State as Standing

_HEADS = "The last link of each chain of the history that has grown: kept where the ledger is not, it shows what is cut off there."


@task(name="reconcile", task_run_name="reconcile", **KEEPS_NOTHING)
@holding
async def reconcile_all(day: date | None = None) -> State[None]:
    """Draw up the account and say whether it balances."""
    tag("reconcile")
    hub = current()
    found = await in_thread(step.reconcile, hub.ledger, hub.registry, hub.checks, day)
    hub.account = None if day else found.account
    await acreate_table_artifact(rows(found.account), key="reconciliation", description=_told(found)[1])
    not_exact = [asdict(one) for one in await in_thread(inexact, hub.ledger, day)]
    await acreate_table_artifact(not_exact, key="not-carried-exactly", description="By force and kind; `soh-hub trace` has the fields.")
    moved = await in_thread(tell_heads, hub.ledger, hub.settings.home, hub.clock.now())
    if moved:
        await acreate_table_artifact([asdict(head) for head in moved], key="history-heads", description=_HEADS)
    name, message = _told(found)
    return ended(name, message) if found.balanced else failed(name, message)


def rows(account: Account) -> list[dict[str, object]]:
    """The account as a table: a row for each force, a column for each state that occurs. Counts alone."""
    states = list(account.totals())
    table: list[dict[str, object]] = []
    for force in account.forces():
        counted = account.of_force(force)
        table.append({"force": force, "picked up": sum(counted.values())} | {state: counted.get(state, 0) for state in states})
    for force, route in sorted({(force, route) for force, route, _ in account.copies}):
        table.append({"force": f"{force}, copy: {route}"} | {state: account.copies[force, route, state] for state in states})
    return table


def _told(found: step.Reconciliation) -> tuple[str, str]:
    account = found.account
    states = ", ".join(f"{number:,} {state}" for state, number in account.totals().items())
    message = f"{count(account.total, 'submission')}: {states or 'none'}."
    if not found.balanced:
        return "Unbalanced", f"{message} {count(len(account.differences), 'cell')} differ: `soh-hub reconcile` names them."
    if found.volumes:
        message += f" {count(len(found.volumes), 'force')} with an unusual volume."
    return ("Partly quarantined" if account.totals().get(Standing.QUARANTINED) else "Balanced"), message


@flow(name="reconcile", flow_run_name="reconcile", persist_result=False)
async def reconcile(day: date | None = None, at: datetime | None = None) -> State[None]:
    """Draw up the account of one day, or of all.

    Args:
        day: the day of the first pick-up, in Europe/London; default all days.
        at: take this for the time; default now.
    """
    with hub_of_environment(clock_of(at)):
        return await end_of(reconcile_all(day, return_state=True))
