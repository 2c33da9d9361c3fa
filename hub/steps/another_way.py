"""Another way: whether what certainly did not arrive over one of a force's routes goes by its other one, or is held until this one is well.

Nothing is moved from one far end that is down to another that is known to be down: so nothing piles up at a dead fallback, and no
number is voided for nothing. What lies at a fallback that died in its turn goes back as soon as the primary far end has taken
something since, or after so many attempts that it is worth asking it again.
"""

from hub.forces.force import Endpoint
from hub.forces.registry import Route
from hub.ledger import circuits
from hub.ledger.deliveries import OpenDrop
from hub.ledger.ledger import Ledger
from hub.steps.retry import Retry
from hub.words import Purpose

ASK_ANEW = 2  # budgets of attempts that are spent at a fallback before the primary is asked anew


def goes_another_way(ledger: Ledger, route: Route, other: Route | None, drop: OpenDrop, tries: int, retry: Retry) -> bool:
    """Whether this drop's reports go by the `other` route, now that its attempts over this one are spent."""
    if other is None:
        return False
    is_open = _is_open(ledger, other.endpoint)
    if route.purpose is not Purpose.FALLBACK:
        return not is_open or not _waits(ledger, other.endpoint)  # what nothing waits for, this may find well
    return not is_open and (circuits.took_something_since(ledger, other.endpoint, drop.id) or tries >= ASK_ANEW * retry.attempts)


def _is_open(ledger: Ledger, endpoint: Endpoint) -> bool:
    return (endpoint.instance, endpoint.environment) in circuits.open_circuits(ledger)


def _waits(ledger: Ledger, endpoint: Endpoint) -> bool:
    """Whether there is anything sealed for it to be probed with."""
    return any((one.instance, one.environment) == (endpoint.instance, endpoint.environment) for one in circuits.lanes_with_work(ledger))
