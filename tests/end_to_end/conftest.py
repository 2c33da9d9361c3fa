"""What the proofs of the main job share: stand-ins for all 44 forces, the project's own files, and a national sample carried once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
import pytest

from adapters.keys import DEMO
from flows.wiring import Hub, open_hub
from hub.clock import Clock
from hub.forces.registry import Registry
from hub.ledger.ledger import Ledger
from hub.quality.checks import Checks
from hub.settings import PROJECT, Settings
from sandbox.sample import build
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import Carried, carry
from tests.end_to_end.intake import AT, Wire
from tests.servers.postgres import Postgres

REPORTS = 1_000
SEEDS = {"sqlite": 7, "postgresql": 8}


LEDGERS = ("sqlite", "postgresql")


@contextmanager
def new_ledger(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty ledger on the database that this test is run with; for SQLite none, which is a file of its own."""
    if request.param == "sqlite":
        yield ""
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    """All 44 forces, for the session: what many tests deliver to, each from a ledger of its own."""
    with StandIns(tmp_path_factory.mktemp("sandbox"), PROJECT / "mappings", AT) as running:
        yield running


@pytest.fixture(scope="session")
def registry(stand_ins: StandIns) -> Registry:
    """The project's forces, reached at the stand-ins."""
    return Registry.load(PROJECT / "mappings", stand_ins.endpoints)


@pytest.fixture(scope="session")
def checks() -> Checks:
    return Checks.load(PROJECT / "expectations")


OpenHub = Callable[..., Hub]


@pytest.fixture
def hub_of(tmp_path: Path, stand_ins: StandIns, registry: Registry, checks: Checks) -> Iterator[OpenHub]:
    """Opens a hub on a ledger: a new one of this test, unless `url` names another. With `mappings` or `endpoints` it reads those files."""
    opened: list[Hub] = []

    def open_(at: str = AT, url: str = "", mappings: Path | None = None, endpoints: Path | None = None) -> Hub:
        changed = {"HUB_LEDGER_URL": url, "HUB_MAPPINGS": str(mappings or ""), "HUB_ENDPOINTS": str(endpoints or stand_ins.endpoints)}
        settings = Settings.read({"HUB_HOME": str(tmp_path / "home"), "HUB_KEYS": DEMO, **changed})
        clock = Clock.at(datetime.fromisoformat(at))
        if mappings or endpoints:
            hub = open_hub(settings, clock)
        else:
            hub = Hub(settings, Ledger.open(settings.ledger_url, settings.store), registry, checks, clock)
        opened.append(hub)
        return hub

    yield open_
    for hub in opened:
        hub.close()


@dataclass(frozen=True)
class National:
    """A national sample that was carried: the folder that it was made in, what each submission said, and what each step did."""

    hub: Hub
    stand_ins: StandIns  # its own: what they hold and say is of this sample alone
    folder: Path
    sent: dict[str, Wire]  # every submission that is JSON, by its id; of several with one id the first
    carried: Carried

    @property
    def expected(self) -> Path:
        return self.folder / "expected.json"

    @property
    def intake(self) -> Path:
        return self.folder / "intake"


@pytest.fixture(scope="session")
def national(tmp_path_factory: pytest.TempPathFactory, checks: Checks) -> Iterator[National]:
    """A national sample on SQLite, carried once for the session."""
    with carried_sample(tmp_path_factory.mktemp("national"), "", SEEDS["sqlite"], checks) as carried:
        yield carried


@contextmanager
def carried_sample(folder: Path, url: str, seed: int, checks: Checks) -> Iterator[National]:
    """A sample of a thousand, all forces and all faults, made and carried with the ledger at `url`."""
    with StandIns(folder / "sandbox", PROJECT / "mappings", AT) as stand_ins:
        yield from _carried(folder, url, seed, stand_ins, Registry.load(PROJECT / "mappings", stand_ins.endpoints), checks)


def _carried(folder: Path, url: str, seed: int, stand_ins: StandIns, registry: Registry, checks: Checks) -> Iterator[National]:
    environment = {"HUB_HOME": str(folder / "home"), "HUB_LEDGER_URL": url, "HUB_ENDPOINTS": str(stand_ins.endpoints)}
    settings, clock = Settings.read(environment), Clock.at(datetime.fromisoformat(AT))
    build(REPORTS, folder, seed, clock.now(), None, registry)
    sent = _read(folder / "intake")
    hub = Hub(settings, Ledger.open(settings.ledger_url, settings.store), registry, checks, clock)
    try:
        yield National(hub, stand_ins, folder, sent, carry(hub, folder / "intake"))
    finally:
        hub.close()


def _read(intake: Path) -> dict[str, Wire]:
    """What lies in the intake, before the hub takes it away."""
    found: dict[str, Wire] = {}
    for path in sorted(intake.glob("*json")):
        for line in path.read_bytes().splitlines() if path.suffix == ".ndjson" else [path.read_bytes()]:
            try:
                wire = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(wire, dict) and "submissionId" in wire:
                found.setdefault(wire["submissionId"], wire)
    return found
