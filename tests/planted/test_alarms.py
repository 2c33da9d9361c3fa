"""The day with planted trouble, by real passes at a real Prefect server: each alarm is told exactly once, and not again while it stands."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from flows.automations import install
from flows.carry import carry_now
from flows.server import PrefectServer
from flows.wiring import open_hub
from hub.alarm_file import AlarmFile
from hub.ledger.alarms import standing
from sandbox.stand_ins import StandIns
from tests.flows.conftest import stand_ins
from tests.flows.server import eventually
from tests.planted.day import DOWN, MORNING, QUARANTINED, REJECTING, SILENT, plant
from tests.servers.hook import Hook

__all__ = ["stand_ins"]

# three passes to 44 stand-ins, which wait for one that is down
pytestmark = [pytest.mark.xdist_group("prefect: whole passes"), pytest.mark.timeout(900)]


def test_each_planted_trouble_is_told_exactly_once(prefect_server: PrefectServer, stand_ins: StandIns, tmp_path: Path) -> None:  # noqa: ARG001 - it must run
    with Hook.start() as hook:
        (tmp_path / "hook").write_text(f"{hook.url}/hook")
        asyncio.run(install(AlarmFile.model_validate({"send": [{"name": "webhook", "url": f"file:{tmp_path}/hook"}]})))
        try:
            settings = plant(tmp_path, stand_ins)
            hub = open_hub(settings, MORNING)
            try:
                stand = standing(hub.ledger)
                assert eventually(lambda: len(hook.came) >= len(stand), 60)
                carry_now(hub, None, None, wait_seconds=0, settle_seconds=0)
                assert not eventually(lambda: len(hook.came) > len(stand), 5)
            finally:
                hub.close()
        finally:
            asyncio.run(install(AlarmFile()))
    told = Counter(str(body["subject"]).removeprefix("SOH hub: ") for _, body in hook.came)
    names = [" · ".join(filter(None, (one.trouble.kind, one.trouble.force, one.trouble.subject))) for one in stand]
    assert told == Counter(names)
    assert set(told.values()) == {1}
    about = {(one.trouble.kind.value, one.trouble.force) for one in stand}
    assert {("silent-feed", SILENT), ("quarantine-old", QUARANTINED), ("quarantine-old", REJECTING)} <= about
    (circuit,) = [one.trouble for one in stand if one.trouble.kind == "circuit-open"]
    assert DOWN in f"{circuit.force} {circuit.detail}"
