"""A chaos run ends when nothing moves any more: what moves while it is looked for is seen."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.keys import DEMO
from bench.chaos.intake import Intake
from bench.chaos.moving import moving
from bench.chaos.plan import AT, Plan
from flows.wiring import Hub, open_hub
from hub.clock import Clock
from hub.ledger.tables import reports
from hub.settings import Settings
from hub.steps.pick_up import pick_up
from hub.words import Purpose, State
from sandbox.sample import build

REPORTS = 40


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    hub = open_hub(Settings.read({"HUB_HOME": str(tmp_path / "home"), "HUB_KEYS": DEMO}), Clock.at(datetime.fromisoformat(AT)))
    build(REPORTS, tmp_path, 3, hub.clock.now(), None, hub.registry)
    yield hub
    hub.close()


def _pick_up(hub: Hub, intake: Intake) -> None:
    pick_up(hub.ledger, hub.source_of(intake.folder, 0), hub.registry, hub.clock)


def test_what_is_in_the_intake_moves(hub: Hub, tmp_path: Path) -> None:
    intake = Intake(tmp_path, tmp_path / "in", Plan(3, REPORTS))
    assert not moving(hub.ledger, intake).on_their_way
    intake.hand_out(all_of_it=True)
    assert moving(hub.ledger, intake).on_their_way == {"in the intake": 1}


def test_what_a_worker_picks_up_while_it_is_looked_for_moves(hub: Hub, tmp_path: Path) -> None:
    class PickedUpMeanwhile(Intake):
        @property
        def empty(self) -> bool:
            _pick_up(hub, self)
            return super().empty

    intake = PickedUpMeanwhile(tmp_path, tmp_path / "in", Plan(3, REPORTS))
    intake.hand_out(all_of_it=True)
    found = moving(hub.ledger, intake)
    assert found.on_their_way["waiting"] > REPORTS / 2
    assert found.on_their_way.keys() == {"waiting"}
    assert found.ended + found.on_their_way["waiting"] >= REPORTS  # repeats come on top, quarantined ones have ended


def test_a_copy_that_waits_moves_when_its_report_has_arrived(hub: Hub, tmp_path: Path) -> None:
    intake = Intake(tmp_path, tmp_path / "in", Plan(3, REPORTS))
    intake.hand_out(all_of_it=True)
    _pick_up(hub, intake)
    with hub.ledger.write() as connection:  # as if all that waits were copies
        copies = connection.execute(
            update(reports).where(reports.c.state == State.WAITING).values(purpose=Purpose.COPY, route="copies")
        ).rowcount
    assert copies
    assert moving(hub.ledger, intake).on_their_way == {"waiting": copies}
