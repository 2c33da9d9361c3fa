import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from prefect.client.schemas.objects import State
from sqlalchemy import select

from flows.dispatch import dispatch_now
from flows.server import PrefectServer
from flows.wiring import Bounds, Hub
from hub.clock import Clock
from hub.ledger.dispatching import served
from hub.ledger.fates import fates
from hub.ledger.ledger import Ledger
from hub.ledger.tables import drops
from hub.words import Lane
from hub.words import State as Standing
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import held_of, holders
from tests.flows.conftest import AT, HubOf
from tests.flows.made_up import Submissions, add_force, few_forces, put, sample
from tests.flows.server import ask, eventually, passes

pytestmark = pytest.mark.xdist_group("prefect")

HOURLY = "0 * * * *"
ARRIVED = (Standing.DELIVERED, Standing.ACCEPTED)


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now: datetime = AT + timedelta(minutes=1)
        self.clock = Clock(lambda: self.now)


def _while_dispatching(hub: Hub, intake: Path, scenario: Callable[[], None]) -> State[None]:
    """Run the dispatcher in this, the main thread, and the scenario beside it; then end it as a supervisor would."""

    def play() -> None:
        try:
            scenario()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    with ThreadPoolExecutor(1) as beside:
        told = beside.submit(play)
        end = dispatch_now(hub, intake, every_seconds=0.2, settle_seconds=0, once=False)
        told.result()
    return end


def _state(ledger: Ledger, submission_id: str) -> str | None:
    return next((one.state for one in fates(ledger) if one.submission_id == submission_id), None)


def _arrives(ledger: Ledger, submission_id: str) -> bool:
    return eventually(lambda: _state(ledger, submission_id) in ARRIVED, 30)


def test_urgent_reports_leave_at_once_routine_ones_at_their_slot_and_a_new_force_is_found(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path
) -> None:
    submissions, time_ = Submissions(sample(tmp_path / "sample", 41)), Time()
    mappings = few_forces(tmp_path / "mappings", stand_ins.endpoints, ["kent", "lancashire"], HOURLY)
    hub, intake = hub_of(time_.clock, mappings=mappings), tmp_path / "intake"
    intake.mkdir()
    urgent, urgent_body = submissions.take("kent", Lane.URGENT)
    routine, routine_body = submissions.take("kent", Lane.ROUTINE)
    other, other_body = submissions.take("lancashire", Lane.ROUTINE)
    new, new_body = submissions.take("essex", Lane.URGENT)
    before = {row["id"] for row in passes(prefect_server)}

    def scenario() -> None:
        for name, body in (("a.json", routine_body), ("b.json", urgent_body), ("c.json", other_body)):
            put(intake, name, body)
        assert _arrives(hub.ledger, urgent)
        assert [_state(hub.ledger, one) for one in (routine, other)] == [Standing.WAITING] * 2

        time_.now = AT + timedelta(hours=3)  # two slots were missed: it is one drop all the same
        assert _arrives(hub.ledger, routine)
        assert _arrives(hub.ledger, other)

        add_force(mappings, stand_ins.endpoints, "essex", HOURLY)
        assert eventually(lambda: "essex" in hub.registry.forces)
        put(intake, "d.json", new_body)
        assert _arrives(hub.ledger, new)

    end = _while_dispatching(hub, intake, scenario)
    assert (end.name, end.is_completed()) == ("Ended", True)
    assert list(intake.iterdir()) == []
    assert _sealed(hub) == [("essex", "urgent", 1), ("kent", "routine", 1), ("kent", "urgent", 1), ("lancashire", "routine", 1)]
    assert holders(held_of(stand_ins, hub.ledger)) == {urgent: ["kent"], routine: ["kent"], other: ["lancashire"], new: ["essex"]}
    made = [row for row in passes(prefect_server) if row["id"] not in before]
    assert {row["parent_task_run_id"] for row in made} == {None}
    reasons = {reason for row in made for reason in row["name"].removeprefix("carry · ").split(", ")}  # how they fall together is chance
    assert {"due", "new in the intake"} <= reasons
    assert ask(prefect_server, "flow_runs", flows={"name": {"any_": ["dispatch"]}})[0]["state_name"] == "Ended"


