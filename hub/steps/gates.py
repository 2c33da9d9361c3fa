"""Gates: a date, an operator's pause, an endpoint that is not well, a delivery window. What would pass a closed one is held."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from hub.clock import day_of
from hub.contracts import Encryption, Format, Misconfigured
from hub.forces.registry import Registry, Route
from hub.ledger.circuits import Waiting, lanes_with_work, open_circuits
from hub.ledger.holds import paused, paused_endpoints
from hub.ledger.ledger import Ledger
from hub.ledger.queue import HeldGroup, held, let_go
from hub.ledger.restoring import COMPARE_FIRST, Uncompared, restored_routes
from hub.steps.pick_up import Live
from hub.words import Lane, Purpose

OUTSIDE_WINDOW = "outside-window"

FormatOf = Callable[[Route], Format]
EncryptionOf = Callable[[Route], Encryption | None]


def not_encrypted(_: Route) -> None:
    """No route asks for encryption."""


@dataclass(frozen=True, slots=True)
class Gates:
    """The forces that are paused, and the endpoints whose circuit is open, as they stood when this was read.

    An endpoint without a sealed drop to probe with counts as open to new ones: else nothing would ever find it well again. A drop
    that may not leave itself (its force is paused, its route gone, its window closed) is none to probe with.
    """

    paused: frozenset[str]
    circuits: frozenset[tuple[str, str]]
    uncompared: Uncompared = field(default_factory=Uncompared)
    restored: bool = False  # the ledger was, ever: its far ends may have known more than it did
    endpoints: frozenset[tuple[str, str]] = frozenset()  # that are paused

    @classmethod
    def of(cls, ledger: Ledger, registry: Registry, now: datetime) -> "Gates":
        stopped, open_, restored = frozenset(paused(ledger)), open_circuits(ledger).keys(), restored_routes(ledger)
        uncompared, shut = Uncompared.among(restored), frozenset(paused_endpoints(ledger))
        if not open_:
            return cls(stopped, frozenset(), uncompared, bool(restored), shut)
        may_leave = (one for one in lanes_with_work(ledger) if one.force not in stopped and _may_leave(registry, one, now))
        probed = {(one.instance, one.environment) for one in may_leave} - shut
        return cls(stopped, frozenset(open_ & probed), uncompared, bool(restored), shut)

    def closed_for(self, route: Route | None, lane: Lane, format_of: FormatOf, now: datetime) -> str | None:
        """The code that a report for this route is held with now; None where it may pass."""
        if route is None:
            return "no-route"
        if self.uncompared.closes(route.force, route.name, route.purpose):
            return COMPARE_FIRST
        endpoint = (route.endpoint.instance, route.endpoint.environment)
        if route.force in self.paused or endpoint in self.endpoints:
            return "paused"
        if endpoint in self.circuits:
            return "circuit-open"
        if not route.drops.may_leave(lane, now):
            return OUTSIDE_WINDOW
        return None if _has_format(route, format_of) else "force-file-broken"


def _may_leave(registry: Registry, waiting: Waiting, now: datetime) -> bool:
    force = registry.forces.get(waiting.force)
    route = next((route for route in force.routes if route.name == waiting.route), None) if force else None
    return route is not None and route.drops.may_leave(waiting.lane, now)


def _has_format(route: Route, format_of: FormatOf) -> bool:
    """Whether the route's file describes a format that can be made: only an adapter can tell."""
    try:
        format_of(route)
    except Misconfigured:
        return False
    return True


def route_for(registry: Registry, force: str, purpose: Purpose, name: str | None, now: datetime) -> Route | None:
    """The route that a report goes by now: a copy its own; else the primary one of today, or the fallback that it was sent back for."""
    known = registry.forces[force]
    by_name = (route for route in known.routes_on(day_of(now)) if route.name == name and route.purpose is not Purpose.PRIMARY)
    own = next(by_name, None)
    if purpose is Purpose.COPY:
        return own if own and own.purpose is Purpose.COPY else None
    return own if own and own.purpose is Purpose.FALLBACK else known.primary_on(day_of(now))


def sealed_for(registry: Registry, group: HeldGroup) -> Route | None:
    """The route whose drop these reports are in, also one that holds no longer: its own window and far end keep them."""
    return next((route for route in registry.forces[group.force].routes if route.name == group.route), None)


def let_go_of_held(ledger: Ledger, registry: Registry, gates: Gates, format_of: FormatOf, now: datetime) -> int:
    """What was held for a date, a file, a window or a switch may have it now. Returns how many reports go on."""
    live = Live(registry, now)

    def may_go(group: HeldGroup) -> bool:
        if live.held(group.force, group.service):
            return False
        route = sealed_for(registry, group) if group.sealed else route_for(registry, group.force, group.purpose, group.route, now)
        return gates.closed_for(route, group.lane, format_of, now) is None

    return sum(let_go(ledger, group, now) for group in held(ledger) if may_go(group))
