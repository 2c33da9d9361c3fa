"""`soh-hub deployments`: what Prefect is told of the forces."""

from pathlib import Path
from typing import Annotated

import typer

from console.options import fail
from hub.settings import PROJECT, Settings

deployments = typer.Typer(no_args_is_help=True, help="What Prefect is told of the forces.")

File = Annotated[Path, typer.Option("--file", help="The file; default the project's own prefect.yaml.", show_default=False)]

_OURS = PROJECT / "prefect.yaml"


@deployments.callback()
def _group() -> None:
    """What Prefect is told of the forces."""


@deployments.command()
def write(file: File = _OURS) -> None:
    """Make prefect.yaml anew from the force files."""
    from flows.deployments import render
    from hub.documents import InvalidDocument

    try:
        file.write_text(render(Settings.read().mappings), encoding="utf-8")
    except InvalidDocument as error:
        fail(str(error))
    typer.echo(f"{file.name} is as the force files have it. To tell Prefect: soh-hub deployments apply")


@deployments.command()
def apply(
    dispatcher: Annotated[bool, typer.Option("--dispatcher", help="Have workers run the dispatcher; else its schedule is off.")] = False,
) -> None:
    """Tell Prefect: the work pool and every deployment, as the force files have them. Again, it changes what is other."""
    import asyncio

    from console.run import orchestrated
    from hub.documents import InvalidDocument

    settings = Settings.read()
    with orchestrated(settings):
        from flows.deploying import deploy

        try:
            count = asyncio.run(deploy(settings.mappings, dispatcher=dispatcher))
        except InvalidDocument as error:
            fail(str(error))
    typer.echo(f"{count} deployments are as the force files have them.")


@deployments.command()
def check(file: File = _OURS) -> None:
    """Compare prefect.yaml with the force files. Exit code 1, with what differs, where they do not agree."""
    from flows.deployments import differences
    from hub.documents import InvalidDocument

    try:
        found = differences(file.read_text(encoding="utf-8") if file.exists() else "", Settings.read().mappings)
    except InvalidDocument as error:
        fail(str(error))
    if found:
        typer.echo("\n".join(found))
        fail(f"{file.name} is not as the force files have it: run `soh-hub deployments write`, then `soh-hub deployments apply`.")
    typer.echo(f"{file.name} is as the force files have it.")
