"""`soh-hub alarms`: what is wrong, since when, and what to do; and how `status` and `reconcile` show it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from console.options import AsJson, answer, fail
from console.views import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from rich.console import Console, RenderableType

    from flows.alarm_test import Tried
    from flows.automations import Installed
    from hub.alarm_file import AlarmFile
    from hub.ledger.alarms import Alarm

T = TypeVar("T")

LAST = 1_000  # alarms that `--all` shows


alarms = typer.Typer(invoke_without_command=True)


@alarms.callback()
def list_alarms(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help=f"Those that are over as well: the last {LAST:,}.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong, since when, and what to do. Exit code 1 while an alarm stands."""
    if context.invoked_subcommand:
        return
    from rich.console import Console

    from hub.ledger.alarms import ever, standing

    with opened() as ledger:
        found = ever(ledger, LAST) if every else standing(ledger)
    if as_json:
        answer({"alarms": as_objects(found)})
    else:
        show(found, Console())
        explain(found, Console())
    if any(alarm.cleared_at is None for alarm in found):
        raise typer.Exit(1)


@alarms.command("install")
def install_alarms(as_json: AsJson = False) -> None:
    """Have Prefect's server tell the alarms, as the file says that HUB_ALARMS names: done again, it changes what is other."""
    file = _alarm_file()
    if not file.send:
        typer.echo("Nobody is told: the file that HUB_ALARMS names has no `send`. What was installed before is removed.", err=True)

    async def act() -> "Installed":
        from flows.automations import install

        return await install(file)

    done = _at_prefect(act)
    if as_json:
        answer(asdict(done))
        return
    for what, names in asdict(done).items():
        typer.echo(f"{what}: {', '.join(names)}" if names else f"{what}: none")


@alarms.command("test")
def try_alarms(
    wait: Annotated[float, typer.Option(min=1, help="Seconds to wait until all have been told.")] = 120, as_json: AsJson = False
) -> None:
    """Send one of each alarm the way that real ones go, to whoever is told of it. Exit code 1 where any did not arrive."""

    async def act() -> "Tried":
        from flows.alarm_test import try_all

        return await try_all(wait)

    tried = _at_prefect(act)
    if not (tried.told or tried.failed or tried.missing):
        fail("No alarm is installed: name a file in HUB_ALARMS, then `soh-hub alarms install`.")
    if as_json:
        answer(asdict(tried))
    else:
        typer.echo(f"{tried.told.total()} told: {', '.join(sorted(tried.told))}.")
        for kind, why in tried.failed:
            typer.echo(f"{kind}: {why}", err=True)
        for kind in tried.missing:
            typer.echo(f"{kind}: not told within {wait:g} s: see the automation in Prefect's UI, and its events", err=True)
    if tried.failed or tried.missing:
        raise typer.Exit(1)


def _alarm_file() -> "AlarmFile":
    """The file that HUB_ALARMS names, each messenger of which can be made. Ends with exit code 1 and what is wrong."""
    from adapters.messengers.chosen import messenger_of
    from hub.alarm_file import read_alarm_file
    from hub.contracts import Misconfigured
    from hub.documents import InvalidDocument
    from hub.settings import Settings

    path = Settings.read().alarms
    try:
        file = read_alarm_file(path)
        for send in file.send:
            messenger_of(send.settings)
    except InvalidDocument as error:
        fail(str(error))
    except Misconfigured as error:
        fail(f"{path}: {error}")
    return file


def _at_prefect(act: "Callable[[], Coroutine[Any, Any, T]]") -> "T":
    """Ask Prefect's server. Ends with exit code 1 where there is none to ask, or it does not answer."""
    import asyncio
    import os

    if not os.environ.get("PREFECT_API_URL"):
        fail("PREFECT_API_URL is not set: name the server whose automations tell the alarms, such as http://127.0.0.1:4200/api")
    try:
        return asyncio.run(act())
    except Exception as error:  # Prefect's client raises httpx's errors and its own
        fail(f"Prefect's server at {os.environ['PREFECT_API_URL']} could not be asked ({type(error).__name__}): see whether it runs")


def as_objects(found: "Sequence[Alarm]") -> list[dict[str, Any]]:
    """Each alarm as one object."""
    return [asdict(alarm.trouble) | {"raised_at": alarm.raised_at, "cleared_at": alarm.cleared_at} for alarm in found]


def show(found: "Sequence[Alarm]", console: "Console") -> None:
    """The alarms as a table; one line where there are none."""
    console.print(table_of(found, wide=True))


def table_of(found: "Sequence[Alarm]", *, wide: bool) -> "RenderableType":
    """The same to be printed. Where it is not `wide` what an alarm is about stands in one column."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    if not found:
        return "No alarm stands."
    table = Table(title="Alarms", title_justify="left", box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    about = ("force", "about", "number", "detail") if wide else ("about", "number")
    columns = ("alarm", *about, "since (UTC)", *(["over (UTC)"] if wide else []))
    for column in columns:
        table.add_column(column, justify="right" if column == "number" else "left", overflow="fold")
    for alarm in found:
        trouble, over = alarm.trouble, alarm.cleared_at
        number = f"{trouble.number:,}"
        if wide:
            what = (trouble.kind, trouble.force, trouble.subject, number, trouble.detail)
            table.add_row(*what, f"{alarm.raised_at:%Y-%m-%d %H:%M}", f"{over:%Y-%m-%d %H:%M}" if over else "")
        else:
            which = " ".join(filter(None, (trouble.force, trouble.subject, f"({trouble.detail})" if trouble.detail else "")))
            table.add_row(trouble.kind, which, number, f"{alarm.raised_at:%d %b %H:%M}")
    return table


def explain(found: "Sequence[Alarm]", console: "Console") -> None:
    """What each kind says, and what to do."""
    from hub.alarms import MEANINGS

    for kind in sorted({alarm.trouble.kind for alarm in found if alarm.cleared_at is None}):
        meaning = MEANINGS[kind]
        console.print(f"[bold]{kind}[/bold]: {meaning.what} The number is of {meaning.number}. {meaning.do}", highlight=False)
