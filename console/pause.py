"""`soh-hub pause` and `resume`: a force gets nothing for a while, because an operator says so."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from console.onfile import hold_to_forces
from console.options import fail, operator
from console.views import opened
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.ledger.changes import Author
    from hub.ledger.ledger import Ledger

_LONGEST = 200  # characters of a reason that the ledger keeps

Force = Annotated[str, typer.Argument(metavar="FORCE", help="The force, as its file is called: kent.")]
Reason = Annotated[str, typer.Option(help="Why, for the history: no personal data.")]


def pause(force: Force, reason: Reason) -> None:
    """Hold everything for a force until it is resumed: a drop on its way now still ends."""
    from hub.ledger.holds import pause as hold

    hold_to_forces(Settings.read(), [force])
    if not _done(force, "pause", reason, hold):
        fail(f"{force} is paused already.")
    typer.echo(f"{force} is paused: its reports are held. To go on: soh-hub resume {force}")


def resume(force: Force, reason: Reason = "") -> None:
    """Let a paused force go on: what was due meanwhile leaves with the next pass."""
    from hub.ledger.holds import resume as let_go

    if not _done(force, "resume", reason, let_go):
        fail(f"{force} is not paused.")
    typer.echo(f"{force} goes on.")


def _done(force: str, action: str, reason: str, act: "Callable[[Ledger, str, Author], bool]") -> bool:
    from datetime import UTC, datetime

    from hub.ledger.changes import Author
    from hub.ledger.errors import LedgerUnavailable

    try:
        with opened() as ledger:
            return act(ledger, force, Author(action, datetime.now(UTC), operator(), reason[:_LONGEST] or None))
    except LedgerUnavailable as error:
        fail(str(error))
