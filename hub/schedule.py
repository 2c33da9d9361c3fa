"""When drops are due, and when they may leave: each route's own schedule and window, in its own time zone.

What was served, and what time it is, are given.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

if TYPE_CHECKING:
    from hub.forces.force import Drops  # whose files are checked with `is_schedule`
    from hub.forces.registry import Registry

RouteName = tuple[str, str]  # force and route


def route_name(text: str) -> RouteName:
    """The route that `kent/records-system` names."""
    force, _, route = text.partition("/")
    return force, route


_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def next_slot(drops: "Drops", after: datetime) -> datetime:
    """The first instant after `after` at which drops are due, in UTC.

    A change of the clocks is met as Debian's cron meets it: what falls into the hour that March leaves out is due when that
    hour would have begun, what falls into the hour that October has twice is due in the first of the two, and what is due
    every so many minutes goes on through both.
    """
    later = CronSim(drops.schedule, after.astimezone(ZoneInfo(drops.timezone)))
    slots = (slot.astimezone(UTC) for slot in later)
    return next(slot for slot in slots if slot > after)  # begun in October's second hour, CronSim gives what was due in the first


def is_schedule(text: str) -> bool:
    """Whether a text is a schedule that comes due at some time: five fields as cron has them."""
    try:
        return len(text.split()) == 5 and next(CronSim(text, _ANY_DAY), None) is not None
    except CronSimError:
        return False


@dataclass(frozen=True, slots=True)
class Window:
    """The part of each day in which a far end takes drops, by the clock on its wall: `22:00-05:00` runs past midnight."""

    begins: time
    ends: time

    @classmethod
    def parse(cls, text: str) -> "Window":
        """A window as a file has it. Raises ValueError."""
        clock = r"([01][0-9]|2[0-3]):([0-5][0-9])"
        found = re.fullmatch(rf"{clock}-{clock}", text, re.ASCII)
        if not found or found.groups()[:2] == found.groups()[2:]:
            raise ValueError(f"{text!r} is no window: two different times of the day, such as '22:00-05:00'")
        first_hour, first_minute, last_hour, last_minute = map(int, found.groups())
        return cls(time(first_hour, first_minute), time(last_hour, last_minute))

    def is_open(self, now: datetime, timezone: str) -> bool:
        """Whether drops may leave now.

        Of the hour that October has twice, a window begins in the first and ends in the second; one that begins or ends in the
        hour that March leaves out does so as many minutes after it.
        """
        today = now.astimezone(ZoneInfo(timezone)).date()
        return any(self._begin(day, timezone) <= now < self._end(day, timezone) for day in (today - timedelta(days=1), today))

    def _begin(self, day: date, timezone: str) -> datetime:
        return datetime.combine(day, self.begins, ZoneInfo(timezone)).astimezone(UTC)

    def _end(self, day: date, timezone: str) -> datetime:
        last = day if self.ends > self.begins else day + timedelta(days=1)
        local = datetime.combine(last, self.ends, ZoneInfo(timezone))
        return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def scheduled(registry: "Registry", day: date) -> "dict[RouteName, Drops]":
    """The routes that keep a schedule on a day: each force's primary one, and its copies."""
    routes = (route for known in registry.forces.values() for route in known.kept_on(day))
    return {(route.force, route.name): route.drops for route in routes}


@dataclass(frozen=True, slots=True)
class Timetable:
    """For each route the first slot since its drops were last served. However many were missed, it is due once."""

    slots: Mapping[RouteName, datetime]

    def due(self, now: datetime) -> frozenset[RouteName]:
        """The routes whose drops are due now."""
        return frozenset(route for route, slot in self.slots.items() if slot <= now)

    def next_due(self) -> datetime | None:
        """When the first of them is due; None where there is no route."""
        return min(self.slots.values(), default=None)


def timetable(routes: "Mapping[RouteName, Drops]", served: Mapping[RouteName, datetime]) -> Timetable:
    """The timetable of these routes; one that was never served is not in it."""
    return Timetable({route: next_slot(drops, served[route]) for route, drops in routes.items() if route in served})
