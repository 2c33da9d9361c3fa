"""`soh-hub retention`: what is erased when its time is up."""

from typing import TYPE_CHECKING, Annotated

import typer

from console.options import NOW, AsJson, At, answer, fail
from console.views import opened
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.steps.retention import Erasing

retention = typer.Typer(no_args_is_help=True, help="How long the bytes of reports are kept: mappings/retention.yaml.")


@retention.command()
def apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would erase, and erase nothing.")] = False,
    as_json: AsJson = False,
    at: At = NOW,
) -> None:
    """Erase the bytes of reports whose time is up; their history and counts stay. Ended at any moment and begun again, it goes on."""
    from hub.documents import InvalidDocument
    from hub.ledger.errors import LedgerUnavailable
    from hub.retention import FILE, read_retention
    from hub.steps.retention import apply as act

    settings = Settings.read()
    try:
        rules = read_retention(settings.mappings)
    except InvalidDocument as error:
        fail(str(error))
    if rules is None:
        fail(f"{settings.mappings / FILE} is not there: nothing is erased without it. docs/security.md says what it holds.")
    try:
        with opened() as ledger:
            done = act(ledger, rules, at, dry_run=dry_run)
    except LedgerUnavailable as error:
        fail(str(error))
    if as_json:
        rows = [{"force": f, "service": s, "end": e, "reports": n} for (f, s, e), n in sorted(done.reports.items())]
        answer({"erased": rows, "notices": done.notices, "data_keys": done.keys, "dry_run": dry_run})
    else:
        _say(done, "would be " if dry_run else "")


def _say(done: "Erasing", would: str) -> None:
    for (force, service, end), number in sorted(done.reports.items()):
        typer.echo(f"{force}, {service}, {end}: {number:,}")
    typer.echo(f"{done.reports.total():,} reports and {done.notices:,} notices {would}erased.")
    if done.keys:
        typer.echo(f"{done.keys:,} data keys destroyed, for nothing is sealed with them any more.")
