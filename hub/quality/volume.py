"""What a run brought for one force: the row that the suite of volumes judges."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Volume:
    """Counts of one force's reports on one day. `daily_minimum` is None where its file expects none."""

    force: str  # slug
    picked_up: int
    quarantined: int
    daily_minimum: int | None = None
