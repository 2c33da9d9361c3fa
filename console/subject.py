"""`soh-hub subject`: a person asks what is held about them, or that it be erased."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.onfile import registry_of
from console.options import NOW, fail, operator
from console.views import opened
from hub.reasons import EraseReason, ExportReason
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.steps.operate import Desk

subject = typer.Typer(no_args_is_help=True, help="A person asks what is held about them, or that it be erased.")
Name = Annotated[str, typer.Argument(metavar="SUBMISSION", help="A submission id, a reference, or an arrival: '#17'.")]


@subject.command()
def export(
    name: Name,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The zip file to write: in plain text, readable by you alone.")],
    reason: Annotated[ExportReason, typer.Option(help="Why.")] = ExportReason.SUBJECT_ASKED,
) -> None:
    """Write everything that is held about one submission into a zip file: bytes, history, acknowledgements, notices."""
    from hub.steps.subject import export as act

    with _desk(reason) as desk:
        try:
            missing = act(desk, name, to)
        except OSError as error:
            fail(f"{error.filename or to} cannot be written: {error.strerror}.")
    for one in missing:
        typer.echo(one, err=True)
    typer.echo(f"{to} has everything that is held about {name}{', but what is named above' if missing else ''}. It is not encrypted.")


@subject.command()
def erase(
    name: Name,
    reason: Annotated[EraseReason, typer.Option(help="Why.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say whether it could be erased, and erase nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask back.")] = False,
) -> None:
    """Erase everything that is held about one submission but its history and counts, for good."""
    from hub.steps.subject import erase as act

    if not (dry_run or yes or typer.confirm(f"Everything held about {name} is erased, for good. Go on?", err=True)):
        fail("Nothing was erased.")
    with _desk(reason, dry_run=dry_run) as desk:
        done = act(desk, name)
    for one in done.refused:
        typer.echo(f"{one.name}: not erased, for {one.why}", err=True)
    typer.echo(f"{done.changed:,} {'would be ' if dry_run else ''}erased.")
    if done.refused:
        raise typer.Exit(1)


@contextmanager
def _desk(reason: str, *, dry_run: bool = False) -> "Iterator[Desk]":
    """Ends with exit code 1 and the reason where it cannot be done."""
    from hub.ledger.errors import LedgerUnavailable
    from hub.steps.operate import Desk, NotDone

    registry = registry_of(Settings.read())
    with opened() as ledger:
        try:
            yield Desk(ledger, registry, NOW, operator(), reason, dry_run)
        except (NotDone, LedgerUnavailable) as error:
            fail(str(error))
