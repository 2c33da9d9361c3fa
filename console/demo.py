"""`soh-hub demo`: a national day, carried to stand-ins for all 44 forces."""

import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import NOW, AsJson, At, answer, fail
from console.run import carry_once, warm_up
from hub.clock import Clock
from hub.settings import Settings

if TYPE_CHECKING:
    from sandbox.judging import Verdict
    from sandbox.stand_ins import StandIns


@dataclass(frozen=True, slots=True)
class Measured:
    """What the pass took: wall time, and the most memory that its process ever had (Linux counts it in KiB)."""

    seconds: float
    peak_rss_mb: int


NATIONAL_DAY = 5_660  # submissions: 175,450 in January 2021, by 31


def demo(
    at: At = NOW,
    once: Annotated[bool, typer.Option("--once", help="End when done; otherwise stay up until Ctrl-C.")] = False,
    reports: Annotated[int, typer.Option(min=1, help="How many submissions.")] = NATIONAL_DAY,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people and incidents.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Carry a national day to stand-ins for all 44 forces, and show the account. Exit code 0 only when all is as it must be."""
    from rich.console import Console

    for number in (signal.SIGINT, signal.SIGTERM):  # a shell that starts this in the background has the first ignored
        signal.signal(number, signal.default_int_handler)
    settings = _settings()
    try:
        with _servers(settings) as (stand_ins, ui_url):
            right = _day(settings, stand_ins, Clock.at(at.now()), reports, seed, ui_url, as_json=as_json)
            if not once:
                Console(stderr=True).print("Ctrl-C ends it.")
                signal.pause()
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    if not right:
        raise typer.Exit(1)


def _settings() -> Settings:
    """Everything of the demo lies in a folder of its own, begun anew each time."""
    settings = Settings.read()
    home = settings.home / "demo"
    shutil.rmtree(home, ignore_errors=True)
    outcomes = home / "outcomes"
    outcomes.mkdir(parents=True)
    url = os.environ.get("HUB_LEDGER_URL") or f"sqlite:///{home / 'ledger.db'}"
    keys = settings.keys or f"file:{_make_key(home / 'key')}"
    endpoints = home / "sandbox" / "endpoints.yaml"
    return replace(settings, home=home, ledger_url=url, store=str(home / "store"), endpoints=endpoints, outcomes=outcomes, keys=keys)


def _make_key(file: Path) -> Path:
    """A key of its own, so that a demo keeps nothing in plain text either. A real one lies elsewhere than what it encrypts."""
    file.touch(mode=0o600)
    file.write_text(secrets.token_hex(32))
    return file


@contextmanager
def _servers(settings: Settings) -> "Iterator[tuple[StandIns, str]]":
    """Prefect's server and the stand-ins, started side by side; the heavy libraries are loaded meanwhile."""
    from rich.console import Console

    from flows.server import PrefectServer, ServerUnavailable
    from sandbox.serve import NotReady
    from sandbox.stand_ins import StandIns

    began = time.monotonic()
    try:
        with PrefectServer(settings.home) as server, ThreadPoolExecutor(1) as beside:
            os.environ.update(server.environment)
            heavy = beside.submit(warm_up)
            with StandIns(settings.home / "sandbox", settings.mappings) as stand_ins:
                heavy.result()
                server.wait()
                Console(stderr=True).print(f"Prefect and {len(stand_ins.holdings())} stand-ins are up ({time.monotonic() - began:.0f} s).")
                yield stand_ins, server.ui_url
    except (ServerUnavailable, NotReady) as error:
        fail(str(error))


def _day(settings: Settings, stand_ins: "StandIns", clock: Clock, reports: int, seed: int, ui_url: str, *, as_json: bool) -> bool:
    from rich.console import Console

    from console.account import as_object, show

    out = settings.home / "sample"
    _sample(out, clock, reports, seed)
    began = time.monotonic()
    account = carry_once(settings, clock, out / "intake", None, wait=60, settled=0)
    measured = Measured(time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 1_000_000)
    verdict = _judge(settings, out / "expected.json", stand_ins)
    if as_json:
        answer(as_object(account) | asdict(measured) | {"right": verdict.right, "faults": verdict.faults})
    else:
        show(account, Console())
        _say(verdict, measured, settings, ui_url)
    return account.balanced and verdict.right


def _sample(out: Path, clock: Clock, reports: int, seed: int) -> None:
    """In a process of its own: what makes up people is no part of the hub, and takes memory."""
    command = [sys.executable, "-m", "console.main", "sample", "--reports", str(reports), "--seed", str(seed)]
    command += ["--out", str(out), "--at", clock.now().isoformat()]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:  # noqa: S603 - our own command
        fail("The sample could not be made: the reason stands above.")


def _judge(settings: Settings, expected: Path, stand_ins: "StandIns") -> "Verdict":
    from adapters.ledgers import open_ledger
    from sandbox.judging import judge

    ledger = open_ledger(settings)
    try:
        return judge(ledger, expected, stand_ins.holdings())
    finally:
        ledger.close()


def _say(verdict: "Verdict", measured: Measured, settings: Settings, ui_url: str) -> None:
    from rich.console import Console

    console = Console()
    if verdict.right:
        console.print(
            f"[green]Each of the {verdict.submissions:,} submissions ended as expected.json says; what was delivered is held by one "
            f"stand-in each, once, byte for byte as sealed.[/green] Carried in {measured.seconds:.1f} s;"
            f" this process took {measured.peak_rss_mb} MB at most."
        )
    else:
        console.print(f"[red]{len(verdict.faults)} things are not as they must be:[/red]")
        for fault in verdict.faults[:20]:
            console.print(f"  {fault}")
    console.print(f"\nThe runs:            {ui_url}\nThe ledger:          {settings.ledger_url}")
    console.print(
        f"What was delivered:  {settings.home / 'sandbox' / 'held'}\nWhat had to happen:  {settings.home / 'sample' / 'expected.json'}"
    )
    console.print(f"Told to the platform: {settings.outcomes}")
    console.print(f"One report's way:    HUB_HOME={settings.home} HUB_KEYS='{settings.keys}' .venv/bin/soh-hub trace SUBMISSION_ID")
