"""The automations that tell alarms, and how they are installed: what is ours is made, changed and removed; nothing else is touched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from prefect.client.orchestration import PrefectClient, get_client
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import Automation, AutomationCore, EventTrigger, Posture

from flows.alarm_block import TYPE, AlarmMessenger
from hub.alarm_file import AlarmFile, Send
from hub.alarms import MEANINGS, RUNS, AlarmKind, Meaning, RunKind

RAISED, CLEARED, LOOKED = "soh-hub.alarm.raised", "soh-hub.alarm.cleared", "soh-hub.alarms.looked"
HUB_ITSELF = "soh-hub"  # the resource that LOOKED is about
OURS = "SOH hub · "  # how the names of our automations begin
ONE_AN_HOUR = timedelta(hours=1)  # of one flow: one cause is not told once for every run that it ends
_GIVEN = ("name", "description", "enabled", "trigger", "actions")


@dataclass
class Installed:
    """What was done, by the names of the automations."""

    made: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)


async def install(file: AlarmFile) -> Installed:
    """Have Prefect's server tell the alarms as the file says it; without anybody to tell, all of ours are removed."""
    done = Installed()
    async with get_client() as client:
        blocks = [await _saved(number, send) for number, send in enumerate(file.send, start=1)]
        wanted = {one.name: one for one in _automations(file, blocks)}
        there = {one.name: one for one in await client.read_automations(limit=200) if one.name.startswith(OURS)}
        for name, automation in wanted.items():
            await _put(client, automation, there.get(name), done)
        for name in sorted(there.keys() - wanted.keys()):
            await client.delete_automation(there[name].id)
            done.removed.append(name)
        await _forget(client, len(blocks))
    return done


async def _put(client: PrefectClient, wanted: AutomationCore, there: Automation | None, done: Installed) -> None:
    """One that somebody has switched off stays so."""
    if there is None:
        await client.create_automation(wanted)
        done.made.append(wanted.name)
        return
    wanted.enabled = there.enabled
    if _said(there) == _said(wanted):
        done.same.append(wanted.name)
        return
    await client.update_automation(there.id, wanted)
    done.changed.append(wanted.name)


def _said(automation: AutomationCore) -> dict[str, Any]:
    said = automation.model_dump(mode="json", include=set(_GIVEN))
    said["trigger"] = {key: sorted(value) if isinstance(value, list) else value for key, value in said["trigger"].items() if key != "id"}
    return said


async def _saved(number: int, send: Send) -> Any:
    """The id of a messenger's block; its name is its place in the file."""
    return await AlarmMessenger(settings=send.settings).save(f"{TYPE}-{number}", overwrite=True)


async def _forget(client: PrefectClient, kept: int) -> None:
    """Blocks of messengers that the file has no more."""
    for document in await client.read_block_documents_by_type(TYPE):
        number = (document.name or "").removeprefix(f"{TYPE}-")
        if number.isdigit() and int(number) > kept:
            await client.delete_block_document(document.id)


def _automations(file: AlarmFile, blocks: Sequence[Any]) -> Iterator[AutomationCore]:
    """One for each kind of alarm that anybody is told of."""
    for kind in (*AlarmKind, *RunKind):
        told = [block for send, block in zip(file.send, blocks, strict=True) if send.wants(kind)]
        if told:
            subject, body = _words(kind)
            actions = [SendNotification(block_document_id=block, subject=subject, body=body) for block in told]
            meaning = RUNS[kind] if isinstance(kind, RunKind) else MEANINGS[kind]
            yield AutomationCore(name=f"{OURS}{kind}", description=meaning.what, trigger=_trigger(kind, file), actions=actions)


def _trigger(kind: AlarmKind | RunKind, file: AlarmFile) -> EventTrigger:
    match kind:
        case RunKind.LATE_PASS:  # after a look, another is expected in time
            about = {"prefect.resource.id": HUB_ITSELF}
            return EventTrigger(after={LOOKED}, expect={LOOKED}, match=about, posture=Posture.Proactive, within=file.late_after)
        case RunKind.CRASHED_RUN:
            return _of_runs("prefect.flow-run.Crashed", "prefect.flow-run.Failed")
        case RunKind.NOT_BEGUN:
            return _of_runs("prefect.flow-run.Late")
        case _:
            expect = {RAISED, CLEARED} if file.tell_when_over else {RAISED}
            return EventTrigger(expect=expect, match={"prefect.resource.id": f"soh-hub.alarm.{kind}.*"}, posture=Posture.Reactive)


def _of_runs(*events: str) -> EventTrigger:
    """Of any flow, each by itself: the first, and then none for an hour."""
    each = {"related:flow:prefect.resource.id"}
    match_ = {"prefect.resource.id": "prefect.flow-run.*"}
    return EventTrigger(expect=set(events), match=match_, for_each=each, posture=Posture.Reactive, within=ONE_AN_HOUR)


def _words(kind: AlarmKind | RunKind) -> tuple[str, str]:
    """What is said, as a template of Prefect's: an alarm's event brings its own words."""
    if isinstance(kind, AlarmKind):
        return "{{ event.payload['subject'] }}", "{{ event.payload['text'] }}"
    if kind is RunKind.LATE_PASS:
        return f"SOH hub: {kind}", _text(RUNS[kind], "the dispatcher", "{{ event.occurred.strftime('%Y-%m-%d %H:%M UTC') }}")
    where = "the flow {{ flow.name }}, {{ flow_run|ui_url or flow_run.id }}"
    return f"SOH hub: {kind} · {{{{ flow.name }}}}", _text(RUNS[kind], where, "{{ event.occurred.strftime('%Y-%m-%d %H:%M UTC') }}")


def _text(meaning: Meaning, where: str, since: str) -> str:
    return f"What: {meaning.what}\nWhere: {where}\nSince: {since}\nWhat next: {meaning.do}"
