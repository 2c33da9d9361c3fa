"""How grave it is that a report waits in quarantine, and for how long it may: one rule for worklist, alarms, pages and forms."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from hub.documents import Closed
from hub.forces.files import duration
from hub.reports.services import SERVICES
from hub.words import Lane

ROAD_TRAFFIC = "road-traffic"


class Gravity(StrEnum):
    """How grave it is that a report waits, gravest first."""

    DANGER = "danger"  # somebody may be in danger
    UNKNOWN = "unknown"  # nobody knows what it is about
    DEADLINE = "deadline"  # a prosecution must be announced in time
    ROUTINE = "routine"


Ages = Mapping[Gravity, timedelta]

AGES: Ages = {  # how long a report may wait for a person
    Gravity.DANGER: timedelta(hours=1),
    Gravity.UNKNOWN: timedelta(hours=1),
    Gravity.DEADLINE: timedelta(hours=24),
    Gravity.ROUTINE: timedelta(hours=24),
}


def gravity_of(service: str, lane: Lane) -> Gravity:
    """By the lane first: an urgent report is one of danger, whatever its service.

    What is urgent for a near deadline alone is so too, for lane and service do not tell it from one of danger: it is never ranked too low.
    """
    known = SERVICES.get(service)
    if known is None:
        return Gravity.UNKNOWN
    if lane is Lane.URGENT or known.urgent:
        return Gravity.DANGER
    return Gravity.DEADLINE if service == ROAD_TRAFFIC else Gravity.ROUTINE


def rank(gravity: Gravity) -> int:
    """Its place in the order in which to work: 0 is the gravest."""
    return list(Gravity).index(gravity)


def kinds(gravity: Gravity) -> Iterator[tuple[str, Lane]]:
    """Every service and lane of this gravity. Of UNKNOWN there are none: it is what the services do not have."""
    return ((service, lane) for service in SERVICES for lane in Lane if gravity_of(service, lane) is gravity)


_Age = Annotated[timedelta, BeforeValidator(duration)]


class Limits(Closed):
    """How long each may wait, as a file says it; what it leaves out is as shipped."""

    danger: _Age = AGES[Gravity.DANGER]
    unknown: _Age = AGES[Gravity.UNKNOWN]
    deadline: _Age = AGES[Gravity.DEADLINE]
    routine: _Age = AGES[Gravity.ROUTINE]

    def ages(self) -> Ages:
        """The same as the steps take it."""
        return {gravity: getattr(self, gravity.value) for gravity in Gravity}
