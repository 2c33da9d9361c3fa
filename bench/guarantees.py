"""What encryption and the sealed history cost: a national day with both, and with neither, taking turns.

    python -m bench.guarantees [--json] [--reports 5660] [--rounds 3]

A day is picked up from a folder, checked, mapped, sealed into drops, delivered and acknowledged by the hub's own steps, each time on a new
SQLite ledger. The far ends are in this process and read every byte of what they are sent; the network, Prefect and the making of the
sample are left out, so that what is compared is the hub's own work and the ratio is rather too high than too low. What cannot be switched
off in the product is taken out here: a change is bound to no chain. The best of the rounds counts, in processor time of this process,
other work disturbs both alike; the time on the clock, with the syncs of the disk, is shown beside it. The target is 1.25.
"""

import argparse
import gc
import json
import logging
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from adapters.keys import OwnKey
from adapters.registry import make_format, make_source
from hub.clock import Clock
from hub.contracts import Absent, Acknowledgement, Finding, Format, Found, Payload, Receipt
from hub.forces.registry import Registry, Route
from hub.ledger.account import account
from hub.ledger.dispatching import lanes_ready_to_send
from hub.ledger.history_keys import NO_KEYS, HistoryKeys
from hub.ledger.ledger import Ledger
from hub.ledger.master_keys import NO_MASTERS, MasterKeys
from hub.ledger.standing import routes_to_confirm
from hub.quality.checks import Checks, warm_up
from hub.settings import PROJECT
from hub.steps.confirm import confirm
from hub.steps.deliver import deliver
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.words import PayloadKind
from sandbox.sample import build

TARGET = 1.25
NATIONAL_DAY = 5_660
AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
_READ = 1 << 20


@dataclass
class Takes:
    """A far end in this process: it reads what it is sent, and accepts every report."""

    parallel: int = 1
    held: dict[str, int] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)  # submissions that are not acknowledged yet

    def send(self, payload: Payload) -> Receipt:
        for each in (payload, *payload.attachments):
            with each.open() as body:
                while body.read(_READ):
                    pass
        self.held[payload.key] = payload.size
        if payload.kind is PayloadKind.RECORDS:
            self.open += [one.submission_id for one in payload.reports]
        return Receipt(payload.key, None, "taken")

    def find(self, payload: Payload) -> Finding:
        return Found() if payload.key in self.held else Absent()

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:  # noqa: ARG002 - the contract's
        for submission in list(self.open):
            yield Acknowledgement(submission, submission, True, f"R-{submission[:8]}", None, AT, "all")

    def settle(self, batch: str) -> None:  # noqa: ARG002 - the contract's
        self.open.clear()

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Day:
    """One day, carried."""

    guarded: bool
    cpu_seconds: float
    wall_seconds: float
    states: dict[str, int]


@dataclass(frozen=True)
class Result:
    """Both, in seconds, and how many times more the guarded one takes."""

    reports: int
    rounds: int
    guarded_cpu_s: float
    bare_cpu_s: float
    cpu_ratio: float
    guarded_wall_s: float
    bare_wall_s: float
    wall_ratio: float

    @property
    def within(self) -> bool:
        return self.cpu_ratio <= TARGET


