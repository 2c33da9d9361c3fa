"""`soh-hub audit`: whether the history is as it was written, and the least rights that the hub needs."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import AsJson, answer, fail
from console.views import opened
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.ledger.audit import Audit
    from hub.ledger.chain import Head
    from hub.ledger.ledger import Ledger

SHOWN = 100  # findings that people are shown; --json has all

audit = typer.Typer(no_args_is_help=True, help="Prove that the history is as it was written.")


@audit.command()
def verify(
    heads: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Heads that were told outside the database; default the hub's own file of them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Follow the chain of each force's history, and name what was changed, removed, inserted or cut off. Exit code 0 only if nothing."""
    from hub.ledger import audit as history

    with opened() as ledger:
        noted, passed_over = _told(ledger, heads)
        found = history.verify(ledger, noted)
    if as_json:
        answer(asdict(found) | {"sound": found.sound, "lines_passed_over": passed_over})
    else:
        _show(found, passed_over)
    if not found.sound:
        raise typer.Exit(1)


@audit.command()
def rights(role: Annotated[str, typer.Argument(help="The PostgreSQL role that the hub's workers connect as.")]) -> None:
    """Print the SQL that gives a role what the hub needs and no more: it can neither alter history nor the tables."""
    from hub.ledger.rights import statements

    try:
        for statement in statements(role):
            typer.echo(f"{statement};")
    except ValueError as error:
        fail(str(error))


def _told(ledger: "Ledger", file: Path | None) -> "tuple[list[Head], int]":
    """The heads of a file. The hub's own is not there before the first pass; one that was named must be."""
    from hub.steps.heads import NAME, told

    try:
        return told(file or Settings.read().home / NAME, ledger.series)
    except FileNotFoundError as error:
        return fail(f"{file}: {error.strerror}") if file else ([], 0)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


def _show(found: "Audit", passed_over: int) -> None:
    for one in found.findings[:SHOWN]:
        where = (("link", one.link), ("change", one.change), ("event", one.event))
        typer.echo(f"{one.kind}: {one.force}, {', '.join(f'{name} {n}' for name, n in where if n is not None)}: {one.what}")
    if len(found.findings) > SHOWN:
        typer.echo(f"and {len(found.findings) - SHOWN:,} more: --json has all")
    typer.echo(f"The history is {'' if found.sound else 'NOT '}as it was written: {len(found.findings):,} findings.")
    typer.echo(f"{found.events:,} events in {found.links:,} links; {found.told:,} heads told outside the database.")
    notes = (
        (found.without_key, "links are sealed without a key: whoever writes to the database can seal anew (HUB_HISTORY_KEYS)"),
        (found.waiting, "links wait for the next pass to chain them: one that is removed meanwhile is not missed"),
        (passed_over, "lines of the heads' file are another ledger's, or unreadable"),
    )
    for number, note in notes:
        if number:
            typer.echo(f"{number:,} {note}.")
