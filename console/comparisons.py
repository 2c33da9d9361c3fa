"""How what does not agree is shown, and how each far end compares with the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hub.discrepancies import MEANINGS, Discrepancy
from hub.steps.far_ends import Compared

MOST = 50  # discrepancies that are shown; the JSON has all


def as_objects(found: Iterable[Discrepancy]) -> list[dict[str, Any]]:
    """Each discrepancy as one object."""
    return [asdict(one) for one in found]


def ends_as_object(compared: Sequence[Compared] | None) -> dict[str, Any]:
    """`far_ends`, a list of the routes that were compared; nothing where none was asked."""
    if compared is None:
        return {}
    return {"far_ends": [{name: value for name, value in asdict(one).items() if name != "discrepancies"} for one in compared]}


def show(found: Sequence[Discrepancy], compared: Sequence[Compared] | None, console: Console) -> None:
    """The discrepancies with what to do about each kind, then the far ends; a line where everything agrees."""
    if compared is not None:
        _show_ends(compared, console)
    if not found:
        console.print("[green]Nothing else was found that does not agree.[/green]")
        return
    table = Table(title="What does not agree", header_style="bold")
    for column in ("what", "force", "route", "which", "detail"):
        table.add_column(column, overflow="fold")
    for one in found[:MOST]:
        table.add_row(one.kind, one.force, one.route, escape(one.subject), escape(one.detail))
    console.print(table)
    if len(found) > MOST:
        console.print(f"And {len(found) - MOST:,} more: `soh-hub reconcile --json` has them all.")
    for kind in sorted({one.kind for one in found}):
        console.print(f"[bold]{kind}[/bold]: {MEANINGS[kind].what} {MEANINGS[kind].do}", highlight=False)


def _show_ends(compared: Sequence[Compared], console: Console) -> None:
    table = Table(title="What the far ends hold", header_style="bold")
    for column in ("force", "route", "there", "acknowledged", "cannot be told", "does not agree", "what else lies there"):
        table.add_column(column, justify="left" if column in ("force", "route", "what else lies there") else "right")
    for one in compared:
        counts = (one.found, one.acknowledged, one.untold, len(one.discrepancies))
        table.add_row(one.force, one.route, *(f"{n:,}" if n else "" for n in counts), _listed(one))
    console.print(table)


def _listed(one: Compared) -> str:
    if one.unreachable:
        return f"[red]not compared: {one.unreachable}[/red]"
    return f"cannot be listed: {one.unlisted}" if one.unlisted else "listed"
