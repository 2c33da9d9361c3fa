"""How a record's values, and a drop's own, are written as text: the same in every format that has only text."""

from datetime import UTC, datetime
from decimal import Decimal

from hub.mapping.record import Value


def as_text(value: Value) -> str:
    """The value as XML Schema writes it: `true`, `12.50`; None is empty."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = Decimal(repr(value))  # `repr` alone writes small numbers with an exponent, which xs:decimal refuses
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def as_instant(instant: datetime) -> str:
    """An aware datetime in UTC, in whole seconds: `2026-11-22T06:00:00Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
