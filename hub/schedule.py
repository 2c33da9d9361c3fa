"""When drops are due: each route's own schedule, in its own time zone. What was served, and what time it is, are given."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

if TYPE_CHECKING:
    from hub.forces.force import Drops  # whose files are checked with `is_schedule`
    from hub.forces.registry import Registry

RouteName = tuple[str, str]  # force and route

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


def scheduled(registry: "Registry", day: date, forces: Collection[str] | None = None) -> "dict[RouteName, Drops]":
    """The routes that keep a schedule on a day: the primary one of each force, or of these forces alone."""
    routes = (known.primary_on(day) for force, known in registry.forces.items() if forces is None or force in forces)
    return {(route.force, route.name): route.drops for route in routes if route}


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
