"""Confirm: what a force says of its reports comes into the ledger; the far end's files go only when it is there for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from hub.clock import Clock
from hub.contracts import Acknowledgement, DeliveryError, Misconfigured, Transport
from hub.forces.registry import Route
from hub.ledger import confirmations
from hub.ledger.ledger import Ledger
from hub.ledger.restoring import COMPARE_FIRST, Uncompared

CHUNK = 1_000  # acknowledgements in one commit


@dataclass
class Confirmation:
    """What was confirmed. `unmatched` ones are for nothing that was sent: an alarm. `stopped` is the code of what went wrong."""

    accepted: int = 0
    rejected: int = 0
    repeated: int = 0
    unmatched: int = 0
    stopped: str | None = None

    @property
    def total(self) -> int:
        return self.accepted + self.rejected + self.repeated + self.unmatched


def confirm(ledger: Ledger, route: Route, transport: Transport, clock: Clock) -> Confirmation:
    """Take in every acknowledgement that this route's far end has. Raises LedgerUnavailable."""
    done = Confirmation()
    if Uncompared.of(ledger).closes(route.force, route.name, route.purpose):
        done.stopped = COMPARE_FIRST  # what it says of reports that a restored ledger thinks it never sent must not be lost on it
        return done
    name = f"{route.force}/{route.name}/acknowledgements"
    try:
        said = transport.acknowledgements(confirmations.cursor(ledger, name))
        for batch, group in groupby(said, key=lambda acknowledgement: acknowledgement.batch):
            _take(ledger, route, list(group), clock, done, (name, batch))
            transport.settle(batch)
    except (DeliveryError, Misconfigured) as error:
        done.stopped = error.code
    return done


def _take(
    ledger: Ledger, route: Route, said: Sequence[Acknowledgement], clock: Clock, done: Confirmation, read_to: tuple[str, str]
) -> None:
    """A batch, in as many commits as it takes; with the last of them it has been read."""
    for start in range(0, len(said), CHUNK):
        some, is_last = said[start : start + CHUNK], start + CHUNK >= len(said)
        told = confirmations.confirm(ledger, route.force, route.name, some, clock.now(), read_to if is_last else None)
        done.accepted += told.accepted
        done.rejected += told.rejected
        done.repeated += told.repeated
        done.unmatched += told.unmatched
