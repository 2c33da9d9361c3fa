"""The flow that reconciles: it asks the far ends, and names what does not agree in an artifact."""

import asyncio
from pathlib import Path

import pytest

from flows.reconcile import reconcile
from flows.server import PrefectServer
from flows.stage import end_of
from flows.wiring import running
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import carry
from tests.end_to_end.intake import crime, put
from tests.flows.conftest import HubOf
from tests.flows.server import ask

pytestmark = pytest.mark.xdist_group("prefect")

KENT = "46"


def test_a_run_says_whether_the_far_ends_agree_and_its_artifact_names_what_does_not(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path
) -> None:
    hub, intake = hub_of(), tmp_path / "intake"
    put(intake, "1.json", crime(KENT))
    carry(hub, intake)
    inbox = stand_ins.folder / "sftp" / "kent" / "records-system" / "in" / "soh"
    (lost,) = (path for path in inbox.glob(f"kent.*.{hub.ledger.series}.*") if ".incidents." in path.name)
    lost.unlink()
    with running(hub):
        end = asyncio.run(end_of(reconcile(far_ends=True, return_state=True)))
    assert (end.name, end.is_failed()) == ("Does not agree", True)
    assert "1 missing-at-far-end" in (end.message or "")
    (newest, *_) = ask(prefect_server, "artifacts", artifacts={"key": {"any_": ["what-does-not-agree"]}}, sort="CREATED_DESC")
    assert newest["description"] == end.message
    assert lost.name in newest["data"]
