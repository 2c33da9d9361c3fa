"""An alarm in words, for the people who are told of it: what, where, how many, since when, and what next. No personal data."""

from hub.alarms import MEANINGS
from hub.contracts import Told
from hub.ledger.alarms import Alarm

_TIME = "%Y-%m-%d %H:%M UTC"


def raised(alarm: Alarm, pages: str | None) -> Told:
    """That it stands. `pages` is where the hub's own pages are served, if they are."""
    trouble, meaning = alarm.trouble, MEANINGS[alarm.trouble.kind]
    lines = [
        f"What: {meaning.what}",
        f"Where: {_where(alarm)}",
        f"How many: {trouble.number:,} {meaning.number}",
        f"Since: {alarm.raised_at:{_TIME}}",
        f"What next: {meaning.do}",
    ]
    return Told(f"SOH hub: {_name(alarm)}", "\n".join([*lines, *([f"More: {pages}"] if pages else [])]))


def cleared(alarm: Alarm) -> Told:
    """That it is over."""
    until = f"{alarm.cleared_at:{_TIME}}" if alarm.cleared_at else "now"
    stood = f"It stood from {alarm.raised_at:{_TIME}} until {until}."
    text = f"Over: {MEANINGS[alarm.trouble.kind].what}\nWhere: {_where(alarm)}\n{stood}"
    return Told(f"SOH hub: over: {_name(alarm)}", text)


def _name(alarm: Alarm) -> str:
    return " · ".join(filter(None, (alarm.trouble.kind, alarm.trouble.force, alarm.trouble.subject)))


def _where(alarm: Alarm) -> str:
    trouble = alarm.trouble
    return ", ".join(filter(None, (trouble.force, trouble.subject))) + (f" ({trouble.detail})" if trouble.detail else "")
