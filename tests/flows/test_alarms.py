"""A pass tells the platform, looks for alarms, and sends one event for each that is new or over."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import orjson
import pytest
from prefect.logging import disable_run_logger
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import update

from flows.alarms import tell
from flows.automations import CLEARED, RAISED
from flows.carry import carry_now
from flows.server import PrefectServer
from flows.wiring import Hub
from hub.alarms import AlarmKind
from hub.clock import Clock
from hub.ledger import alarms
from hub.ledger.alarms import Trouble
from hub.ledger.tables import reports
from hub.words import Lane, State
from sandbox.stand_ins import StandIns
from tests.flows.conftest import AT, HubOf
from tests.flows.made_up import Submissions, few_forces, put, sample
from tests.flows.server import Row, ask, eventually, passes, runs_of

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture(scope="module")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample(tmp_path_factory.mktemp("sample"), 61)


@pytest.fixture
def hub(hub_of: HubOf, stand_ins: StandIns, tmp_path: Path) -> Hub:
    """A hub of one force, whose platform looks into a folder."""
    hub = hub_of(mappings=few_forces(tmp_path / "mappings", stand_ins.endpoints, ["kent"], "0 * * * *"))
    hub.settings = replace(hub.settings, outcomes=tmp_path / "outcomes")
    return hub


def carried(server: PrefectServer, hub: Hub, intake: Path | None = None) -> dict[str, tuple[str, str]]:
    """One pass. Returns what its stages ended as."""
    carry_now(hub, intake, None, wait_seconds=20, settle_seconds=0)
    newest = passes(server)[0]["id"]
    assert eventually(lambda: any(run["name"] == "look for alarms" and run["end_time"] for run in runs_of(server, newest)))
    return {run["name"]: (run["state_name"], run["state"]["message"]) for run in runs_of(server, newest)}


def events(server: PrefectServer, name: str) -> list[Row]:
    """Events of this name about the quarantine of this hub's one force, newest first."""
    about = {"event": {"name": [name]}, "resource": {"id": ["soh-hub.alarm.quarantine-old.kent"]}}
    page = cast(Row, ask(server, "events", filter=about, limit=50))  # this one answers with a page, not a list
    return list(page["events"])


def test_the_platform_is_told_and_one_that_cannot_be_told_keeps_nobody_waiting(
    prefect_server: PrefectServer, hub: Hub, sample_folder: Path, tmp_path: Path
) -> None:
    intake, submissions = tmp_path / "intake", Submissions(sample_folder)
    intake.mkdir()
    first, body = submissions.take("kent", Lane.ROUTINE)
    put(intake, "1.json", body)
    stages = carried(prefect_server, hub, intake)
    assert stages["tell the platform"] == (
        "Not told",
        "0 outcomes told in 0 notices. The platform cannot be told more now (folder-unusable); the next pass goes on.",
    )
    assert stages["reconcile"][0] == "Balanced"

    (tmp_path / "outcomes").mkdir()
    second, body = submissions.take("kent", Lane.ROUTINE)
    put(intake, "2.json", body)
    stages = carried(prefect_server, hub, intake)
    assert stages["tell the platform"] == ("Told", "4 outcomes told in 2 notices.")
    told = [orjson.loads(line) for path in sorted((tmp_path / "outcomes").iterdir()) for line in path.read_bytes().splitlines()]
    assert [(line["submissionId"], line["outcome"]) for line in told] == [
        (id_, end) for id_ in (first, second) for end in ("delivered", "accepted")
    ]
    assert carried(prefect_server, hub)["tell the platform"][0] == "Nothing to do"


def test_what_prefect_could_not_be_told_is_told_with_the_next_look(prefect_server: PrefectServer, hub: Hub) -> None:
    before = len(events(prefect_server, RAISED))
    old = Trouble(AlarmKind.QUARANTINE_OLD, "kent", "danger", 1, "not-json 1")
    alarms.keep(hub.ledger, {AlarmKind.QUARANTINE_OLD}, [old], AT)
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:1/api"}), disable_run_logger():
        asyncio.run(tell(hub))
    assert [alarm.trouble for alarm in alarms.to_tell(hub.ledger).raised] == [old]
    asyncio.run(tell(hub))
    assert alarms.to_tell(hub.ledger) == alarms.ToTell()
    assert eventually(lambda: len(events(prefect_server, RAISED)) > before)
    told = events(prefect_server, RAISED)[0]["payload"]
    assert told["subject"] == "SOH hub: quarantine-old · kent · danger"
    assert told["text"].splitlines()[1:4] == ["Where: kent, danger (not-json 1)", "How many: 1 reports", "Since: 2026-11-22 06:00 UTC"]


def test_an_alarm_is_one_event_when_it_is_raised_and_one_when_it_is_over(
    prefect_server: PrefectServer, hub: Hub, sample_folder: Path, tmp_path: Path
) -> None:
    before = len(events(prefect_server, RAISED)), len(events(prefect_server, CLEARED))
    intake = tmp_path / "intake"
    intake.mkdir()
    _, body = Submissions(sample_folder).take("kent", Lane.ROUTINE)
    put(intake, "1.json", orjson.dumps(orjson.loads(body) | {"category": "nothing known"}))
    stages = carried(prefect_server, hub, intake)
    assert stages["look for alarms"] == ("Nothing to do", "0 alarms stand.")

    hub.clock = Clock.at(AT + timedelta(hours=2))
    stages = carried(prefect_server, hub)
    raised = "1 alarm stands; 1 raised and 0 over since the last look: quarantine-old. `soh-hub alarms` says what to do."
    assert stages["look for alarms"] == ("Alarms raised", raised)
    again = carried(prefect_server, hub)
    assert again["look for alarms"] == ("Alarms stand", "1 alarm stands: quarantine-old. `soh-hub alarms` says what to do.")
    assert eventually(lambda: len(events(prefect_server, RAISED)) > before[0])
    event = events(prefect_server, RAISED)[0]
    assert (event["resource"]["force"], event["resource"]["subject"]) == ("kent", "unknown")
    assert (event["payload"]["number"], event["payload"]["detail"]) == (1, "unknown-service 1; 1 without an owner")

    with hub.ledger.write() as connection:
        connection.execute(update(reports).values(state=State.WITHDRAWN))
    assert carried(prefect_server, hub)["look for alarms"][0] == "Alarms raised"  # the account does not balance now
    assert eventually(lambda: len(events(prefect_server, CLEARED)) > before[1])
    assert [len(events(prefect_server, name)) for name in (RAISED, CLEARED)] == [n + 1 for n in before]
    assert [alarm.trouble.kind for alarm in alarms.standing(hub.ledger)] == ["unbalanced"]
