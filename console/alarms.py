"""`soh-hub alarms`: what is wrong, since when, and what to do; and how `status` and `reconcile` show it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.options import AsJson, answer
from console.views import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from hub.ledger.alarms import Alarm

LAST = 1_000  # alarms that `--all` shows


def alarms(
    every: Annotated[bool, typer.Option("--all", help=f"Those that are over as well: the last {LAST:,}.")] = False, as_json: AsJson = False
) -> None:
    """Say what is wrong, since when, and what to do. Exit code 1 while an alarm stands."""
    from rich.console import Console

    from hub.ledger.alarms import ever, standing

    with opened() as ledger:
        found = ever(ledger, LAST) if every else standing(ledger)
    if as_json:
        answer({"alarms": as_objects(found)})
    else:
        show(found, Console())
        explain(found, Console())
    if any(alarm.cleared_at is None for alarm in found):
        raise typer.Exit(1)


def as_objects(found: "Sequence[Alarm]") -> list[dict[str, Any]]:
    """Each alarm as one object."""
    return [asdict(alarm.trouble) | {"raised_at": alarm.raised_at, "cleared_at": alarm.cleared_at} for alarm in found]


def show(found: "Sequence[Alarm]", console: "Console") -> None:
    """The alarms as a table; one line where there are none."""
    from rich.table import Table

    if not found:
        console.print("No alarm stands.")
        return
    table = Table(title="Alarms", header_style="bold")
    for column in ("alarm", "force", "about", "number", "detail", "since (UTC)", "over (UTC)"):
        table.add_column(column, justify="right" if column == "number" else "left")
    for alarm in found:
        trouble, over = alarm.trouble, alarm.cleared_at
        about = (trouble.kind, trouble.force, trouble.subject, f"{trouble.number:,}", trouble.detail)
        table.add_row(*about, f"{alarm.raised_at:%Y-%m-%d %H:%M}", f"{over:%Y-%m-%d %H:%M}" if over else "")
    console.print(table)


def explain(found: "Sequence[Alarm]", console: "Console") -> None:
    """What each kind says, and what to do."""
    from hub.alarms import MEANINGS

    for kind in sorted({alarm.trouble.kind for alarm in found if alarm.cleared_at is None}):
        meaning = MEANINGS[kind]
        console.print(f"[bold]{kind}[/bold]: {meaning.what} The number is of {meaning.number}. {meaning.do}", highlight=False)