class _Formats:
    """Each route's format, made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Format] = {}

    def __call__(self, route: Route) -> Format:
        key = (str(route.folder), repr(sorted(route.format.items())))
        if key not in self._made:
            options = {name: value for name, value in route.format.items() if name != "name"}
            self._made[key] = make_format(str(route.format["name"]), options, route.folder)
        return self._made[key]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and ends with 1 where it costs more than the target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--reports", type=int, default=NATIONAL_DAY)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory(prefix="soh-hub-bench-") as folder:
        result = measure(Path(folder), asked.reports, asked.rounds)
    told = json.dumps(asdict(result) | {"target": TARGET, "within": result.within}) if asked.json else _said(result)
    sys.stdout.write(f"{told}\n")
    return 0 if result.within else 1


def _said(result: Result) -> str:
    guarded = f"{result.guarded_cpu_s:.2f} s of a core with encryption and a sealed history"
    ratios = f"{result.cpu_ratio:.2f} times (target {TARGET}), on the clock {result.wall_ratio:.2f} times"
    return f"{result.reports:,} reports, best of {result.rounds}: {guarded}, {result.bare_cpu_s:.2f} s with neither: {ratios}."


def measure(folder: Path, reports: int, rounds: int) -> Result:
    """The same day in turns, each on a ledger of its own; one of a few reports first, which counts for nothing."""
    registry, checks, formats = Registry.load(PROJECT / "mappings"), Checks.load(PROJECT / "expectations"), _Formats()
    warm_up()
    days: list[Day] = []
    for number in range(-1, rounds):
        sample = folder / ("few" if number < 0 else "day")
        if not sample.exists():
            build(max(50, reports // 50) if number < 0 else reports, sample, 1, AT, None, registry)
        for guarded in (True, False) if number % 2 else (False, True):
            one = _day(folder, sample / "intake", registry, checks, formats, guarded=guarded)
            days += [one] if number >= 0 else []
    assert all(day.states == days[0].states for day in days), "the two days do not end alike"  # noqa: S101 - a bench's own proof
    return _result(reports, rounds, days)


def _result(reports: int, rounds: int, days: Sequence[Day]) -> Result:
    on, off = [day for day in days if day.guarded], [day for day in days if not day.guarded]
    cpu, bare_cpu = min(day.cpu_seconds for day in on), min(day.cpu_seconds for day in off)
    wall, bare_wall = min(day.wall_seconds for day in on), min(day.wall_seconds for day in off)
    times = (round(cpu, 2), round(bare_cpu, 2), round(cpu / bare_cpu, 3), round(wall, 2), round(bare_wall, 2), round(wall / bare_wall, 3))
    return Result(reports, rounds, *times)


def _day(folder: Path, intake: Path, registry: Registry, checks: Checks, formats: _Formats, *, guarded: bool) -> Day:
    home = folder / secrets.token_hex(4)
    shutil.copytree(intake, home / "intake")
    keys = HistoryKeys.of([b"h" * 32]) if guarded else NO_KEYS
    masters = MasterKeys.of([OwnKey(b"k" * 32)]) if guarded else NO_MASTERS
    ledger = Ledger.open(f"sqlite:///{home / 'ledger.db'}", str(home / "store"), keys=keys, masters=masters)
    gc.collect()
    try:
        with _bound_to_nothing(unless=guarded):
            began, cpu = time.monotonic(), time.process_time()
            _carry(ledger, home / "intake", registry, checks, formats)
            day = Day(
                guarded, time.process_time() - cpu, time.monotonic() - began, {str(k): n for k, n in account(ledger).totals().items()}
            )
    finally:
        ledger.close()
    shutil.rmtree(home)
    return day


@contextmanager
def _bound_to_nothing(*, unless: bool) -> Iterator[None]:
    """While the block runs no change is sealed or chained."""
    with ExitStack() as stack:
        if not unless:
            stack.enter_context(patch("hub.ledger.changes.bind", lambda *_: None))
        yield


def _carry(ledger: Ledger, intake: Path, registry: Registry, checks: Checks, formats: _Formats) -> None:
    """Pass after pass, until nothing moves: the first delivers, and what was acknowledged is confirmed."""
    clock, far_ends = Clock.at(AT), dict[tuple[str, str], Takes]()
    pick_up(ledger, make_source("folder", {"path": str(intake), "settle_seconds": 0}), registry, clock)
    prepare(ledger, registry, formats, checks, clock)
    for name in sorted({lane[:2] for lane in lanes_ready_to_send(ledger)}):
        deliver(ledger, _route(registry, *name), far_ends.setdefault(name, Takes()), clock)
    for name in sorted(routes_to_confirm(ledger)):
        confirm(ledger, _route(registry, *name), far_ends.setdefault(name, Takes()), clock)


def _route(registry: Registry, force: str, name: str) -> Route:
    return next(route for route in registry.forces[force].routes if route.name == name)


if __name__ == "__main__":
    sys.exit(main())
