"""`soh-hub up`: everything that a hub on one machine runs, begun in order, watched, and ended in order."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import fail
from hub.settings import Settings

if TYPE_CHECKING:
    from flows.children import Children
    from flows.server import PrefectServer

_LOOK = 1.0  # seconds between two looks at the children
_PATIENCE = 120.0  # seconds until everything that was begun must be at work


def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where Prefect's UI listens on 127.0.0.1.")] = 4200,
    screens: Annotated[int, typer.Option(min=1, max=65535, help="Where `soh-hub serve` listens, if passwords are set.")] = 4300,
    intake: Annotated[Path | None, typer.Option(help="The folder that the platform writes to; default HUB_INTAKE.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Say what is wrong with the set-up, and end: with code 1 where it stops the hub.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="End when everything is at work.")] = False,
) -> None:
    """Run the hub on this machine until Ctrl-C or SIGTERM: Prefect's server, the dispatcher, a worker, and the screens.

    What dies is started again. Everything is as it should be when it is begun, or it is said what to do.
    """
    settings = Settings.read()
    folder = intake or settings.intake
    _hold_to_readiness(settings, folder, _ports(port, screens))
    if check:
        typer.echo("The set-up is right.")
        return
    with _told_to_end() as told:
        _run(settings, folder, port, screens, told, once=once)


def _ports(port: int, screens: int) -> dict[str, int]:
    """Those that we are to listen on ourselves."""
    ours = {} if os.environ.get("PREFECT_API_URL") else {"Prefect's server": port}
    return ours | ({"the screens (--screens)": screens} if _has_screens() else {})


def _has_screens() -> bool:
    settings = Settings.read()
    return bool(settings.serve_passwords or settings.serve_proxy)


def _hold_to_readiness(settings: Settings, intake: Path, ports: dict[str, int]) -> None:
    from flows.readiness import faults

    found = faults(settings, intake, ports)
    for fault in found:
        typer.echo(fault.text, err=True)
    if any(fault.stops for fault in found):
        fail("Nothing was begun.")


@contextmanager
def _told_to_end() -> Iterator[Event]:
    told = Event()
    before = {number: signal.signal(number, lambda *_: told.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(settings: Settings, intake: Path, port: int, screens: int, told: Event, *, once: bool) -> None:
    import asyncio

    from flows.children import Children
    from flows.server import ServerUnavailable
    from hub.documents import InvalidDocument

    children = Children()
    try:
        with _server(settings, port) as server:
            from flows.deploying import deploy

            try:
                count = asyncio.run(deploy(settings.mappings, dispatcher=False))
            except InvalidDocument as error:
                fail(str(error))
            _install_alarms(settings)
            _begin(children, settings, intake, screens)
            _say(settings, intake, os.environ["PREFECT_API_URL"], screens, count)
            if once:
                _wait_until_at_work(children, settings, told)
            else:
                _watch(children, server, told)
            children.end()
    except ServerUnavailable as error:
        fail(str(error))
    finally:
        children.end()
    typer.echo("Ended.")


@contextmanager
def _server(settings: Settings, port: int) -> "Iterator[PrefectServer | None]":
    """The Prefect server that PREFECT_API_URL names, or one of our own; with this process pointed at it."""
    from flows.server import PrefectServer, settings_named

    if os.environ.get("PREFECT_API_URL"):
        yield None
        return
    with PrefectServer(settings.home, port=port, settings=settings_named(os.environ)) as server:
        server.wait()
        if server.pid is None:
            fail(f"A hub with this HUB_HOME runs already: {server.ui_url}")
        os.environ.update(server.environment)
        yield server


def _install_alarms(settings: Settings) -> None:
    """In a process of its own, which has its own words for what is wrong; without whom to tell nobody is."""
    import subprocess

    if settings.alarms is None:
        return
    ended = subprocess.run(_command("alarms", "install"), capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if ended.returncode:
        fail(f"The alarms cannot be told: {ended.stderr.strip()}")


def _begin(children: "Children", settings: Settings, intake: Path, screens: int) -> None:
    from flows.children import Child
    from flows.deployments import POOL

    logs, environment = settings.home / "logs", dict(os.environ) | {"HUB_HOME": str(settings.home)}
    worker = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--name", f"{os.uname().nodename}-up"]
    commands = {"dispatcher": _command("dispatch", "--intake", str(intake)), "worker": worker}
    if _has_screens():
        commands["screens"] = _command("serve", "--port", str(screens))
    for name, command in commands.items():
        children.start(Child(name, command, logs / f"{name}.log", environment))


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "console.main", *words]


def _say(settings: Settings, intake: Path, api_url: str, screens: int, deployments: int) -> None:
    places = {
        "Prefect's UI": api_url.removesuffix("/api"),
        "the screens": f"http://127.0.0.1:{screens}" if _has_screens() else "not begun: HUB_SERVE_PASSWORDS is not set",
        "alarms": f"told as {settings.alarms} says" if settings.alarms else "told to nobody: HUB_ALARMS is not set",
        "the intake": str(intake),
        "the logs": str(settings.home / "logs"),
        "deployments": f"{deployments}, on the work pool that one worker here serves",
    }
    for name, where in places.items():
        typer.echo(f"{name + ':':15} {where}")
    typer.echo("Ctrl-C ends it.")


def _watch(children: "Children", server: "PrefectServer | None", told: Event) -> None:
    while not told.wait(_LOOK):
        for news in children.look():
            typer.echo(news, err=True)
        if server and server.has_ended:
            typer.echo(f"Prefect's server ended, and is started again: see {server.log}", err=True)
            server.begin_again()


def _wait_until_at_work(children: "Children", settings: Settings, told: Event) -> None:
    """Until somebody is the dispatcher and the worker was heard of; a child that ends meanwhile is a failure."""
    until = time.monotonic() + _PATIENCE
    at_work: list[Callable[[], bool]] = [_dispatcher_acts, _worker_is_there]
    while not told.wait(_LOOK) and at_work:
        at_work = [one for one in at_work if not one()]
        if news := children.look():
            fail(" ".join(news))
        if time.monotonic() > until:
            fail(f"Not everything is at work after {_PATIENCE:.0f} s: see {settings.home / 'logs'}")
    typer.echo("Everything is at work.")


def _dispatcher_acts() -> bool:
    from console.views import opened
    from hub.ledger.dispatching import acts

    with opened() as ledger:
        return acts(ledger)


def _worker_is_there() -> bool:
    import asyncio

    from flows.deploying import workers

    return asyncio.run(workers()) > 0
