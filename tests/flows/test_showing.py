"""The artifacts of a pass: a page for each force that has moved, and the nation's tables. Against a real Prefect server."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from prefect import flow

from flows.carry import carry_now
from flows.progress import progress_told
from flows.server import PrefectServer
from flows.wiring import Hub
from hub.clock import Clock
from hub.ledger.choosing import Wanted
from hub.steps.operate import Desk, take
from sandbox.faults import Fault, set_faults
from sandbox.stand_ins import StandIns
from tests.end_to_end.intake import crime, put
from tests.flows.conftest import AT, HubOf
from tests.flows.server import Row, ask, passes

pytestmark = pytest.mark.xdist_group("prefect")


def carried(hub: Hub, intake: Path | None = None) -> str:
    """One pass. Returns what it ended as."""
    return carry_now(hub, intake, None, wait_seconds=20, settle_seconds=0).name or ""


def artifacts(server: PrefectServer) -> dict[str, Row]:
    """What the newest pass made, by key; tables as rows."""
    found = ask(server, "artifacts", flow_runs={"id": {"any_": [passes(server)[0]["id"]]}})
    for row in found:
        row["data"] = json.loads(row["data"]) if row["type"] == "table" else row["data"]
    return {row["key"]: row for row in found}


def test_a_pass_shows_the_forces_that_moved_and_one_in_which_nothing_moved_shows_nothing(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path
) -> None:
    hub = hub_of()
    hub.settings = replace(hub.settings, serve_url="http://127.0.0.1:4300")
    rejected, unreadable = crime("46"), b"{"
    put(tmp_path / "intake", "1.json", rejected)
    (tmp_path / "intake" / "2.json").write_bytes(unreadable)
    set_faults(stand_ins.folder, Fault("reject", force="kent"))
    name = carried(hub, tmp_path / "intake")
    set_faults(stand_ins.folder)
    assert name == "Partly quarantined"

    made = artifacts(prefect_server)
    assert {key for key in made if key.startswith("force-")} == {"force-kent", "force-unknown"}
    page = made["force-kent"]["data"].replace("\\", "")
    assert "1 report in quarantine" in page
    assert f"| {rejected['customerReferenceNumber']} (#1) | routine |" in page
    assert "See its reason; amend or re-route. |" in page
    assert f"[Its page](http://127.0.0.1:4300/pages/{AT:%Y-%m-%d}/kent.html)" in page
    assert "[All of it](http://127.0.0.1:4300/worklist)" in made["quarantine"]["description"]
    work = made["quarantine"]["data"]
    assert [(row["code"], row["gravity"], row["owner"]) for row in work] == [("not-json", "unknown", ""), ("rejected", "routine", "")]
    assert all(row["what to do"] for row in work)
    (drop,) = made["drops"]["data"]
    assert (drop["state"], drop["reports"], drop["last error"]) == ("delivered", "1", "")
    assert drop["receipt"]

    assert carried(hub) == "Balanced"
    assert artifacts(prefect_server).keys() <= {"reconciliation", "not-carried-exactly"}
    take(Desk(hub.ledger, hub.registry, hub.clock, "an operator", "take"), Wanted(force="kent"))
    hub.clock = Clock.at(AT.replace(hour=20))
    carried(hub)
    made = artifacts(prefect_server)
    assert {key for key in made if key.startswith("force-")} == {"force-kent"}
    assert "an operator" in made["force-kent"]["data"]
    assert "too long" in made["quarantine"]["data"][0]["waits"]
    for row in made.values():
        assert rejected["digitalReport"]["people"][0]["familyName"] not in str(row)


def test_long_work_shows_how_far_it_has_come_and_short_work_nothing(prefect_server: PrefectServer, hub_of: HubOf) -> None:
    hub = hub_of()
    said: list[tuple[str, int, int | None]] = []
    hub.progress = lambda *what: said.append(what)

    @flow(name="long-work", persist_result=False)
    async def long_work(seconds: float) -> None:
        async with progress_told(hub, every=0.3):
            hub.progress("pick up", 7, None)
            hub.progress("prepare", 3, None)
            await asyncio.sleep(seconds)

    def shown() -> list[tuple[float, str]]:
        runs = ask(prefect_server, "flow_runs", flows={"name": {"any_": ["long-work"]}}, sort="START_TIME_DESC")
        return [
            (float(row["data"]), row["description"])
            for row in ask(prefect_server, "artifacts", flow_runs={"id": {"any_": [runs[0]["id"]]}})
        ]

    asyncio.run(long_work(0.0))
    assert shown() == []
    asyncio.run(long_work(3.0))
    assert shown() == [(100.0, "pick up 7, prepare 3. Done.")]
    assert said == [("pick up", 7, None), ("prepare", 3, None)] * 2
