"""Gates: what an operator paused, and the endpoints that are not well. What would pass a closed one is held."""

from dataclasses import dataclass

from hub.forces.registry import Route
from hub.ledger.circuits import endpoints_with_work, open_circuits
from hub.ledger.holds import paused
from hub.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Gates:
    """The forces that are paused, and the endpoints whose circuit is open, as they stood when this was read.

    An endpoint without a sealed drop to probe with counts as open to new ones: else nothing would ever find it well again.
    """

    paused: frozenset[str]
    circuits: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, ledger: Ledger) -> "Gates":
        probed = endpoints_with_work(ledger)
        return cls(frozenset(paused(ledger)), frozenset(open_circuits(ledger).keys() & probed))

    def closed_for(self, route: Route) -> str | None:
        """The code that a report for this route is held with now; None where it may pass."""
        if route.force in self.paused:
            return "paused"
        return "circuit-open" if (route.endpoint.instance, route.endpoint.environment) in self.circuits else None
