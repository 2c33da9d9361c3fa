"""Reconcile: the account of what was picked up, where it stands, and whether the two agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hub.forces.registry import Registry
from hub.ledger.account import Account, account
from hub.ledger.ledger import Ledger
from hub.quality.checks import Checks, Finding
from hub.quality.volume import Volume
from hub.words import State


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
