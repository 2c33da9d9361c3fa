"""`soh-hub dispatch`: the dispatcher, until Ctrl-C."""

from pathlib import Path
from typing import Annotated

import typer

from console.onfile import hold_to_intake, hold_to_keys
from console.options import NOW, fail
from console.run import orchestrated
from hub.settings import Settings


def dispatch(
    intake: Annotated[Path | None, typer.Option(help="The folder that the platform writes to; default HUB_INTAKE.")] = None,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks whether anything is due.")] = 1,
    settled: Annotated[float, typer.Option(min=0, help="Seconds that a file must have been left alone.")] = 2,
    once: Annotated[bool, typer.Option("--once", help="Make the pass that is due now, and end.")] = False,
) -> None:
    """Keep every force's schedule and the urgent lane, until Ctrl-C or SIGTERM."""
    from hub.contracts import Misconfigured
    from hub.documents import InvalidDocument
    from hub.ledger.errors import LedgerUnavailable

    settings = Settings.read()
    folder = intake or settings.intake
    hold_to_intake(folder)
    hold_to_keys(settings)
    with orchestrated(settings) as ui_url:
        from flows.dispatch import dispatch_now
        from flows.wiring import open_hub

        try:
            hub = open_hub(settings, NOW)
        except (InvalidDocument, LedgerUnavailable, Misconfigured) as error:
            fail(str(error))
        try:
            typer.echo(f"Dispatching from {folder}; the runs: {ui_url}. Ctrl-C ends it.", err=True)
            end = dispatch_now(hub, folder, every, settled, once=once)
        finally:
            hub.close()
        typer.echo(f"{end.name}: {end.message}", err=True)
    if not end.is_completed() or end.name == "Relieved":
        raise typer.Exit(1)
