"""A large pass is shared by several processes: it ends as if one had done it all."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from flows import hands
from flows.carry import carry_now
from flows.dispatcher import BOUNDS
from flows.hand import Hand
from flows.server import PrefectServer
from flows.wiring import UNBOUNDED, Bounds
from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.tables import drops, reports
from hub.steps import pick_up
from sandbox.judging import judge
from sandbox.sample import build
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import held_of
from tests.flows.conftest import AT, HubOf

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(600)]


def test_a_pass_that_is_shared_ends_as_one_that_is_not(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prefect_server.api_url
    monkeypatch.setattr(hands, "LARGE", 1)
    monkeypatch.setattr(hands, "LARGE_INTAKE", 1)
    hub, intake = hub_of(), tmp_path / "sample" / "intake"
    hub.settings = replace(hub.settings, processes=2)
    build(300, tmp_path / "sample", 32, AT, None, hub.registry)

    end = carry_now(hub, intake, None, wait_seconds=30, settle_seconds=0)

    assert end.name == "Partly quarantined"
    assert judge(hub.ledger, tmp_path / "sample" / "expected.json", held_of(stand_ins, hub.ledger)).faults == ()
    assert account(hub.ledger).balanced
    assert not [path for path in intake.iterdir() if path.is_file()]
    assert hub.hands is None
    with hub.ledger.read() as connection:
        workers = set(connection.scalars(reports.select().with_only_columns(reports.c.worker).distinct()))
        assert workers == {None}
        assert connection.execute(drops.select().with_only_columns(drops.c.id)).all()


def test_there_are_no_more_hands_than_forces(hub_of: HubOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands, "LARGE_INTAKE", 0)
    hub = hub_of()
    hub.settings = replace(hub.settings, processes=2)
    hub.registry = Registry({"kent": hub.registry.forces["kent"]}, {}, {})
    with hands.hands_for(hub, tmp_path) as found:
        assert found is None


class Falls(hands._Line):
    """Hands of which every second one is ended before it has begun."""

    begun: ClassVar[list["Falls"]] = []

    def start(self, initializer: Any = None, initargs: Any = ()) -> None:
        self.begun.append(self)
        if len(self.begun) % 2:
            super().start(initializer, initargs)
        else:
            super().start(os._exit, (1,))


def test_where_one_hand_does_not_begin_the_others_are_ended_and_the_next_pass_does_the_work(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prefect_server.api_url
    monkeypatch.setattr(hands, "LARGE_INTAKE", 1)
    hub, intake = hub_of(), tmp_path / "sample" / "intake"
    hub.settings = replace(hub.settings, processes=2)
    build(20, tmp_path / "sample", 32, AT, None, hub.registry)
    with monkeypatch.context() as patch:
        patch.setattr(hands, "_Line", Falls)
        end = carry_now(hub, intake, None, wait_seconds=0, settle_seconds=0)
    assert (end.name, hub.hands) == ("Held: another worker", None)
    assert [cast(Any, one)._process.is_alive() for one in Falls.begun] == [False, False]
    assert carry_now(hub, intake, None, wait_seconds=30, settle_seconds=0).is_completed()
    assert judge(hub.ledger, tmp_path / "sample" / "expected.json", held_of(stand_ins, hub.ledger)).faults == ()


@pytest.mark.parametrize(("bounds", "chunk"), [(UNBOUNDED, pick_up.CHUNK), (BOUNDS, pick_up.BESIDE)])
def test_beside_other_passes_a_hand_commits_fewer_submissions_at_once_and_each_begins_with_another_number(
    hub_of: HubOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bounds: Bounds, chunk: int
) -> None:
    asked: list[tuple[int, int]] = []

    def noted(*_: object, chunk: int, first: int) -> pick_up.PickedUp:
        asked.append((chunk, first))
        return pick_up.PickedUp()

    monkeypatch.setattr(pick_up, "pick_up", noted)
    hand = Hand(hub_of().settings, AT, bounds)
    for which in range(2):
        hand.pick_up(tmp_path, 0, (which, 2))
    hand.close()
    assert asked == [(chunk, chunk // 2), (chunk, chunk)]


def test_what_several_did_is_added_up() -> None:
    from hub.steps.prepare import Prepared

    first, second = Prepared(sealed=2, drops=1), Prepared(sealed=3, held=1)
    first.codes.update(["a"])
    second.codes.update(["a", "b"])
    done = hands.together([first, second])
    assert (done.sealed, done.drops, done.held, done.codes) == (5, 1, 1, {"a": 2, "b": 1})
