"""Prepare: what waits is checked, mapped, encoded, validated and sealed, all forces at once."""

from collections.abc import Mapping
from datetime import datetime

from prefect import flow, task
from prefect.client.schemas.objects import State

from flows.hands import shares_of, together
from flows.stage import KEEPS_NOTHING, clock_of, count, end_of, ended, holding, in_thread, its_own
from flows.tags import tag
from flows.wiring import Hub, current, hub_of_environment
from flows.zombies import say_who
from hub.ledger.dispatching import serve
from hub.ledger.leases import Holder, with_others
from hub.ledger.queue import NotYet
from hub.schedule import route_name
from hub.steps import prepare as step
from hub.steps.slots import done_with, seal_empty_drops, waits_for_its_slot
from hub.words import Lane

SHARES = 3  # of each hand: who is done first takes another


@task(name="prepare", task_run_name="prepare what waits", **KEEPS_NOTHING)
async def prepare_all(forces: list[str] | None = None, due: list[str] | None = None) -> State[None]:
    """Seal what may leave into drops, and set aside what cannot go on (`prepare_waiting`)."""
    tag("prepare")
    return await prepare_waiting(forces, due)


@holding
async def prepare_waiting(forces: list[str] | None, due: list[str] | None) -> State[None]:
    """Seal what may leave into drops; what cannot go on is set aside with its code. Then the routes that were due are served.

    Where the pass may not take long, only those are of which nothing waits any more: the next pass goes on with the others.
    """
    hub = current()

    def report(done: int) -> None:
        hub.progress("prepare", done, None)

    now, today = hub.clock.now(), hub.clock.today()
    routes = None if due is None else [route_name(name) for name in due]
    not_yet = None if routes is None else waits_for_its_slot(hub.registry, routes, today)
    by_hands = await in_thread(_by_hands, hub, forces, not_yet) if hub.hands else []
    time_is_over = any(one.unfinished for one in by_hands)
    done = await in_thread(
        step.prepare,
        hub.ledger,
        hub.registry,
        hub.format_of,
        hub.checks,
        hub.clock,
        encryption_of=hub.encryption_of,
        forces=forces,
        not_yet=not_yet,
        begin_for=0.0 if time_is_over else hub.bounds.prepares_for,
        progress=report,
    )
    done = together([done, *by_hands])
    if routes and done.unfinished:
        routes = await in_thread(done_with, hub.ledger, hub.registry, routes, today)
    if routes:
        done.drops += await in_thread(seal_empty_drops, hub.ledger, hub.registry, hub.format_of, routes, now, today, hub.encryption_of)
        await in_thread(serve, hub.ledger, routes, now)
    others = await in_thread(with_others, hub.ledger)
    return ended(*_told(done)) if others is None else ended(*_told_of_others(done, *others))


def _told_of_others(done: step.Prepared, reports: int, holder: Holder) -> tuple[str, str]:
    """The same, where other workers have taken on what waits."""
    name, message = _told(done)
    nothing = name == "Nothing to do"
    others = f"{count(reports, 'waiting report')} with another worker: {holder}."
    return ("Held: another worker", others) if nothing else (name, f"{message} {others}")


def _by_hands(hub: Hub, forces: list[str] | None, not_yet: Mapping[Lane, NotYet] | None) -> list[step.Prepared]:
    """Each force by one of them, which has its drops and checks them together; what is left after them is done here."""
    assert hub.hands  # noqa: S101 - its caller has looked
    shares = shares_of(hub, forces, SHARES * hub.hands.number)
    each_for = None if hub.bounds.prepares_for is None else hub.bounds.prepares_for / SHARES
    return hub.hands.each(shares, lambda hand, share: hand.prepare(share, not_yet, each_for))


def _told(done: step.Prepared) -> tuple[str, str]:
    if not (done.drops or done.quarantined or done.held):
        return "Nothing to do", "No report waits."
    message = f"{count(done.sealed, 'report')} sealed in {count(done.drops, 'drop')}."
    if done.held:
        message += f" {count(done.held, 'report')} held."
    if not done.quarantined:
        return "Sealed", message
    codes = ", ".join(f"{code} {number}" for code, number in done.codes.most_common(10))
    return "Partly quarantined", f"{message} {count(done.quarantined, 'report')} quarantined: {codes}. See the quarantine worklist."


@flow(name="prepare", flow_run_name="prepare what waits", persist_result=False)
async def prepare(forces: list[str] | None = None, at: datetime | None = None) -> State[None]:
    """Check, map and seal what waits.

    Args:
        forces: only these forces; default all.
        at: take this for the time; default now.
    """
    with hub_of_environment(clock_of(at)) as hub:
        await say_who(hub.ledger)
        return its_own(await end_of(prepare_all(forces, return_state=True)))
