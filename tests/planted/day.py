"""A day with planted trouble, made by real passes to stand-ins: one force is down, one silent, one rejects, one has forty in quarantine.

All forces are on file. Only the silent one expects reports, so that no other is silent.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import yaml

from adapters.keys import DEMO
from flows.carry import carry_now
from flows.wiring import Hub, open_hub
from hub.clock import Clock
from hub.settings import PROJECT, Settings
from sandbox.faults import Fault, set_faults
from sandbox.stand_ins import StandIns
from tests.end_to_end.intake import Wire, crime, put
from tests.flows.conftest import AT, SOON

DAY = date(2026, 11, 22)
BEFORE = Clock.at(AT - timedelta(days=2))
MORNING = Clock.at(AT + timedelta(hours=26))  # 08:00 of the next day
DOWN, SILENT, REJECTING, QUARANTINED, WELL = "cumbria", "gwent", "essex", "dorset", "kent"
CODES = {DOWN: "03", REJECTING: "42", QUARANTINED: "55", WELL: "46"}
MINIMUM = 10  # that the silent force expects
SENT = {DOWN: 3, REJECTING: 20, QUARANTINED: 40, WELL: 2}
FAULTS = (Fault("connection-refused", force=DOWN), Fault("reject", force=REJECTING, every=20))

Carry = Callable[[Hub, Path | None], object]


def plant(folder: Path, stand_ins: StandIns, carry: Carry | None = None) -> Settings:
    """The day as three passes: two days before, on its morning, and at 08:00 of the next day. Returns the settings of that hub.

    `carry` makes one pass; default is the flow itself, which needs Prefect's server.
    """
    settings = _settings(folder, stand_ins)
    passes = carry or _carry
    intakes = _intakes(folder)
    for clock, intake in zip((BEFORE, Clock.at(AT), MORNING), intakes, strict=True):
        hub = open_hub(settings, clock)
        set_faults(stand_ins.folder, *FAULTS)
        try:
            passes(hub, intake)
        finally:
            set_faults(stand_ins.folder)
            hub.close()
    return settings


def _carry(hub: Hub, intake: Path | None) -> object:
    return carry_now(hub, intake, None, wait_seconds=20, settle_seconds=0)


def _settings(folder: Path, stand_ins: StandIns) -> Settings:
    read = Settings.read({"HUB_HOME": str(folder / "home"), "HUB_MAPPINGS": str(_mappings(folder / "mappings")), "HUB_KEYS": DEMO})
    return replace(read, endpoints=stand_ins.endpoints, retry=SOON)


def _mappings(folder: Path) -> Path:
    """The project's own; only the silent force expects a number of reports each day."""
    shutil.copytree(PROJECT / "mappings", folder)
    for path in (folder / "forces").glob("*.yaml"):
        file = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - builds texts alone
        file.pop("expect", None)
        if path.stem == SILENT:
            file["expect"] = {"daily_minimum": str(MINIMUM)}
        path.write_text(yaml.safe_dump(file, allow_unicode=True), encoding="utf-8")
    return folder


def _intakes(folder: Path) -> tuple[Path, Path, None]:
    put(folder / "before", "first.json", crime(CODES[WELL]))
    for force, number in SENT.items():
        for wire in _wires(force, number):
            put(folder / "day", f"{wire['submissionId']}.json", wire)
    return folder / "before", folder / "day", None


def _wires(force: str, number: int) -> Iterator[Wire]:
    for _ in range(number):
        wire = crime(CODES[force])
        if force == QUARANTINED:  # `incident-in-future`
            wire["digitalReport"]["incident"] |= {"occurredFrom": "2026-12-20T22:00:00+00:00", "occurredTo": "2026-12-20T23:00:00+00:00"}
        yield wire
