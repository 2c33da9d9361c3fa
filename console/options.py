"""Options that mean the same in every command that has them, and how a command answers and fails."""

import json
from datetime import datetime
from typing import Annotated, NoReturn

import typer

from hub.clock import Clock


def _clock(text: str | Clock) -> Clock:
    if isinstance(text, Clock):  # typer parses the default, too
        return text
    try:
        return Clock.at(datetime.fromisoformat(text)) if text else Clock()
    except ValueError as error:
        raise typer.BadParameter(f"{error} (a time is written 2026-11-22T06:00:00+00:00)") from None


AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")]
At = Annotated[
    Clock,
    typer.Option(
        "--at",
        parser=_clock,
        metavar="TIME",
        show_default="now",
        help="Take this for the time, with its offset: 2026-11-22T06:00:00+00:00.",
    ),
]
NOW = Clock()
LOOPBACK = ("127.0.0.1", "::1", "localhost")
Forces = Annotated[list[str] | None, typer.Option("--force", metavar="FORCE", help="Only this force; may be given more than once.")]


def operator() -> str:
    """Who gives this command, for the history: the system's user, whatever the environment says; `unverified` where it has no name."""
    import os
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"unverified (user {os.getuid()})"


def answer(value: object) -> None:
    """Print one JSON object, and nothing else, on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def fail(message: str) -> NoReturn:
    """End with exit code 1, having said on standard error what is wrong, where, and what to do."""
    typer.echo(message, err=True)
    raise typer.Exit(1)
