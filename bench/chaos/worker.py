"""One worker: it goes through the hub's steps, as the flows do, until it is killed.

The steps, adapters and wiring are the flows' own; Prefect is not, for it decides only when a pass begins: claims, attempts,
waits and circuits are the ledger's. All heavy imports stand at the top, so that they are done before a worker is forked.
"""

import os
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import great_expectations as _great_expectations  # noqa: F401 - seconds and 200 MB, once for all workers
import paramiko as _paramiko  # noqa: F401
import psycopg as _psycopg  # noqa: F401

import adapters.formats.csv as _csv  # noqa: F401
import adapters.formats.json as _json  # noqa: F401
import adapters.formats.xml as _xml  # noqa: F401
import adapters.sources.folder as _folder  # noqa: F401
import adapters.transports.rest.transport as _rest  # noqa: F401
import adapters.transports.sftp.transport as _sftp  # noqa: F401
import hub.ledger.migrate as _migrate  # noqa: F401
from adapters.ledgers import open_ledger
from bench.chaos.plan import AT, LEASE
from flows.wiring import Hub
from hub.clock import Clock
from hub.contracts import Misconfigured, SourceUnavailable
from hub.forces.registry import Registry
from hub.ledger.dispatching import lanes_ready_to_send
from hub.ledger.errors import LedgerUnavailable, Overtaken
from hub.ledger.standing import routes_to_confirm
from hub.quality.checks import Checks
from hub.schedule import RouteName
from hub.settings import Settings
from hub.steps.confirm import confirm
from hub.steps.deliver import deliver
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare

SIDE_BY_SIDE = 8  # routes at once, as in `flows/carry.py`
PAUSE = 0.1  # seconds between two passes
EXPECTED = (LedgerUnavailable, Overtaken, SourceUnavailable)  # what a pass may end with: the next goes on


@dataclass(frozen=True)
class Bench:
    """What all workers of a run share; loaded once, before they are forked. `defects` takes what no pass may end with."""

    settings: Settings
    registry: Registry
    checks: Checks
    defects: Path

    @classmethod
    def load(cls, environment: dict[str, str], defects: Path) -> "Bench":
        """From the settings that stand in this environment."""
        settings = Settings.read(environment)
        registry = Registry.load(settings.mappings, settings.endpoints)
        return cls(settings, registry, Checks.load(settings.expectations), defects)

    def open_hub(self) -> Hub:
        """A hub on the ledger, with connections and a name of its own. Raises LedgerUnavailable."""
        ledger = open_ledger(self.settings, LEASE)
        return Hub(self.settings, ledger, self.registry, self.checks, Clock.at(datetime.fromisoformat(AT)))


def work(bench: Bench, parent: int) -> None:
    """Pass after pass, until the parent is gone."""
    hub: Hub | None = None
    while os.getppid() == parent:
        try:
            hub = hub or bench.open_hub()
            _pass(hub, bench.defects)
        except EXPECTED:
            pass
        except Exception:
            _tell(bench.defects)
        time.sleep(PAUSE)


def _pass(hub: Hub, defects: Path) -> None:
    pick_up(hub.ledger, hub.source_of(hub.settings.intake, 0), hub.registry, hub.clock)
    prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock)
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="route") as pool:
        ready = sorted({lane[:2] for lane in lanes_ready_to_send(hub.ledger)})
        for _ in pool.map(_safely(hub, defects, _deliver), ready):
            pass
        for _ in pool.map(_safely(hub, defects, _confirm), sorted(routes_to_confirm(hub.ledger))):
            pass


def _safely(hub: Hub, defects: Path, step: Callable[[Hub, RouteName], None]) -> Callable[[RouteName], None]:
    """One route that cannot go on keeps no other waiting."""

    def one(name: RouteName) -> None:
        try:
            step(hub, name)
        except (*EXPECTED, Misconfigured):
            return
        except Exception:
            _tell(defects)

    return one


def _deliver(hub: Hub, name: RouteName) -> None:
    if route := hub.route(*name):
        deliver(hub.ledger, route, hub.transport_of(route), hub.clock, hub.retry_of(route), other=hub.other_of(route))


def _confirm(hub: Hub, name: RouteName) -> None:
    if route := hub.route(*name):
        confirm(hub.ledger, route, hub.transport_of(route), hub.clock)


def _tell(defects: Path) -> None:
    """No pass may end like this: the run has failed, and says why."""
    with defects.open("a") as file:
        file.write(f"{traceback.format_exc()}\n")
