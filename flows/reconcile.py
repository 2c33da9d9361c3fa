"""Reconcile: the account is drawn up, shown as an artifact, and must balance."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State

from flows.comparing import compare_all
from flows.stage import KEEPS_NOTHING, clock_of, count, end_of, ended, failed, holding, in_thread, its_own
from flows.tags import tag
from flows.wiring import Hub, current, hub_of_environment
from flows.zombies import say_who
from hub.discrepancies import Discrepancy
from hub.ledger.account import Account
from hub.ledger.exactness import inexact
from hub.steps import reconcile as step
from hub.steps.far_ends import Compared
from hub.steps.heads import tell_heads
from hub.words import State as Standing

MOST = 200  # discrepancies that the artifact shows
_HEADS = "The last link of each chain of the history that has grown: kept where the ledger is not, it shows what is cut off there."


@task(name="reconcile", task_run_name="reconcile", **KEEPS_NOTHING)
@holding
async def reconcile_all(day: date | None = None) -> State[None]:
    """Draw up the account and say whether it balances."""
    tag("reconcile")
    hub = current()
    found = await in_thread(_drawn_up, hub, day)
    hub.account = None if day else found.account
    name, message = _told(found)
    not_exact = [asdict(one) for one in await in_thread(inexact, hub.ledger, day)]
    moved = [asdict(head) for head in await in_thread(tell_heads, hub.ledger, hub.settings.home, hub.clock.now())]
    await asyncio.gather(
        acreate_table_artifact(rows(found.account), key="reconciliation", description=message),
        acreate_table_artifact(not_exact, key="not-carried-exactly", description="By force and kind; `soh-hub trace` has the fields."),
        *([acreate_table_artifact(moved, key="history-heads", description=_HEADS)] if moved else []),
    )
    return ended(name, message) if found.balanced else failed(name, message)


def _drawn_up(hub: Hub, day: date | None) -> step.Reconciliation:
    """By a hand, where the pass has any: it has loaded the checks, and this process need not."""
    if hub.hands:
        return hub.hands.one(lambda hand: hand.reconcile(day))
    return step.reconcile(hub.ledger, hub.registry, hub.checks, day)


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


@task(name="compare", task_run_name="compare with the far ends", **KEEPS_NOTHING)
@holding
async def compare_with_far_ends(day: date | None = None) -> State[None]:
    """Ask each far end what it holds, and say how many things do not agree, there or in the ledger itself."""
    tag("reconcile")
    hub = current()
    wrong = await in_thread(step.discrepancies, hub.ledger, hub.registry, hub.clock, day)
    compared = await in_thread(lambda: list(compare_all(hub.ledger, hub.registry, day=day)))
    wrong += [one for each in compared for one in each.discrepancies]
    name, message = _agreement(wrong, compared)
    await acreate_table_artifact([asdict(one) for one in wrong[:MOST]], key="what-does-not-agree", description=message)
    return failed(name, message) if name == "Does not agree" else ended(name, message)


def _agreement(wrong: Sequence[Discrepancy], compared: Sequence[Compared]) -> tuple[str, str]:
    """Whether the ledger and the far ends agree: the name of a state, and what it says."""
    kinds = Counter(one.kind for one in wrong)
    unasked = [f"{one.force} ({one.unreachable})" for one in compared if one.unreachable]
    message = f"{count(len(compared), 'route')} compared, {count(sum(one.found for one in compared), 'payload')} found there."
    if unasked:
        message += f" Not compared: {', '.join(unasked)}."
    if not wrong:
        return ("Partly compared" if unasked else "Agrees"), message
    told = ", ".join(f"{n:,} {kind}" for kind, n in sorted(kinds.items()))
    return "Does not agree", f"{message} {told}: `soh-hub reconcile --far-ends` names them and says what to do."


@flow(name="reconcile", flow_run_name="reconcile", persist_result=False)
async def reconcile(day: date | None = None, at: datetime | None = None, far_ends: bool = False) -> State[None]:
    """Draw up the account of one day, or of all; with `far_ends` ask the forces what they hold as well.

    Args:
        day: the day of the first pick-up, in Europe/London; default all days.
        at: take this for the time; default now.
        far_ends: compare what each far end holds with what was delivered to it.
    """
    with hub_of_environment(clock_of(at)) as hub:
        await say_who(hub.ledger)
        account = await end_of(reconcile_all(day, return_state=True))
        if not far_ends:
            return its_own(account)
        agreement = await end_of(compare_with_far_ends(day, return_state=True))
        return its_own(account if account.is_failed() else agreement)
