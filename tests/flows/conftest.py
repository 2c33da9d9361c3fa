"""What the tests of the flows share: stand-ins for all forces, and hubs that deliver to them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.keys import DEMO
from flows.wiring import Hub, open_hub
from hub.clock import Clock
from hub.settings import PROJECT, Settings
from hub.steps.retry import Retry
from sandbox.stand_ins import StandIns

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SOON = Retry(attempts=3, first=0.05, longest=0.1)

HubOf = Callable[..., Hub]


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    """All forces, for the session."""
    with StandIns(tmp_path_factory.mktemp("sandbox"), PROJECT / "mappings", AT.isoformat()) as running:
        yield running


@pytest.fixture
def hub_of(tmp_path: Path, stand_ins: StandIns) -> Iterator[HubOf]:
    """Opens a hub on a ledger of this test; opened again it is the same ledger."""
    opened: list[Hub] = []

    def open_(clock: Clock | None = None, *, mappings: Path | None = None, endpoints: Path | None = None) -> Hub:
        """With `mappings`, whose files say where their far ends are, nothing is put in their place."""
        settings = Settings.read({"HUB_HOME": str(tmp_path / "home"), "HUB_MAPPINGS": str(mappings or ""), "HUB_KEYS": DEMO})
        settings = replace(settings, endpoints=None if mappings else endpoints or stand_ins.endpoints, retry=SOON)
        opened.append(open_hub(settings, clock or Clock.at(AT)))
        return opened[-1]

    yield open_
    for hub in opened:
        hub.close()
