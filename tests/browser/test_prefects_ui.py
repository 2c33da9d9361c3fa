"""What an operator does in Prefect's UI in the morning, in a real browser against the real server."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from prefect.types.entrypoint import EntrypointType

from flows import operate
from flows.carry import carry_now
from flows.server import PrefectServer
from flows.wiring import Hub
from hub.settings import PROJECT
from sandbox.faults import Fault, set_faults
from sandbox.stand_ins import StandIns
from tests.end_to_end.intake import crime, put
from tests.flows.conftest import HubOf
from tests.flows.server import ask
from tests.servers.chromium import browsing

pytestmark = pytest.mark.xdist_group("prefect: whole passes")


def _carried(hub: Hub, intake: Path | None = None) -> None:
    carry_now(hub, intake, None, wait_seconds=20, settle_seconds=0)


def _offer(action: str) -> None:
    """Its deployment with its form."""
    flow: Any = getattr(operate, action)
    flow.to_deployment(name=action, entrypoint_type=EntrypointType.MODULE_PATH, tags=["operator"]).apply()


def _run_what_was_submitted(server: PrefectServer, action: str) -> None:
    """In a process of its own, as a worker does."""
    (submitted,) = ask(server, "flow_runs", deployments={"name": {"any_": [action]}}, sort="EXPECTED_START_TIME_DESC", limit=1)
    command = [sys.executable, "-m", "prefect.engine", submitted["id"]]
    subprocess.run(command, cwd=PROJECT, env=os.environ, capture_output=True, check=True)


def _open_last_pass(page: Page, server: PrefectServer) -> None:
    page.goto(f"{server.ui_url}/runs")
    page.get_by_role("link", name="carry reports").first.click()
    page.wait_for_url("**/runs/flow-run/**")
    expect(page.get_by_text("Partly quarantined").first).to_be_visible()


def _read_worklist_of(page: Page, force: str, submission: str) -> None:
    """The page that the pass made of the force: what waits for a person, and what to do."""
    page.get_by_role("listitem").filter(has_text="Artifacts").click()
    page.get_by_role("link", name=f"force-{force}").first.click()
    page.wait_for_url("**/artifacts/**")
    expect(page.get_by_role("heading", name="Quarantine", exact=True)).to_be_visible()
    row = page.get_by_role("row").filter(has_text=submission)
    expect(row).to_contain_text("rejected")
    expect(row).to_contain_text("See its reason; amend or re-route.")


def _open_run_of(page: Page, force: str) -> None:
    page.get_by_role("listitem").filter(has_text="Task Runs").click()
    page.get_by_role("link", name=f"deliver {force}").first.click()
    page.wait_for_url("**/runs/task-run/**")
    expect(page.get_by_text("1 report in 1 drop, the last number 1.").first).to_be_visible()


def _choose(page: Page, help_text: str, choice: str) -> None:
    """By the keyboard: a list that is opened by a click closes when the page scrolls to it."""
    page.get_by_role("article").filter(has_text=help_text).locator("xpath=following::button[1]").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name=choice).click()


def _submit_release(page: Page, server: PrefectServer, submission: str) -> None:
    """Through the form alone, as a person fills it."""
    page.goto(f"{server.ui_url}/deployments")
    page.get_by_placeholder("Search deployments").fill("release")
    page.get_by_role("link", name="release").first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_role("button", name="Add item").click()
    expect(page.locator("textarea")).to_have_count(2)  # the one for the name, and that of the route
    page.locator("textarea").first.fill(submission)
    _choose(page, "what was put right", "field-map-corrected")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**?tab=Runs")


def test_last_nights_pass_is_found_and_a_rejected_report_is_released_and_accepted(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, wire = hub_of(), crime("46")
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HUB_ENDPOINTS", str(stand_ins.endpoints))
    put(tmp_path / "intake", "one.json", wire)
    set_faults(stand_ins.folder, Fault("reject", force="kent"))
    _carried(hub, tmp_path / "intake")
    set_faults(stand_ins.folder)
    _offer("release")
    with browsing() as page:
        _open_last_pass(page, prefect_server)
        _read_worklist_of(page, "kent", wire["customerReferenceNumber"])
        _open_last_pass(page, prefect_server)
        _open_run_of(page, "kent")
        _submit_release(page, prefect_server, wire["submissionId"])
        _run_what_was_submitted(prefect_server, "release")
        page.goto(f"{prefect_server.ui_url}/runs")
        page.get_by_role("link", name=f"Release {wire['submissionId']}: field-map-corrected").click()
        expect(page.get_by_text("Released").first).to_be_visible()
    _carried(hub)
    with browsing() as page:
        page.goto(f"{prefect_server.ui_url}/artifacts/key/reconciliation")
        expect(page.get_by_text("1 submission: 1 accepted")).to_be_visible()
