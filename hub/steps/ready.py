"""A report on its last step before it is sealed."""

from dataclasses import dataclass

from hub.forces.registry import Route
from hub.ledger.queue import Claimed
from hub.mapping.record import Record


@dataclass(frozen=True, slots=True)
class Ready:
    """A report that has been checked and mapped."""

    claimed: Claimed
    route: Route
    record: Record
