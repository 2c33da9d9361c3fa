"""The command line: `soh-hub`.

A command is a line in `_COMMANDS` and a function in a module of its own subject beside this one. The module is imported only
when its command is run or asked for help, so that `soh-hub --help` answers at once: no module of the hub is loaded for it.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, NamedTuple

import click
import typer
from typer.core import TyperGroup


class Command(NamedTuple):
    """Where a command lives, and its line in the list of commands.

    `place` is `module:name`, a function, or a `typer.Typer` for a group of commands.
    """

    place: str
    help: str


_COMMANDS: Mapping[str, Command] = {}


class LazyCommands(TyperGroup):
    """A group that imports a command's module when the command is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's signature
        command = _COMMANDS.get(cmd_name)
        return load(cmd_name, command) if command else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in _COMMANDS.items()])


def load(name: str, command: Command) -> click.Command:
    """The command itself, imported now."""
    module, _, attribute = command.place.partition(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False)
        single.command(name, help=found.__doc__)(found)
        found = single
    loaded = typer.main.get_command(found)
    loaded.name = name
    return loaded


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"soh-hub {version('soh-hub')}")
        raise typer.Exit


app = typer.Typer(cls=LazyCommands, rich_markup_mode=None, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def soh_hub(
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.", callback=_version, is_eager=True)] = False,
) -> None:
    """Carry the public's online reports into each police force's records system, and account for every one."""


if __name__ == "__main__":
    app()
