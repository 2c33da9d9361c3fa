"""How values are written where a format has only text."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from adapters.formats.values import as_instant, as_text
from hub.mapping.record import Value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("007", "007"),
        (None, ""),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (0.00001, "0.00001"),
        (-3.218, "-3.218"),
        (Decimal("450.00"), "450.00"),
        (Decimal("1E+3"), "1000"),
    ],
)
def test_a_value_is_written_as_xml_schema_writes_it(value: Value, text: str) -> None:
    assert as_text(value) == text


def test_an_instant_is_written_in_utc_in_whole_seconds() -> None:
    summer = datetime(2026, 7, 1, 12, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert as_instant(summer) == "2026-07-01T11:00:00Z"
    assert as_instant(summer.astimezone(UTC)) == "2026-07-01T11:00:00Z"
