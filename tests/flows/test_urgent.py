"""A pass for what is urgent alone: what it does, without Prefect, and what Prefect is told of it."""

import asyncio
from pathlib import Path

import pytest

from flows.deliver import send_lanes
from flows.dispatcher import URGENT
from flows.server import PrefectServer
from flows.stage import end_of
from flows.urgent import carry_urgent, is_worth_telling, tell_of_urgent
from flows.wiring import Hub, running
from hub.ledger.fates import fates
from hub.words import Lane, State
from sandbox.stand_ins import StandIns
from tests.flows.conftest import HubOf
from tests.flows.made_up import Submissions, few_forces, put, sample
from tests.flows.server import ask, eventually

pytestmark = pytest.mark.xdist_group("prefect")  # with the others, for their stand-ins

FORCES = ["essex", "kent", "lancashire"]


@pytest.fixture
def submissions(tmp_path_factory: pytest.TempPathFactory) -> Submissions:
    return Submissions(sample(tmp_path_factory.mktemp("sample"), 61))


@pytest.fixture
def hub(hub_of: HubOf, stand_ins: StandIns, tmp_path: Path) -> Hub:
    (tmp_path / "intake").mkdir()
    return hub_of(mappings=few_forces(tmp_path / "mappings", stand_ins.endpoints, FORCES, "0 * * * *"))


def states(hub: Hub) -> dict[str | None, str]:
    return {one.submission_id: one.state for one in fates(hub.ledger)}


def test_it_takes_what_has_just_come_and_sends_what_of_it_is_urgent(
    hub: Hub, submissions: Submissions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")  # nobody answers there
    intake, prepared = tmp_path / "intake", list[bool]()
    urgent_one, routine = submissions.take("kent", Lane.URGENT), submissions.take("kent", Lane.ROUTINE)
    put(intake, "a.json", urgent_one[1])
    put(intake, "b.json", routine[1])
    put(intake, "c.ndjson", submissions.take("essex", Lane.URGENT)[1])
    with hub.beside(lambda: prepared.append(True), URGENT) as ours:
        end = asyncio.run(carry_urgent(ours, intake, (), 0))
    assert (end.name, is_worth_telling(ours), prepared) == ("Delivered", True, [True])
    assert [(one.name, one.end.name) for one in ours.done] == [
        (f"pick up from {intake}", "Picked up"),
        ("prepare what waits", "Sealed"),
        ("deliver kent · drop 1 · 1 report", "Delivered"),
    ]
    assert states(hub) == {urgent_one[0]: State.DELIVERED, routine[0]: State.WAITING}
    assert [file.name for file in intake.iterdir()] == ["c.ndjson"]
    assert not any((*place, lane) in hub.taken for place in [("kent", "records-system")] for lane in Lane)


def test_where_nothing_urgent_has_come_it_is_over(hub: Hub, submissions: Submissions, tmp_path: Path) -> None:
    put(tmp_path / "intake", "a.json", submissions.take("kent", Lane.ROUTINE)[1])
    with hub.beside(lambda: None, URGENT) as ours:
        asyncio.run(carry_urgent(ours, tmp_path / "intake", (), 0))
    assert (len(ours.done), is_worth_telling(ours)) == (1, False)


def test_a_defect_at_one_far_end_keeps_no_other_waiting(
    hub: Hub, submissions: Submissions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {}
    for force in FORCES:
        names[force], body = submissions.take(force, Lane.URGENT)
        put(tmp_path / "intake", f"{force}.json", body)
    really = send_lanes

    async def breaks(force: str, *others: object) -> object:
        if force == "essex":
            raise ZeroDivisionError
        return await really(force, *others)  # type: ignore[arg-type]

    monkeypatch.setattr("flows.urgent.send_lanes", breaks)
    with hub.beside(lambda: None, URGENT) as ours:
        end = asyncio.run(carry_urgent(ours, tmp_path / "intake", (), 0))
    assert (end.name, end.is_failed()) == ("Failed", True)
    assert "essex records-system: ZeroDivisionError: report this defect" in str(end.message)
    found = states(hub)
    assert [found[names[force]] for force in FORCES] == [State.SEALED, State.DELIVERED, State.DELIVERED]

    monkeypatch.setattr("flows.urgent.send_lanes", really)
    with hub.beside(lambda: None, URGENT) as ours:
        assert asyncio.run(carry_urgent(ours, None, ["essex"], 0)).name == "Delivered"


def test_prefect_is_told_of_it_as_of_any_pass(prefect_server: PrefectServer, hub: Hub, submissions: Submissions, tmp_path: Path) -> None:
    put(tmp_path / "intake", "a.json", submissions.take("lancashire", Lane.URGENT)[1])
    with hub.beside(lambda: None, URGENT) as ours:
        done = asyncio.run(carry_urgent(ours, tmp_path / "intake", (), 0))
        with running(ours):
            told = asyncio.run(end_of(tell_of_urgent.with_options(flow_run_name="what was urgent")(return_state=True)))
    assert (told.name, told.message) == (done.name, done.message)
    (run,) = ask(prefect_server, "flow_runs", flow_runs={"name": {"any_": ["what was urgent"]}})
    assert run["state_name"] == "Delivered"

    def tasks() -> dict[str, str]:
        return {row["name"]: row["state_name"] for row in ask(prefect_server, "task_runs", flow_runs={"id": {"any_": [run["id"]]}})}

    wanted = {one.name: one.end.name for one in ours.done}
    assert eventually(lambda: tasks() == wanted, 30), tasks()
