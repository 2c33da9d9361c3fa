"""A worker dies at every boundary of a report's way in turn; another goes on, and all ends as if nobody had died.

The boundaries are those that a run without a death counts (`boundaries.py`): no list of them is kept by hand. Each death is a
process of its own that ends itself by SIGKILL (`dying.py`), in a world and with a ledger of its own; it begins at the scene in
which it dies, from what the run without a death had left behind by then. The worker that goes on was not there.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from hub.forces.registry import Registry
from hub.ledger.ledger import Ledger
from hub.settings import PROJECT
from tests.ledger.promises import broken_promises
from tests.servers.postgres import Postgres
from tests.steps.boundaries import Boundaries, instants, watch
from tests.steps.dying import Death, ledger_of
from tests.steps.ends import Ends, ends_of, was_broken_off
from tests.steps.small_job import SCENES, Worker, World, four_forces

LEASE = 6.0  # seconds until a dead worker's claims are taken over
EVERY = {"sqlite": 3, "postgresql": 12}  # how many instants go by from one death to the next
if every := os.environ.get("CRASH_EVERY"):  # 1: every one of them, on both; some minutes
    EVERY = dict.fromkeys(EVERY, int(every))


class Places(Protocol):
    """Folders that each hold a world and what belongs to its ledger."""

    def url(self, folder: Path) -> str:
        """The database of a folder's ledger."""
        ...

    def copy(self, source: Path, target: Path) -> None:
        """The same world and ledger in another folder, whose ledger is in nobody's hands meanwhile."""
        ...


class OnSqlite:
    """The ledger lies in the folder."""

    def url(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'ledger.db'}"

    def copy(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target)


@dataclass
class OnPostgres:
    """The ledger is a database for each folder."""

    server: Postgres
    opened: ExitStack
    urls: dict[Path, str] = field(default_factory=dict)

    def url(self, folder: Path) -> str:
        return self.urls.get(folder) or self._make(folder, "template0")

    def copy(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        self._make(target, self.url(source).rpartition("/")[2])

    def _make(self, folder: Path, template: str) -> str:
        self.urls[folder] = self.opened.enter_context(self.server.database(template))
        return self.urls[folder]


@dataclass
class Calm:
    """The job without a death: where each scene begins, in which folder and with which instant; how many acts it took; how it ended.

    `without_fallback` is how it ends where Surrey's drop waits until its own far end is well.
    """

    places: Places
    folder: Path
    registry: Registry
    begins: dict[str, int] = field(default_factory=dict)
    acts: list[str] = field(default_factory=list)
    ends: Ends = field(default_factory=dict)
    without_fallback: Ends = field(default_factory=dict)

    def before(self, scene: str) -> Path:
        return self.folder / f"before-{scene}"

    def instants_of(self, scene: str) -> range:
        """The instants of this scene; the last has the end of the day too."""
        following = [*self.begins.values(), len(self.acts) + 1]
        return range(self.begins[scene], following[SCENES.index(scene) + 1])


@pytest.fixture(scope="module", params=EVERY)
def calm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mappings: Path) -> Iterator[Calm]:
    with ExitStack() as opened:
        sqlite = request.param == "sqlite"
        places = OnSqlite() if sqlite else OnPostgres(request.getfixturevalue("postgres"), opened)
        found = Calm(places, tmp_path_factory.mktemp("calm"), four_forces(Registry.load(mappings)))
        begun = found.folder / "begun"
        Ledger.open(places.url(begun), str(begun / "store")).close()
        _without_a_death(found, begun)
        yield found


def _without_a_death(calm: Calm, begun: Path) -> None:
    """The same job twice, from the same ledger: so their drops have the same keys."""
    boundaries, day, other = Boundaries(), calm.folder / "day", calm.folder / "other-day"
    begun.mkdir(exist_ok=True)
    for folder in (day, other):
        calm.places.copy(begun, folder)
    ledger = ledger_of(_death(calm, 0, day))

    def keep(scene: str) -> None:
        ledger.close()  # it opens again by itself, and until then nobody has it in hand
        calm.places.copy(day, calm.before(scene))
        calm.begins[scene] = len(boundaries.acts)

    watch(ledger, boundaries)
    Worker(ledger, calm.registry, World(day), boundaries, at_scene=keep).work()
    calm.acts, calm.ends = boundaries.acts, _ended(ledger, day)
    ledger = ledger_of(_death(calm, 0, other))
    Worker(ledger, calm.registry, World(other), falls_back=False).work()
    calm.without_fallback = _ended(ledger, other)


def _ended(ledger: Ledger, folder: Path) -> Ends:
    try:
        assert broken_promises(ledger) == []
        return ends_of(ledger, World(folder))
    finally:
        ledger.close()


def _death(calm: Calm, instant: int, folder: Path) -> Death:
    return Death(instant, str(folder), calm.places.url(folder), LEASE)


@pytest.mark.parametrize("scene", SCENES)
def test_a_death_at_any_boundary_changes_nothing_of_how_it_ends(
    calm: Calm, scene: str, request: pytest.FixtureRequest, mappings: Path, tmp_path: Path
) -> None:
    every = EVERY[request.node.callspec.params["calm"]]
    chosen = [instant for instant in calm.instants_of(scene) if instant % every == 0]
    folders = {instant: tmp_path / str(instant) for instant in chosen}
    for folder in folders.values():
        calm.places.copy(calm.before(scene), folder)
    _let_die([_death(calm, instant - calm.begins[scene], folder) for instant, folder in folders.items()], mappings)
    time.sleep(LEASE)  # once for all of them

    names = instants(calm.acts)
    different = {names[instant]: told for instant, folder in folders.items() if (told := _goes_on(calm, folder))}
    assert different == {}


def _let_die(deaths: Sequence[Death], mappings: Path) -> None:
    command = [sys.executable, "-m", "tests.steps.dying", str(mappings)]
    told = subprocess.run(command, cwd=PROJECT, input=b"".join(death.line() for death in deaths), capture_output=True, check=False)
    assert told.returncode == 0, told.stderr.decode()


def _goes_on(calm: Calm, folder: Path) -> list[str]:
    """What another worker comes to that is not as it should be, force by force."""
    ledger, world = ledger_of(_death(calm, 0, folder)), World(folder)
    try:
        Worker(ledger, calm.registry, world).work()
        found, must = ends_of(ledger, world), _expected(calm, ledger)
        told = [f"{force}: {what}" for force in must | found for what in _differences(must.get(force, {}), found.get(force, {}))]
        return told + broken_promises(ledger)
    finally:
        ledger.close()


def _expected(calm: Calm, ledger: Ledger) -> Ends:
    """How it must end. Only one thing may differ, and then it is as well known: where a worker died in its attempt, what Surrey's drop
    holds may have arrived for all that anybody knows, so it is not taken back. It goes to its own far end when that is well, nothing
    falls back, and no number is void."""
    if not was_broken_off(ledger, "surrey", "records-system"):
        return calm.ends
    return calm.ends | {name: calm.without_fallback[name] for name in ("surrey", "surrey-mail", "hub") if name in calm.without_fallback}


def _differences(must: dict[str, object], found: dict[str, object]) -> list[str]:
    return [f"{name} {found.get(name)} and not {must.get(name)}" for name in must | found if must.get(name) != found.get(name)]
