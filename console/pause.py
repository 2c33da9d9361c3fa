"""`soh-hub pause`, `resume` and `probe`: a force or a far end gets nothing for a while, or is tried now, because an operator says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from console.onfile import hold_to_forces, registry_of
from console.options import fail, operator
from console.views import opened
from hub.reasons import ProbeReason
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.ledger.changes import Author
    from hub.ledger.ledger import Ledger
    from hub.steps.operate import Desk

_LONGEST = 200  # characters of a reason that the ledger keeps

What = Annotated[str, typer.Argument(metavar="FORCE|ENDPOINT", help="A force, as its file is called: kent; or a far end: athena/live.")]
Reason = Annotated[str, typer.Option(help="Why, for the history: no personal data.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would change, and change nothing.")]


def pause(what: What, reason: Reason, dry_run: DryRun = False) -> None:
    """Hold everything for a force, or for a far end, until it is resumed: a drop on its way now still ends."""
    from hub.ledger import holds
    from hub.steps.operate_endpoints import pause_endpoint

    if "/" in what:
        done = _endpoint(what, reason, pause_endpoint, dry_run=dry_run)
    else:
        hold_to_forces(Settings.read(), [what])
        done = _force(what, "pause", reason, holds.pause, dry_run=dry_run)
    if not done:
        fail(f"{what} is paused already.")
    typer.echo(f"{what} would be paused." if dry_run else f"{what} is paused: its reports are held. To go on: soh-hub resume {what}")


def resume(what: What, reason: Reason = "", dry_run: DryRun = False) -> None:
    """Let a paused force or far end go on: what was due meanwhile leaves with the next pass."""
    from hub.ledger import holds
    from hub.steps.operate_endpoints import resume_endpoint

    if "/" in what:
        done = _endpoint(what, reason, resume_endpoint, dry_run=dry_run)
    else:
        done = _force(what, "resume", reason, holds.resume, dry_run=dry_run)
    if not done:
        fail(f"{what} is not paused.")
    typer.echo(f"{what} would go on." if dry_run else f"{what} goes on.")


def probe(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="A far end: athena/live.")],
    reason: Annotated[ProbeReason, typer.Option(help="Why it is tried now.")],
    dry_run: DryRun = False,
) -> None:
    """Have a far end whose circuit is open tried with the next pass, before its next probe is due."""
    from hub.steps.operate_endpoints import probe as act

    if not _endpoint(endpoint, reason, act, dry_run=dry_run):
        fail(f"{endpoint} is well: no circuit is open.")
    typer.echo(f"{endpoint} {'would be' if dry_run else 'is'} tried with the next pass, by the first drop that waits.")


def _endpoint(name: str, reason: str, act: "Callable[[Desk, str], bool]", *, dry_run: bool) -> bool:
    from hub.clock import Clock
    from hub.steps.operate import Desk, NotDone

    registry = registry_of(Settings.read())
    with _ledger() as ledger:
        try:
            return act(Desk(ledger, registry, Clock(), operator(), reason[:_LONGEST], dry_run), name)
        except NotDone as error:
            fail(str(error))


def _force(force: str, action: str, reason: str, act: "Callable[[Ledger, str, Author], bool]", *, dry_run: bool) -> bool:
    from datetime import UTC, datetime

    from hub.ledger.changes import Author
    from hub.ledger.holds import paused

    with _ledger() as ledger:
        if dry_run:
            return (force in paused(ledger)) is (action == "resume")
        return act(ledger, force, Author(action, datetime.now(UTC), operator(), reason[:_LONGEST] or None))


@contextmanager
def _ledger() -> "Iterator[Ledger]":
    from hub.ledger.errors import LedgerUnavailable

    try:
        with opened() as ledger:
            yield ledger
    except LedgerUnavailable as error:
        fail(str(error))
