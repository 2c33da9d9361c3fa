"""Reconcile: the account of what was picked up, where it stands, and whether the two agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hub.clock import Clock
from hub.discrepancies import Discrepancy, Kind
from hub.forces.registry import Registry
from hub.ledger import evidence, histories
from hub.ledger.account import Account, account
from hub.ledger.daily import Line, lines
from hub.ledger.ledger import Ledger
from hub.quality.checks import Checks, Finding
from hub.quality.volume import Volume
from hub.steps.volumes import silent_feeds
from hub.words import Purpose, State


@dataclass(frozen=True)
class Reconciliation:
    """The account, and what the volumes' checks say of it: `volumes` names forces whose feed is too small or too bad."""

    account: Account
    volumes: tuple[Finding, ...]

    @property
    def balanced(self) -> bool:
        return self.account.balanced


def reconcile(ledger: Ledger, registry: Registry, checks: Checks | None = None, day: date | None = None) -> Reconciliation:
    """The account of one day (Europe/London, of the first pick-up), or of all days; volumes are judged where `checks` are given.

    Whether a feed is silent can be said of a whole day only: without a `day` no minimum is asked of any force.
    """
    found = account(ledger, day)
    findings = checks.volumes(_volumes(found, registry, whole_day=day is not None)) if checks else ()
    return Reconciliation(found, tuple(findings))


def _volumes(found: Account, registry: Registry, *, whole_day: bool) -> Sequence[Volume]:
    def volume(force: str) -> Volume:
        states = found.of_force(force)
        known = registry.forces.get(force)
        minimum = known.expect.daily_minimum if known and whole_day else None
        return Volume(force, sum(states.values()), states.get(State.QUARANTINED, 0), minimum)

    forces = {*found.forces(), *registry.forces} if whole_day else found.forces()
    return [volume(force) for force in sorted(forces)]


def daily(ledger: Ledger, registry: Registry, found: Account, day: date | None = None) -> list[Line]:
    """An account line by line: each force, service and day, with times, retries and what fell back."""
    routes = (route for force in registry.forces.values() for route in force.routes)
    return lines(ledger, found, {(route.force, route.name) for route in routes if route.purpose is Purpose.FALLBACK}, day)


def discrepancies(ledger: Ledger, registry: Registry, clock: Clock, day: date | None = None) -> list[Discrepancy]:
    """Everything that the ledger shows not to agree, each named to the report or the drop; of a day, or of all.

    Whether feeds are silent is judged of that day, or of the last finished one; never of one that is not over yet.
    """
    finished = day or clock.today() - timedelta(days=1)
    silent = silent_feeds(ledger, registry, finished) if finished < clock.today() else []
    quiet = (Discrepancy(Kind.SILENT, s.force, "", f"{s.service} {finished}".strip(), f"{s.came:,} came, {s.why}") for s in silent)
    return [*quiet, *evidence.contradictions(ledger, day), *histories.broken(ledger, day)]
