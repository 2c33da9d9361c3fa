"""`soh-hub status` and `trace`: what the ledger says."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import AsJson, answer, fail
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.ledger.leases import Holder
    from hub.ledger.ledger import Ledger
    from hub.ledger.standing import Standing
    from hub.ledger.trace import Trace


def status(as_json: AsJson = False) -> None:
    """Say where each force's reports stand, what is held or quarantined, and when it last received a drop."""
    from rich.console import Console
    from rich.table import Table

    from console.alarms import as_objects, show
    from hub.ledger import alarms
    from hub.ledger.holds import paused
    from hub.ledger.leases import holders
    from hub.ledger.restoring import Uncompared
    from hub.ledger.standing import standing
    from hub.words import State

    with opened() as ledger:
        found, stand, sending, stopped = standing(ledger), alarms.standing(ledger), holders(ledger), paused(ledger)
        restored = Uncompared.of(ledger).forces
    trouble = {
        one.force: _trouble(one, sending.get(one.force, ()), is_paused=one.force in stopped, is_restored=one.force in restored)
        for one in found
    }
    if as_json:
        answer({"forces": {one.force: _standing(one) | {"trouble": trouble[one.force]} for one in found}, "alarms": as_objects(stand)})
        return
    table = Table(title="Where the reports stand", header_style="bold")
    for column in ("force", "waiting", "on their way", "in doubt", "held", "quarantined", "not acknowledged", "last delivery", "trouble"):
        table.add_column(column, justify="left" if column in ("force", "last delivery", "trouble") else "right")
    for one in found:
        states = (State.WAITING, State.SEALED, State.IN_DOUBT, State.HELD, State.QUARANTINED, State.DELIVERED)
        counts = (f"{one.states[state]:,}" if one.states.get(state) else "" for state in states)
        table.add_row(one.force, *counts, f"{one.last_delivery:%Y-%m-%d %H:%M}" if one.last_delivery else "", trouble[one.force])
    Console().print(table)
    show(stand, Console())


def trace(
    submission_id: Annotated[str, typer.Argument(help="A submission's id, or its customer reference.")], as_json: AsJson = False
) -> None:
    """Tell the whole way of one submission, field values left out."""
    from hub.ledger.trace import trace as find

    with opened() as ledger:
        found = find(ledger, submission_id)
    if not found:
        fail(f"The ledger has no submission {submission_id}. Is HUB_HOME ({Settings.read().home}) the right one?")
    if as_json:
        answer({"arrivals": [asdict(one) for one in found]})
        return
    for one in found:
        _show(one)


@contextmanager
def opened() -> "Iterator[Ledger]":
    """The ledger that the settings name, until the block ends. Ends with exit code 1 and the reason where it cannot be used."""
    from adapters.ledgers import open_ledger
    from hub.contracts import Misconfigured
    from hub.ledger.errors import LedgerUnavailable

    try:
        ledger = open_ledger(Settings.read())
    except (LedgerUnavailable, Misconfigured) as error:
        fail(str(error))
    try:
        yield ledger
    finally:
        ledger.close()


def _trouble(one: "Standing", sending: "Sequence[Holder]", *, is_paused: bool, is_restored: bool) -> str:
    """What keeps a force's reports: the last error, a pause, a restored ledger; and who is at its lanes just now."""
    at_it = sorted({f"with {holder}" for holder in sending})
    stops = ("restored: compare first" if is_restored else "", "paused" if is_paused else "")
    return ", ".join(filter(None, (one.error, *stops, *at_it)))


def _standing(one: "Standing") -> dict[str, object]:
    return {
        "states": {str(state): n for state, n in one.states.items()},
        "oldest": one.oldest,
        "sealed_drops": one.sealed_drops,
        "last_delivery": one.last_delivery,
        "error": one.error,
    }


def _show(one: "Trace") -> None:
    from rich.console import Console

    console = Console()
    console.print(
        f"[bold]{one.submission_id or 'no id'}[/bold] · {one.reference or 'no reference'} · {one.force} · {one.service} · {one.day}"
    )
    console.print(f"  picked up {one.picked_up_at:%Y-%m-%d %H:%M:%S} UTC from {one.source}, as {one.name}, SHA-256 {one.digest[:16]}…")
    for route, state in one.states.items():
        console.print(f"  {route}: [bold]{state}[/bold]")
    for step in one.steps:
        code = f" · {step.code}{f' at {step.where}' if step.where else ''}" if step.code else ""
        console.print(f"    {step.at:%Y-%m-%d %H:%M:%S}  {step.action:<10} {step.what}{code}  by {step.actor}", highlight=False)
    for drop in one.drops:
        console.print(
            f"  drop {drop.drop} ({drop.environment}) {drop.state}; attempts: {', '.join(drop.attempts) or 'none'}", highlight=False
        )
    for signal, count in one.signals.items():
        console.print(f"  signal {signal} × {count}", highlight=False)
    for told in one.acknowledgements:
        console.print(f"  acknowledged over {told}", highlight=False)
