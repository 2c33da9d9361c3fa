"""A large pass is shared by several processes: it ends as if one had done it all."""

import errno
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from flows import carry, hands
from flows.carry import carry_now
from flows.dispatcher import BOUNDS
from flows.hand import Hand
from flows.server import PrefectServer
from flows.wiring import UNBOUNDED, Bounds, Hub
from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.errors import LedgerUnavailable
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


class Noted(hands._Line):
    """Hands that a test looks at after they have ended."""

    begun: ClassVar[list["Noted"]] = []

    def start(self, initializer: Any = None, initargs: Any = ()) -> None:
        self.begun.append(self)
        if self.may_begin():
            super().start(initializer, initargs)

    def may_begin(self) -> bool:
        return True


class Refused(Noted):
    """Of these one process may begin, and no other."""

    def may_begin(self) -> bool:
        if self is not self.begun[0]:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), "a name")
        return True


@pytest.fixture
def large(hub_of: HubOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub that may have two hands, and much to do: 20 reports in `sample/intake`."""
    monkeypatch.setattr(hands, "LARGE_INTAKE", 1)
    monkeypatch.setattr(hands, "_Line", Noted)
    monkeypatch.setattr(Noted, "begun", [])
    hub = hub_of()
    hub.settings = replace(hub.settings, processes=2)
    build(20, tmp_path / "sample", 32, AT, None, hub.registry)
    return hub


def _alive() -> list[bool]:
    """Of each process that was to be a hand, and began."""
    return [cast(Any, one)._process.is_alive() for one in Noted.begun if hasattr(one, "_process")]


def test_a_ledger_that_cannot_be_used_while_hands_are_wanted_is_told_as_that(
    prefect_server: PrefectServer, large: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prefect_server.api_url

    def gone(_: object) -> None:
        raise LedgerUnavailable("it was restarted")

    monkeypatch.setattr(hands, "waiting_by_force", gone)
    end = carry_now(large, tmp_path / "sample" / "intake", None, wait_seconds=0, settle_seconds=0)
    assert (end.name, end.message) == ("Held: ledger unavailable", str(LedgerUnavailable("it was restarted")))


def test_a_hand_that_cannot_use_the_ledger_says_so_in_the_words_of_the_ledger_and_the_others_are_ended(large: Hub, tmp_path: Path) -> None:
    large.settings = replace(large.settings, ledger_url=f"sqlite:///{tmp_path}")
    wanted = hands.hands_for(large, tmp_path / "sample" / "intake")
    with pytest.raises(LedgerUnavailable, match=r"^the ledger cannot be used: [^:]*: it cannot be opened"), wanted:
        pass
    assert _alive() == [False, False]


def test_a_pass_whose_hands_cannot_begin_goes_on_alone_and_says_why(
    prefect_server: PrefectServer,
    stand_ins: StandIns,
    large: Hub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert prefect_server.api_url
    monkeypatch.setattr(carry, "get_run_logger", lambda: logging.getLogger("pass"))
    (tmp_path / "endpoints.yaml").write_text("kent: nowhere\n")  # as if the file had become this since the hub read it
    large.settings = replace(large.settings, endpoints=tmp_path / "endpoints.yaml")
    assert carry_now(large, tmp_path / "sample" / "intake", None, wait_seconds=30, settle_seconds=0).is_completed()
    assert judge(large.ledger, tmp_path / "sample" / "expected.json", held_of(stand_ins, large.ledger)).faults == ()
    (said,) = (message for message in caplog.messages if "share this pass" in message)
    assert said.startswith("The processes that were to share this pass could not begin, and it takes longer: ")
    assert "endpoints.yaml:1:7: " in said
    assert _alive() == [False, False]


def test_where_no_process_may_begin_those_that_have_are_ended_and_the_pass_goes_on_alone(
    large: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "_Line", Refused)
    said: list[str] = []
    with hands.hands_for(large, tmp_path / "sample" / "intake", say=said.append) as found:
        assert (found, _alive()) == (None, [False])
    (why,) = said
    assert "longer: BlockingIOError, Resource temporarily unavailable. See to the processes" in why
    assert "a name" not in why


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
    assert hand.open() is None
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