def _sealed(hub: Hub) -> list[tuple[str, str, int]]:
    """Force, lane and number of every drop."""
    d = drops.c
    with hub.ledger.read() as connection:
        return [(force, lane, n) for force, lane, n in connection.execute(select(d.force, d.lane, d.sequence).order_by(d.force, d.lane))]


def test_what_is_urgent_arrives_while_a_pass_is_held_up_in_preparing_what_is_not(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path
) -> None:
    assert prefect_server.api_url
    submissions, time_ = Submissions(sample(tmp_path / "sample", 42)), Time()
    mappings = few_forces(tmp_path / "mappings", stand_ins.endpoints, ["kent", "lancashire"], HOURLY)
    hub, intake, preparing, go_on = hub_of(time_.clock, mappings=mappings), tmp_path / "intake", Event(), Event()
    intake.mkdir()
    routine, body = submissions.take("kent", Lane.ROUTINE)

    def hold_up(stage: str, _done: int, _total: int | None) -> None:
        """The first pass that has prepared a batch is held up; those beside it are not."""
        if stage == "prepare" and not preparing.is_set():
            preparing.set()
            go_on.wait(60)

    def scenario() -> None:
        put(intake, "a.json", body)
        assert eventually(lambda: _state(hub.ledger, routine) == Standing.WAITING, 30)
        hub.progress = hold_up
        time_.now = AT + timedelta(hours=3)
        assert preparing.wait(30)
        try:
            for number, force in enumerate(["kent", "lancashire", "kent"]):
                urgent, urgent_body = submissions.take(force, Lane.URGENT)
                put(intake, f"{number}.json", urgent_body)
                assert _arrives(hub.ledger, urgent)
            assert _state(hub.ledger, routine) == Standing.SEALED
        finally:
            go_on.set()
        assert _arrives(hub.ledger, routine)

    assert _while_dispatching(hub, intake, scenario).is_completed()
    assert _sealed(hub) == [("kent", "routine", 1), ("kent", "urgent", 1), ("kent", "urgent", 2), ("lancashire", "urgent", 1)]


def test_a_slot_that_takes_several_passes_is_served_once_and_brings_an_empty_drop_once(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prefect_server.api_url
    monkeypatch.setattr("flows.dispatcher.BOUNDS", Bounds(picks_up_for=10.0, prepares_for=0.0))
    monkeypatch.setattr("hub.steps.prepare.BATCH", 1)
    submissions, time_ = Submissions(sample(tmp_path / "sample", 43)), Time()
    mappings = few_forces(tmp_path / "mappings", stand_ins.endpoints, ["essex", "kent", "lancashire"], HOURLY)
    file = mappings / "forces" / "essex.yaml"
    file.write_text(file.read_text().replace("schedule:", "empty: true\n    schedule:"))
    hub, intake = hub_of(time_.clock, mappings=mappings), tmp_path / "intake"
    intake.mkdir()
    routine = [submissions.take(force, Lane.ROUTINE) for force in ("kent", "kent", "lancashire", "kent")]

    def scenario() -> None:
        put(intake, "a.ndjson", b"\n".join(body for _, body in routine))
        assert eventually(lambda: all(_state(hub.ledger, name) == Standing.WAITING for name, _ in routine), 30)
        time_.now = AT + timedelta(hours=3)
        assert all(_arrives(hub.ledger, name) for name, _ in routine)
        assert eventually(lambda: set(served(hub.ledger).values()) == {time_.now}, 30)

    assert _while_dispatching(hub, intake, scenario).is_completed()
    kent = [("kent", "routine", number) for number in (1, 2, 3)]
    assert _sealed(hub) == [("essex", "routine", 1), *kent, ("lancashire", "routine", 1)]
    assert holders(held_of(stand_ins, hub.ledger)) == {
        name: [force] for (name, _), force in zip(routine, ("kent", "kent", "lancashire", "kent"), strict=True)
    }
