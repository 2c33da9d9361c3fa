"""`soh-hub trace`: the way of one submission; and the ledger that commands open."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import AsJson, answer, fail
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.ledger.ledger import Ledger
    from hub.ledger.trace import Trace


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
