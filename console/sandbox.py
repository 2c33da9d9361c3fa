"""`soh-hub sandbox`: the stand-in forces, until Ctrl-C."""

from pathlib import Path
from typing import Annotated

import typer

from hub.settings import Settings


def sandbox(folder: Annotated[Path | None, typer.Option(help="Where they keep what they receive; default under HUB_HOME.")] = None) -> None:
    """Run stand-ins for every force on loopback, and name the file for HUB_ENDPOINTS."""
    from sandbox.serve import main

    settings = Settings.read()
    raise typer.Exit(main(["--folder", str(folder or settings.home / "sandbox"), "--mappings", str(settings.mappings)]))
