"""A test of the alarms: one of each kind goes the way that real ones go, and what became of it is asked of Prefect."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.events import Event
from prefect.states import Crashed, Scheduled

from flows.alarms import event_of, send
from flows.automations import OURS, RAISED
from hub.alarms import AlarmKind, RunKind
from hub.contracts import Told
from hub.ledger.alarms import Alarm, Trouble
from hub.telling import raised

FORCE, SUBJECT = "test", "no force: a test of the alarms"
_DONE, _FAILED = "prefect.automation.action.executed", "prefect.automation.action.failed"
_PAUSE = 0.5  # seconds between two looks


@dataclass
class Tried:
    """How many messengers took each kind, and what went wrong. `missing` are kinds that no automation told of in time."""

    told: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[str, str]] = field(default_factory=list)  # kind, why
    missing: list[str] = field(default_factory=list)


@flow(name="alarms-test", flow_run_name="a test of the alarms", persist_result=False)
def alarms_test() -> None:
    """Never run: runs of it are put into the state that an alarm is about."""


async def try_all(patience: float = 120) -> Tried:
    """Send one of each kind and wait until Prefect has told them all, or `patience` seconds are over."""
    began = datetime.now(UTC)
    async with get_client() as client:
        expected = {
            one.name.removeprefix(OURS): len(one.actions)
            for one in await client.read_automations(limit=200)
            if one.name.startswith(OURS) and one.enabled and one.name != f"{OURS}{RunKind.LATE_PASS}"
        }
        await send([_event(kind, began) for kind in AlarmKind])
        await _stage(client, Crashed(message="A test of the alarms."), expected, RunKind.CRASHED_RUN)
        await _stage(client, Scheduled(name="Late", message="A test of the alarms."), expected, RunKind.NOT_BEGUN)
        return await _outcome(client, expected, began, time.monotonic() + patience)


def _event(kind: AlarmKind, now: datetime) -> Event:
    alarm = Alarm(0, Trouble(kind, FORCE, SUBJECT, 0), now)
    words = raised(alarm, None)
    return event_of(RAISED, alarm, Told(f"TEST · {words.subject}", f"This is a test: nothing is wrong.\n{words.text}"), str(uuid.uuid4()))


async def _stage(client: PrefectClient, state: State[Any], expected: Collection[str], kind: RunKind) -> None:
    """A run in this state. One that is late is called off again, so that no worker ever takes it."""
    if kind not in expected:
        return
    run = await client.create_flow_run(alarms_test, tags=["alarms-test"])
    await client.set_flow_run_state(run.id, state, force=True)


async def _outcome(client: PrefectClient, expected: dict[str, int], began: datetime, end: float) -> Tried:
    tried = Tried()
    while True:
        tried = _read(await _actions(client, began))
        seen = tried.told + Counter(kind for kind, _ in tried.failed)
        tried.missing = sorted(kind for kind, number in expected.items() if seen[kind] < number)
        if not tried.missing or time.monotonic() >= end:
            return tried
        await asyncio.sleep(_PAUSE)


async def _actions(client: PrefectClient, began: datetime) -> list[dict[str, Any]]:
    """What became of the automations' actions since then."""
    about = {"event": {"name": [_DONE, _FAILED]}, "occurred": {"since": began.isoformat()}}
    answer = await client.request("POST", "/events/filter", json={"filter": about, "limit": 50})
    answer.raise_for_status()
    page = answer.json()
    found = list(page["events"])
    while page.get("next_page"):
        page = (await client.request("GET", page["next_page"])).json()
        found += page["events"]
    return found


def _read(actions: list[dict[str, Any]]) -> Tried:
    tried = Tried()
    for event in actions:
        name = event["resource"].get("prefect.resource.name", "")
        if not name.startswith(OURS):
            continue
        kind = name.removeprefix(OURS)
        if event["event"] == _DONE:
            tried.told[kind] += 1
        else:
            tried.failed.append((kind, str(event["payload"].get("notification_log") or event["payload"].get("reason"))))
    return tried
