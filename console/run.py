"""`soh-hub run`: one pass."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.onfile import hold_to_forces, hold_to_intake, hold_to_keys
from console.options import NOW, AsJson, At, Forces, answer, fail
from hub.clock import Clock
from hub.settings import Settings

if TYPE_CHECKING:
    from flows.wiring import Hub
    from hub.ledger.account import Account

STAGES = ("pick up", "prepare", "deliver", "confirm")


def run(
    at: At = NOW,
    intake: Annotated[Path | None, typer.Option(help="The folder that the platform writes submissions to.")] = None,
    force: Forces = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for acknowledgements.")] = 0,
    settled: Annotated[float, typer.Option(min=0, help="Seconds that a file must have been left alone.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Make one pass: pick up, prepare, deliver, confirm, reconcile. Exit code 0 only when the account balances.

    Exit code 1 also where the ledger cannot be used or the intake cannot be read: nothing is lost, and the next pass goes on.
    """
    from rich.console import Console

    from console.account import as_object, show

    settings = Settings.read()
    _hold_to_what_is_there(settings, intake, force)
    with orchestrated(settings):
        account = carry_once(settings, at, intake, force, wait, settled)
    if as_json:
        answer(as_object(account))
    else:
        show(account, Console())
    if not account.balanced:
        raise typer.Exit(1)


def _hold_to_what_is_there(settings: Settings, intake: Path | None, forces: list[str] | None) -> None:
    """What cannot be right is refused before a server is started for it."""
    if intake:
        hold_to_intake(intake)
    hold_to_forces(settings, forces or ())
    hold_to_keys(settings)


@contextmanager
def orchestrated(settings: Settings) -> Iterator[str]:
    """A Prefect server for what follows: the one that `PREFECT_API_URL` names, or one of our own until the block ends."""
    from flows.server import PrefectServer, ServerUnavailable

    if url := os.environ.get("PREFECT_API_URL"):
        yield url
        return
    try:
        with PrefectServer(settings.home) as server:
            os.environ.update(server.environment)
            warm_up()  # while the server starts
            server.wait()
            yield server.ui_url
    except ServerUnavailable as error:
        fail(str(error))


def warm_up() -> None:
    """Load the heavy libraries now."""
    from flows.loading import load_passes

    load_passes()


def carry_once(settings: Settings, clock: Clock, intake: Path | None, forces: list[str] | None, wait: float, settled: float) -> "Account":
    """One pass with progress bars, and the account after it. Ends with exit code 1 and the reason where the hub itself is in trouble."""
    from console.progress import watching
    from flows.carry import carry_now
    from flows.stage import OWN_TROUBLES
    from flows.wiring import open_hub
    from hub.contracts import Misconfigured
    from hub.documents import InvalidDocument
    from hub.ledger.account import account
    from hub.ledger.errors import LedgerUnavailable

    try:
        hub = open_hub(settings, clock)
    except (InvalidDocument, LedgerUnavailable, Misconfigured) as error:
        fail(str(error))
    try:
        _tell_broken(hub)
        with watching(dict.fromkeys(STAGES)) as progress:
            hub.progress = progress.advance
            end = carry_now(hub, intake, forces, wait, settled)
        if end.name in OWN_TROUBLES:
            fail(f"{end.name}: {end.message}")
        if end.is_failed():
            typer.echo(f"{end.name}: {end.message}", err=True)
        return account(hub.ledger)
    except LedgerUnavailable as error:
        fail(str(error))
    finally:
        hub.close()


def _tell_broken(hub: "Hub") -> None:
    for slug, faults in hub.registry.broken.items():
        typer.echo(f"{slug} cannot be delivered to until its file is right; its reports are held:", err=True)
        for fault in faults:
            typer.echo(f"  {fault}", err=True)
