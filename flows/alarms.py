"""Alarms: what is wrong is looked for, and each alarm that is raised or over is one event, which automations act on."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from prefect import get_run_logger, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.events import Event
from prefect.settings import get_current_settings

from flows.automations import CLEARED, HUB_ITSELF, LOOKED, RAISED
from flows.stage import KEEPS_NOTHING, count, ended, in_thread
from flows.tags import tag
from flows.wiring import Hub, current
from hub import telling
from hub.alarms import MEANINGS
from hub.contracts import Told
from hub.ledger.alarms import Alarm, Changed, ToTell, standing, to_tell, told
from hub.steps import alarms as step

_SAME = uuid.UUID("4f0a3c1e-6a5f-4c0e-9d43-7b1f7f2a9b10")  # any of our own: an alarm's event has the same id however often it is sent


@task(name="alarms", task_run_name="look for alarms", **KEEPS_NOTHING)
async def look_for_alarms() -> State[None]:
    """Raise and clear alarms by what the ledger says now, and send an event for each that Prefect does not know of."""
    tag("alarms")
    hub = current()
    changed = await in_thread(step.look, hub.ledger, hub.registry, hub.clock, hub.account, hub.alarm_file.ages)
    await tell(hub)
    return ended(*_told(changed, await in_thread(standing, hub.ledger)))


async def tell(hub: Hub) -> None:
    """That we looked, and what is new. That Prefect cannot be told harms nothing: the ledger has the alarm, and the next look tells it."""
    if not get_current_settings().api.url:
        return
    new = await in_thread(to_tell, hub.ledger)
    looked = Event(event=LOOKED, resource={"prefect.resource.id": HUB_ITSELF, "prefect.resource.name": "The hub"})
    try:
        await send([looked, *events(new, hub.ledger.series, hub.settings.serve_url)])
    except Exception as error:  # whatever Prefect's client meets, the pass goes on
        get_run_logger().warning("Prefect could not be told of the alarms (%s): the next look tells it.", type(error).__name__)
        return
    if new.raised or new.cleared:
        await in_thread(told, hub.ledger, new, datetime.now(UTC))


async def send(some: list[Event]) -> None:
    """Hand events over in one request: when this returns, Prefect's server has them."""
    async with get_client() as client:
        answer = await client.request("POST", "/events", json=[event.model_dump(mode="json") for event in some])
        answer.raise_for_status()


def events(new: ToTell, series: str, pages: str | None) -> Iterator[Event]:
    """One for each alarm that is raised or over."""
    for alarm in new.raised:
        yield event_of(RAISED, alarm, telling.raised(alarm, pages), series)
    for alarm in new.cleared:
        yield event_of(CLEARED, alarm, telling.cleared(alarm), series)


def event_of(what: str, alarm: Alarm, words: Told, series: str) -> Event:
    """The event, with the words in which people are told."""
    trouble, meaning = alarm.trouble, MEANINGS[alarm.trouble.kind]
    names = {"kind": trouble.kind.value, "force": trouble.force, "subject": trouble.subject}
    about = {"prefect.resource.id": f"soh-hub.alarm.{trouble.kind}.{trouble.force}", "prefect.resource.name": meaning.what}
    payload: dict[str, Any] = {
        "number": trouble.number,
        "of": meaning.number,
        "detail": trouble.detail,
        "do": meaning.do,
        "raised_at": str(alarm.raised_at),
        "subject": words.subject,
        "text": words.text,
    }
    return Event(event=what, resource=about | names, payload=payload, id=uuid.uuid5(_SAME, f"{series} {alarm.id} {what}"))


def _told(changed: Changed, stand: list[Alarm]) -> tuple[str, str]:
    message = f"{count(len(stand), 'alarm')} {'stands' if len(stand) == 1 else 'stand'}"
    if changed.raised or changed.cleared:
        message += f"; {len(changed.raised):,} raised and {len(changed.cleared):,} over since the last look"
    if not stand:
        return ("All clear" if changed.cleared else "Nothing to do", f"{message}.")
    kinds = ", ".join(sorted({alarm.trouble.kind.value for alarm in stand}))
    name = "Alarms raised" if changed.raised else "Alarms stand"
    return name, f"{message}: {kinds}. `soh-hub alarms` says what to do."
