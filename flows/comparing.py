"""Comparing far ends with the ledger: each route's transport is opened, asked and closed, one after the other."""

from collections.abc import Collection, Iterator
from datetime import date

from flows.wiring import transport_to
from hub.contracts import Misconfigured
from hub.forces.registry import Registry, Route
from hub.ledger.ledger import Ledger
from hub.ledger.standing import routes_delivered_to
from hub.steps.far_ends import Compared, compare


def compare_all(ledger: Ledger, registry: Registry, forces: Collection[str] | None = None, day: date | None = None) -> Iterator[Compared]:
    """Each route that anything was delivered to, of these forces or of all. One that cannot be asked says why."""
    for force, name in sorted(routes_delivered_to(ledger, forces)):
        known = registry.forces.get(force)
        route = next((route for route in known.routes if route.name == name), None) if known else None
        yield _compared(ledger, route, day) if route else Compared(force, name, unreachable="no-route")


def _compared(ledger: Ledger, route: Route, day: date | None) -> Compared:
    try:
        transport = transport_to(route)
    except Misconfigured as error:
        return Compared(route.force, route.name, unreachable=error.code)
    try:
        return compare(ledger, route, transport, day)
    finally:
        transport.close()
