"""Slots: whose reports wait for their route's next one, and the drop without reports of a force that wants one where there is nothing."""

from collections.abc import Collection
from datetime import date, datetime

from hub.forces.files import URGENT_AT_ONCE
from hub.forces.registry import Registry, Route
from hub.ledger.dispatching import has_nothing_for, served, waiting
from hub.ledger.drops import header_for, seal_empty
from hub.ledger.errors import Overtaken
from hub.ledger.ledger import Ledger
from hub.ledger.queue import NotYet
from hub.schedule import RouteName, next_slot
from hub.steps.gates import EncryptionOf, FormatOf, not_encrypted
from hub.steps.seal import pieces_of
from hub.words import Lane, Purpose


def waits_for_its_slot(registry: Registry, due: Collection[RouteName], day: date) -> dict[Lane, NotYet]:
    """Whose reports are not to leave yet, by lane, where these routes are due.

    A force without a route today has no slot: it holds its reports.
    """
    routes = [route for known in registry.forces.values() for route in known.kept_on(day) if (route.force, route.name) not in due]
    with_the_schedule = [route for route in routes if route.drops.urgent != URGENT_AT_ONCE]
    return {Lane.ROUTINE: _not_yet(routes), Lane.URGENT: _not_yet(with_the_schedule)}


def _not_yet(routes: Collection[Route]) -> NotYet:
    copies = {(route.force, route.name) for route in routes if route.purpose is Purpose.COPY}
    return NotYet({route.force for route in routes if route.purpose is Purpose.PRIMARY}, copies)


def done_with(ledger: Ledger, registry: Registry, due: Collection[RouteName], day: date) -> list[RouteName]:
    """The due routes that no report waits for any more, but such as a worker has taken on."""
    primary = {slug: route.name for slug, known in registry.forces.items() if (route := known.primary_on(day))}
    left = {(force, copy or primary.get(force, "")) for force, copy, _ in waiting(ledger)}
    return [route for route in due if route not in left]


def seal_empty_drops(
    ledger: Ledger,
    registry: Registry,
    format_of: FormatOf,
    due: Collection[RouteName],
    now: datetime,
    day: date,
    encryption_of: EncryptionOf = not_encrypted,
) -> int:
    """A drop without reports for each route that is due, has nothing and wants to hear so. Returns how many. Raises LedgerUnavailable."""
    before = served(ledger)
    wanting = (route for known in registry.forces.values() for route in known.kept_on(day) if route.drops.empty)
    return sum(_seal_empty(ledger, route, format_of, encryption_of, before, now) for route in wanting if (route.force, route.name) in due)


def _seal_empty(
    ledger: Ledger, route: Route, format_of: FormatOf, encryption_of: EncryptionOf, before: dict[RouteName, datetime], now: datetime
) -> bool:
    """Outside the delivery window nothing is missed. A worker that is overtaken leaves it to the other."""
    name = (route.force, route.name)
    if name not in before or not route.drops.may_leave(Lane.ROUTINE, now):
        return False
    if not has_nothing_for(ledger, name, next_slot(route.drops, before[name])):
        return False
    header = header_for(ledger, route, Lane.ROUTINE, now)
    pieces = pieces_of(ledger, route, header, [], list(format_of(route).encode([], header)), encryption_of(route))
    try:
        return bool(pieces) and seal_empty(ledger, header, route, pieces, before[name]) is not None
    except Overtaken:
        return False
