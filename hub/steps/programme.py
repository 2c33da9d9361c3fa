"""The programme's own figures: who is live with what and from when, and what that brought."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from hub.forces.force import Force
from hub.forces.registry import Registry
from hub.ledger.ledger import Ledger
from hub.ledger.months import Month, months
from hub.reports.services import SERVICES

REKEYING = "up to 40 minutes a case is what the programme has said in public of keying an emailed report in by hand"


@dataclass(frozen=True, slots=True)
class Live:
    """A force that takes a service from a day on. `assumed` where the day is no public fact."""

    force: str
    service: str
    day: date
    assumed: bool


@dataclass(frozen=True)
class Programme:
    """Everything that the programme reports of itself, as of `today`."""

    today: date
    live: tuple[Live, ...]  # by day
    planned: tuple[Live, ...]  # days to come, the next first
    forces: int  # on file
    months: dict[tuple[str, str], Month]  # by month and service
    minutes: float  # an assumption: what keying one report in is taken to cost

    @property
    def forces_live(self) -> int:
        return len({one.force for one in self.live})

    @property
    def total(self) -> Month:
        return sum(self.months.values(), Month())

    @property
    def automatic(self) -> float | None:
        """The share of the due reports that reached a force's system by themselves; None where none were due."""
        total = self.total
        return total.automatic / total.due if total.due else None

    @property
    def saved(self) -> float:
        """Minutes that nobody had to key in."""
        return (self.total.delivered - self.total.emailed) * self.minutes


def programme(ledger: Ledger, registry: Registry, today: date, minutes: float) -> Programme:
    """The figures as of a day. Raises LedgerUnavailable."""
    every = sorted((one for force in registry.forces.values() for one in _of(force)), key=lambda one: (one.day, one.force, one.service))
    live, planned = (tuple(one for one in every if (one.day <= today) is now) for now in (True, False))
    routes = (route for force in registry.forces.values() for route in force.routes)
    emails = {(route.force, route.name) for route in routes if route.transport.get("name") == "email"}
    return Programme(today, live, planned, len(registry.forces) + len(registry.broken), months(ledger, emails), minutes)


def _of(force: Force) -> Iterator[Live]:
    for service in SERVICES:
        from_ = force.live_from(service)
        if from_.day:
            yield Live(force.slug, service, from_.day, from_.assumed)
