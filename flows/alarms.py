"""Alarms: what is wrong is looked for, and each alarm that is raised or over is one event, which automations can act on."""

import uuid

from prefect import get_run_logger, task
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.settings import get_current_settings

from flows.stage import KEEPS_NOTHING, count, ended, in_thread
from flows.tags import tag
from flows.wiring import current
from hub.alarms import MEANINGS
from hub.ledger.alarms import Alarm, Changed, standing
from hub.steps import alarms as step

RAISED, CLEARED = "soh-hub.alarm.raised", "soh-hub.alarm.cleared"
_SAME = uuid.UUID("4f0a3c1e-6a5f-4c0e-9d43-7b1f7f2a9b10")  # any of our own: an alarm's event has the same id however often it is sent


@task(name="alarms", task_run_name="look for alarms", **KEEPS_NOTHING)
async def look_for_alarms() -> State[None]:
    """Raise and clear alarms by what the ledger says now, and send an event for each that is new or over."""
    tag("alarms")
    hub = current()
    changed = await in_thread(step.look, hub.ledger, hub.registry, hub.clock, hub.account, hub.alarm_file.ages)
    for alarm in changed.raised:
        _send(RAISED, alarm, hub.ledger.series)
    for alarm in changed.cleared:
        _send(CLEARED, alarm, hub.ledger.series)
    return ended(*_told(changed, await in_thread(standing, hub.ledger)))


def _send(what: str, alarm: Alarm, series: str) -> None:
    """One event. That it cannot be sent harms nothing: the alarm stands in the ledger, and `soh-hub status` shows it."""
    if not get_current_settings().api.url:
        return
    trouble, meaning = alarm.trouble, MEANINGS[alarm.trouble.kind]
    names = {"kind": trouble.kind.value, "force": trouble.force, "subject": trouble.subject}
    try:
        emit_event(
            what,
            {"prefect.resource.id": f"soh-hub.alarm.{trouble.kind}.{trouble.force}", "prefect.resource.name": meaning.what, **names},
            payload={
                "number": trouble.number,
                "of": meaning.number,
                "detail": trouble.detail,
                "do": meaning.do,
                "raised_at": str(alarm.raised_at),
            },
            id=uuid.uuid5(_SAME, f"{series} {alarm.id} {what}"),
        )
    except Exception as error:  # whatever Prefect's client meets, the pass goes on
        get_run_logger().warning("The event of an alarm could not be sent (%s).", type(error).__name__)


def _told(changed: Changed, stand: list[Alarm]) -> tuple[str, str]:
    message = f"{count(len(stand), 'alarm')} {'stands' if len(stand) == 1 else 'stand'}"
    if changed.raised or changed.cleared:
        message += f"; {len(changed.raised):,} raised and {len(changed.cleared):,} over since the last look"
    if not stand:
        return ("All clear" if changed.cleared else "Nothing to do", f"{message}.")
    kinds = ", ".join(sorted({alarm.trouble.kind.value for alarm in stand}))
    name = "Alarms raised" if changed.raised else "Alarms stand"
    return name, f"{message}: {kinds}. `soh-hub alarms` says what to do."
