"""`soh-hub sandbox` and `soh-hub fault`: the stand-in forces, until Ctrl-C, and what they are to do wrong meanwhile."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import AsJson, answer, fail
from hub.settings import Settings

if TYPE_CHECKING:
    from sandbox.faults import Fault

Folder = Annotated[Path | None, typer.Option(help="Where they keep what they receive; default under HUB_HOME.")]
_HOW = "KIND[:FORCE[:ROUTE]][,NAME=VALUE…]"


def sandbox(
    folder: Folder = None,
    tls: Annotated[bool, typer.Option("--tls", help="The REST stand-ins speak HTTPS, with an authority of their own.")] = False,
    faults: Annotated[list[str] | None, typer.Option("--fault", metavar=_HOW, help="Strikes from the beginning; see `fault`.")] = None,
) -> None:
    """Run stand-ins for every force on loopback, and name the file for HUB_ENDPOINTS."""
    from sandbox.faults import set_faults
    from sandbox.serve import main

    settings = Settings.read()
    where = folder or settings.home / "sandbox"
    if faults:
        wanted = _parsed(faults)
        where.mkdir(parents=True, exist_ok=True, mode=0o700)
        set_faults(where, *wanted)
    raise typer.Exit(main(["--folder", str(where), "--mappings", str(settings.mappings), *(["--tls"] if tls else [])]))


def fault(
    faults: Annotated[list[str] | None, typer.Argument(metavar=f"[{_HOW}]...", help="What strikes from now on, and nothing else.")] = None,
    folder: Folder = None,
    none: Annotated[bool, typer.Option("--none", help="Nothing strikes any more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what stand-ins do wrong from now on, also while they run; without a fault, show what strikes and how often it has."""
    from sandbox.faults import read_faults, set_faults, struck

    where = folder or Settings.read().home / "sandbox"
    if not where.is_dir():
        fail(f"there is no sandbox in {where}: start one with `soh-hub sandbox`, or name its folder with --folder")
    if faults or none:
        set_faults(where, *_parsed(faults or []))
    now, counted = read_faults(where), struck(where)
    if as_json:
        answer({"strikes": [_described(one) for one in now], "struck": dict(counted)})
        return
    _show([_described(one) for one in now], dict(counted))


def _show(strikes: list[dict[str, object]], counted: dict[str, int]) -> None:
    from sandbox.faults import KINDS
    from sandbox.stands import HABITS

    for one in strikes:
        typer.echo("strikes now: " + ", ".join(f"{name} {value}" for name, value in one.items()))
    for kind, times in sorted(counted.items()):
        typer.echo(f"has struck:  {kind}, {times} times")
    if not strikes and not counted:
        for name, what in {**{name: kind.what for name, kind in KINDS.items()}, **HABITS}.items():
            typer.echo(f"{name:20} {what}")


def _described(fault: "Fault") -> dict[str, object]:
    """What was said of it, without what was not."""
    from dataclasses import asdict

    from sandbox.faults import Fault

    plain = asdict(Fault(fault.kind))
    return {name: value for name, value in asdict(fault).items() if name == "kind" or value != plain[name]}


def _parsed(texts: list[str]) -> "list[Fault]":
    from sandbox.faults import parse

    try:
        return [parse(text) for text in texts]
    except ValueError as error:
        fail(str(error))
