"""`soh-hub backup` and `restore`: a copy of everything that the ledger holds, and a ledger from such a copy."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.onfile import registry_of
from console.options import NOW, AsJson, At, Forces, answer, fail
from console.views import opened
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.clock import Clock
    from hub.ledger.ledger import Ledger
    from hub.steps.restored import Told

COMPARE = "compare"


def backup(
    to: Annotated[Path, typer.Argument(metavar="TO", help="A folder that is empty, or holds an older back-up.")],
    as_json: AsJson = False,
    at: At = NOW,
) -> None:
    """Copy the ledger and what its store holds to a folder, while the hub works. No key is in it: keep those elsewhere."""
    from hub.ledger.errors import LedgerUnavailable
    from hub.steps.backup import back_up

    with opened() as ledger:
        try:
            made = back_up(ledger, to, at.now())
        except LedgerUnavailable as error:
            fail(str(error))
    if as_json:
        answer(asdict(made))
    else:
        typer.echo(f"{to} has the ledger {made.series} as of {made.made_at}: {made.bytes:,} bytes, {made.objects:,} objects of its store.")
    for uri in made.missing:
        typer.echo(f"gone from the store: {uri}", err=True)
    if made.missing:
        raise typer.Exit(1)


def restore(
    what: Annotated[str, typer.Argument(metavar="FROM|compare", help="The folder of a back-up; or `compare`, once it is restored.")],
    lost_at: Annotated[
        datetime | None,
        typer.Option(help="Since when the hub that was lost certainly sent nothing, in UTC; default now.", show_default=False),
    ] = None,
    force: Forces = None,
    give_up: Annotated[
        list[str] | None, typer.Option(metavar="FORCE/ROUTE", help="With `compare`: its far end will never be asked.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    at: At = NOW,
) -> None:
    """Put a back-up in the place of a ledger that was lost. It sends nothing until `restore compare` has asked each far end what it holds.

    Exit code 1 where a route could not be compared: it goes on sending nothing.
    """
    if what == COMPARE:
        _compare(force, give_up or [], at, as_json=as_json)
    else:
        _restore(Path(what), lost_at, at, as_json=as_json)


def _restore(folder: Path, lost_at: datetime | None, clock: "Clock", *, as_json: bool) -> None:
    from datetime import UTC

    from adapters.history_keys import history_keys
    from hub.contracts import Misconfigured
    from hub.ledger.errors import CannotRestore, LedgerUnavailable
    from hub.ledger.restoring import restored_routes
    from hub.steps.backup import restore as put_back

    settings = Settings.read()
    registry, now = registry_of(settings), clock.now()
    lost = lost_at.replace(tzinfo=UTC) if lost_at else now
    try:
        keys = history_keys(settings.history_keys)
        made, ledger = put_back(folder, settings.ledger_url, settings.store, registry, keys, lost, now)
    except (CannotRestore, LedgerUnavailable, Misconfigured) as error:
        fail(str(error))
    routes = len(restored_routes(ledger))
    ledger.close()
    if as_json:
        answer(asdict(made) | {"new_series": ledger.series, "routes": routes})
        return
    typer.echo(f"The ledger {made.series} is as it was at {made.made_at}, and goes on as {ledger.series}.")
    typer.echo(f"Nothing is sent by its {routes} routes until each far end was asked what it holds: soh-hub restore compare")


def _compare(forces: list[str] | None, give_up: list[str], clock: "Clock", *, as_json: bool) -> None:
    from flows.comparing import compare_restored_all
    from flows.wiring import open_hub
    from hub.contracts import Misconfigured
    from hub.documents import InvalidDocument
    from hub.ledger.errors import LedgerUnavailable
    from hub.ledger.restoring import missing

    try:
        hub = open_hub(Settings.read(), clock)
    except (InvalidDocument, LedgerUnavailable, Misconfigured) as error:
        fail(str(error))
    try:
        _give_up(hub.ledger, give_up, clock)
        told = list(compare_restored_all(hub, forces))
        gone = missing(hub.ledger, forces)
    except LedgerUnavailable as error:
        fail(str(error))
    finally:
        hub.close()
    if as_json:
        answer({"routes": [asdict(one) for one in told], "missing": [{"force": f, "route": r, "submission_id": n} for f, r, n in gone]})
    else:
        _show(told, gone)
    if any(one.unreachable for one in told):
        raise typer.Exit(1)


def _give_up(ledger: "Ledger", names: Iterable[str], clock: "Clock") -> None:
    from hub.ledger.relearning import give_up_comparing

    for name in names:
        force, _, route = name.partition("/")
        if not give_up_comparing(ledger, force, route, clock.now()):
            fail(f"{name} is no route that is to be compared: write kent/records-system")


def _show(told: "list[Told]", gone: list[tuple[str, str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="What the far ends hold that the back-up did not know of", header_style="bold")
    for column in ("force", "route", "drops", "never whole", "reports", "sealed before", "cannot tell", "not compared"):
        table.add_column(column)
    for one in told:
        counts = (str(n or "") for n in (one.drops, one.unfinished, one.reports, one.sealed))
        table.add_row(one.force, one.route, *counts, one.blind or "", one.unreachable or "")
    Console().print(table)
    for force, route, name in gone:
        typer.echo(f"missing here: {name}, which {force} has by {route}. Should the intake bring it again, it is not sent again.")
    blind = sum(one.blind is not None for one in told)
    if blind:
        typer.echo(f"{blind} far ends cannot tell everything: what may have left by them is in doubt (soh-hub settle).")
    if closed := [f"{one.force}/{one.route}" for one in told if one.unreachable]:
        typer.echo(f"Still to be compared: {', '.join(closed)}", err=True)
