"""What a page is about: one day, or the days of one month."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from hub.clock import LONDON

RECENT = "now"  # the name of the period that ends today
RUN_UP = 13  # days before a day that its chart of volumes shows, too


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last` in Europe/London. `name` stands in addresses and file names: `2026-11-22`, `2026-11`."""

    first: date
    last: date
    name: str
    title: str

    @classmethod
    def day(cls, day: date) -> Self:
        return cls(day, day, day.isoformat(), f"{day:%A} {day.day} {day:%B %Y}")

    @classmethod
    def month(cls, year: int, month: int) -> Self:
        first = date(year, month, 1)
        return cls(first, date(year, month, monthrange(year, month)[1]), f"{first:%Y-%m}", f"{first:%B %Y}")

    @classmethod
    def recent(cls, today: date) -> Self:
        """Yesterday and today: what an operator looks at in the morning."""
        yesterday = today - timedelta(days=1)
        return cls(yesterday, today, RECENT, f"Yesterday and today, {yesterday.day} and {today.day} {today:%B %Y}")

    @classmethod
    def named(cls, name: str) -> Self:
        """The period of a name. Raises ValueError for anything else than `YYYY-MM-DD` or `YYYY-MM`."""
        read = datetime.strptime(name, "%Y-%m-%d" if name.count("-") == 2 else "%Y-%m").date()  # noqa: DTZ007 - a day, not an instant
        found = cls.day(read) if name.count("-") == 2 else cls.month(read.year, read.month)
        if found.name != name:
            raise ValueError(f"{name} is written {found.name}")
        return found

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def shown(self) -> list[date]:
        """The days of its chart of volumes: a day is seen beside those before it."""
        since = self.last - timedelta(days=RUN_UP) if (self.last - self.first).days < 2 else self.first
        return [since + timedelta(days=n) for n in range((self.last - since).days + 1)]

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time(), LONDON)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), LONDON)
