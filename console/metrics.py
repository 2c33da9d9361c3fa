"""`soh-hub metrics`: the measures for Prometheus, to standard output or a file."""

from pathlib import Path
from typing import Annotated

import typer

from console.options import NOW, At, fail
from console.views import opened


def metrics(
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write them here, whole: for the node exporter's textfile folder.")
    ] = None,
    at: At = NOW,
) -> None:
    """Print the hub's measures as Prometheus reads them: counts by force, service and outcome, ages, times, circuits, alarms."""
    from console.measures import measured
    from hub.ledger.errors import LedgerUnavailable

    with opened() as ledger:
        try:
            text = measured(ledger, at)
        except LedgerUnavailable as error:
            fail(str(error))
    if to is None:
        typer.echo(text, nl=False)
        return
    part = to.with_name(f".{to.name}.part")
    try:
        part.write_bytes(text)
        part.replace(to)
    except OSError as error:
        fail(f"{to} cannot be written: {error.strerror or error}. Name a file in a folder that is there, and yours.")
