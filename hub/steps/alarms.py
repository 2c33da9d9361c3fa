"""Alarms: what is wrong is looked for in the ledger, and each cause kept as one alarm until it is over."""

from collections.abc import Iterator
from datetime import date, timedelta

from hub.alarms import HUB, NOT_SENT_AFTER, SPOILT_STANDS, UNMATCHED_STANDS, UNTOLD_AFTER, AlarmKind
from hub.clock import Clock
from hub.forces.files import ACKNOWLEDGED_WITHIN
from hub.forces.registry import Registry
from hub.gravity import AGES, Ages
from hub.ledger import alarms, troubles
from hub.ledger.account import Account
from hub.ledger.alarms import Changed, Trouble
from hub.ledger.circuits import open_circuits
from hub.ledger.ledger import Ledger
from hub.ledger.restoring import restored_routes
from hub.ledger.troubles import Late
from hub.steps.volumes import silent_feeds

BY_ACCOUNT = frozenset({AlarmKind.UNBALANCED, AlarmKind.SILENT_FEED})  # looked at where an account has been drawn up: they cost as much


def look(ledger: Ledger, registry: Registry, clock: Clock, account: Account | None = None, ages: Ages = AGES) -> Changed:
    """Raise an alarm for each thing that is wrong now and clear those that are over. Returns what is new. Raises LedgerUnavailable.

    Whether the account balances, and whether a feed is silent, is judged where the `account` of all days is given; else those
    alarms stay as they are.
    """
    now = clock.now()
    found = [
        *_circuits(ledger, registry, clock.today()),
        *_unacknowledged(ledger, registry, clock),
        *troubles.misconfigured(ledger),
        *troubles.not_sent(ledger, now - NOT_SENT_AFTER),
        *troubles.without_a_route(ledger),
        *troubles.in_doubt(ledger),
        *troubles.unmatched(ledger, now - UNMATCHED_STANDS),
        *troubles.perhaps_twice(ledger, now - UNMATCHED_STANDS),
        *troubles.spoilt(ledger, now - SPOILT_STANDS),
        *troubles.old_in_quarantine(ledger, now, ages),
        *troubles.refused_notices(ledger),
        *troubles.untold(ledger, now - UNTOLD_AFTER),
        *_uncompared(ledger),
    ]
    if account is None:
        return alarms.keep(ledger, set(AlarmKind) - BY_ACCOUNT, found, now)
    found += [*_unbalanced(account), *_silent(ledger, registry, clock.today() - timedelta(days=1))]
    return alarms.keep(ledger, set(AlarmKind), found, now)


def _circuits(ledger: Ledger, registry: Registry, today: date) -> Iterator[Trouble]:
    """One for each endpoint that something waits for, however many forces share it. What nothing waits for cannot be found well again."""
    waiting = troubles.drops_waiting(ledger)
    for (instance, environment), circuit in open_circuits(ledger).items():
        if not (number := waiting.get((instance, environment))):
            continue
        forces = [
            slug
            for slug, force in registry.forces.items()
            if any((at.instance, at.environment) == (instance, environment) for at in (route.endpoint for route in force.routes_on(today)))
        ]
        force, subject = forces[0] if len(forces) == 1 else HUB, f"{instance} {environment}"
        yield Trouble(AlarmKind.CIRCUIT_OPEN, force, subject, number, f"{circuit.code}: {', '.join(forces)}")


def _uncompared(ledger: Ledger) -> Iterator[Trouble]:
    """One for all: restoring is one cause."""
    open_ = [one for one in restored_routes(ledger) if one.compared_at is None]
    if open_:
        yield Trouble(AlarmKind.COMPARE_FIRST, HUB, "", len(open_), ", ".join(sorted({one.force for one in open_})))


def _unacknowledged(ledger: Ledger, registry: Registry, clock: Clock) -> Iterator[Trouble]:
    """One for each route, with the oldest drop: a far end that says nothing for days is one cause."""
    late: dict[tuple[str, str], list[Late]] = {}
    for drop in troubles.unacknowledged(ledger):
        within = _acknowledged_within(registry, drop.force, drop.route)
        if within is not None and drop.delivered_at + within < clock.now():
            late.setdefault((drop.force, drop.route), []).append(drop)
    for (force, route), drops in late.items():
        yield Trouble(AlarmKind.UNACKNOWLEDGED, force, route, len(drops), drops[0].key)


def _acknowledged_within(registry: Registry, force: str, name: str) -> timedelta | None:
    """How long a route may take to acknowledge; None where it never does. What is not on file is expected to."""
    if (known := registry.forces.get(force)) is None:
        return ACKNOWLEDGED_WITHIN
    answers = all(route.transport.get("acknowledgements") for route in known.routes if route.name == name)
    return known.expect.acknowledged_within if answers else None


def _unbalanced(account: Account) -> Iterator[Trouble]:
    for force in sorted({difference.cell.force for difference in account.differences}):
        yield Trouble(AlarmKind.UNBALANCED, force, "", sum(difference.cell.force == force for difference in account.differences))


def _silent(ledger: Ledger, registry: Registry, day: date) -> Iterator[Trouble]:
    """Feeds that brought too little on a finished day: a force's as a whole, or those of some of its services."""
    for feed in silent_feeds(ledger, registry, day):
        yield Trouble(AlarmKind.SILENT_FEED, feed.force, feed.service, feed.came, feed.why)
