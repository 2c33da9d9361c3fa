"""The one clock: it decides live dates, windows, code lists and deadlines. Injected, never read from the system elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Clock:
    """Tells the time of a run: the system's, or the one instant given with `--at`.

    `now` gives an aware datetime in UTC. Raises ValueError when made from a time without an offset.
    """

    read: Callable[[], datetime] = lambda: datetime.now(UTC)
    instant: datetime | None = None  # at which it stands still

    @classmethod
    def at(cls, instant: datetime) -> "Clock":
        """A clock that stands still at `instant`."""
        if instant.tzinfo is None:
            raise ValueError(f"{instant.isoformat()} has no offset: write it with one, such as +00:00")
        fixed = instant.astimezone(UTC)
        return cls(lambda: fixed, fixed)

    def now(self) -> datetime:
        return self.read()

    def today(self) -> date:
        """The day in Europe/London."""
        return self.now().astimezone(LONDON).date()


def day_of(instant: datetime) -> date:
    """The day in Europe/London that an instant belongs to: the account is kept by it."""
    return instant.astimezone(LONDON).date()
