"""How values are written by hand: what the declared formats do, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hub.clock import LONDON
from hub.mapping.codes import Translation
from hub.mapping.letters import without_controls
from hub.mapping.run import Unmappable

Nodes = list[tuple[str, Any]]
Signals = list[tuple[str, str]]
Table = Mapping[str, Translation]


@dataclass(frozen=True)
class Codes:
    """The translations of a day, list by list."""

    service: Table
    gender: Table
    ethnicity: Table
    offence: Table
    injury: Table = field(default_factory=dict)
    role: Table = field(default_factory=dict)
    involvement: Table = field(default_factory=dict)
    marking: Table = field(default_factory=dict)
    hate_strand: Table = field(default_factory=dict)


def clean(text: str, path: str, signals: Signals) -> str:
    """Without what XML 1.0 cannot hold."""
    written = without_controls(text)
    if written != text:
        signals.append(("control-character", path))
    return written


def cut(text: str, most: int, path: str, signals: Signals) -> str:
    """At most so many characters."""
    if len(text) > most:
        signals.append(("truncated", path))
        return text[:most]
    return text


def translated(table: Table, code: str, path: str, signals: Signals) -> str:
    """The force's own code. Raises Unmappable."""
    found = table.get(code)
    if found is None:
        raise Unmappable("code-unmapped", path)
    if found.lossy:
        signals.append(("lossy-code", path))
    return found.value


def local(instant: datetime, path: str, signals: Signals) -> str:
    """The time in Europe/London without its offset."""
    here = instant.astimezone(LONDON)
    if here.month == 10 and here.utcoffset() != here.replace(fold=1 - here.fold).utcoffset():
        signals.append(("ambiguous-time", path))
    return here.replace(tzinfo=None).isoformat(timespec="seconds")


def in_london(instant: datetime) -> str:
    """The time in Europe/London with its offset."""
    return instant.astimezone(LONDON).isoformat(timespec="seconds")


def in_utc(instant: datetime) -> str:
    """The time in UTC, with its Z."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def national(phone: str) -> str:
    """A number as it is dialled from here."""
    return f"0{phone[3:]}" if phone.startswith("+44") else f"00{phone[1:]}" if phone.startswith("+") else phone


def decimal(number: float) -> Decimal:
    """A coordinate with all its digits."""
    return Decimal(repr(number))
