"""Comparing far ends with the ledger: each route's transport is opened, asked and closed, one after the other."""

from collections.abc import Collection, Iterator
from datetime import date

from flows.wiring import Hub, transport_to
from hub.contracts import Misconfigured
from hub.forces.registry import Registry, Route
from hub.ledger.ledger import Ledger
from hub.ledger.restoring import EVERY, name_routes, restored_routes
from hub.ledger.standing import routes_delivered_to
from hub.steps.far_ends import Compared, compare
from hub.steps.prepare import settle_what_left
from hub.steps.restored import Told, compare_restored


def compare_all(ledger: Ledger, registry: Registry, forces: Collection[str] | None = None, day: date | None = None) -> Iterator[Compared]:
    """Each route that anything was delivered to, of these forces or of all. One that cannot be asked says why."""
    for force, name in sorted(routes_delivered_to(ledger, forces)):
        known = registry.forces.get(force)
        route = next((route for route in known.routes if route.name == name), None) if known else None
        yield _compared(ledger, route, day) if route else Compared(force, name, unreachable="no-route")


def compare_restored_all(hub: Hub, forces: Collection[str] | None = None) -> Iterator[Told]:
    """Each route of a restored ledger that was not compared yet, of these forces or of all; what cannot be asked stays as it is."""
    for one in restored_routes(hub.ledger):
        if one.route == EVERY and (known := hub.registry.forces.get(one.force)):
            name_routes(hub.ledger, one.force, {route.name: route.purpose for route in known.routes})
    for one in restored_routes(hub.ledger):
        if one.compared_at is None and (forces is None or one.force in forces):
            route = hub.route(one.force, one.route)
            yield _restored(hub, route) if route else Told(one.force, one.route, unreachable="no-route")
    settle_what_left(hub.ledger, hub.registry, hub.format_of, hub.clock)


def _restored(hub: Hub, route: Route) -> Told:
    try:
        transport = transport_to(route)
    except Misconfigured as error:
        return Told(route.force, route.name, unreachable=error.code)
    try:
        return compare_restored(hub.ledger, route, transport, lambda: hub.format_of(route), hub.clock)
    finally:
        transport.close()


def _compared(ledger: Ledger, route: Route, day: date | None) -> Compared:
    try:
        transport = transport_to(route)
    except Misconfigured as error:
        return Compared(route.force, route.name, unreachable=error.code)
    try:
        return compare(ledger, route, transport, day)
    finally:
        transport.close()
