"""Confirm: what a force says of its reports comes into the ledger; the far end's files go only when it is there for good."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hub.clock import Clock
from hub.contracts import Acknowledgement, Counting, DeliveryError, Misconfigured, Transport
from hub.forces.registry import Route
from hub.ledger import confirmations
from hub.ledger.ledger import Ledger
from hub.ledger.restoring import COMPARE_FIRST, Uncompared

CHUNK = 2_000  # acknowledgements in one commit


@dataclass
class Confirmation:
    """What was confirmed. `unmatched` ones are for nothing that was sent: an alarm. `stopped` is the code of what went wrong.

    `unreadable` is how many could not be read, by force and route; `defects` says of which the hub itself failed, with the error's type.
    """

    accepted: int = 0
    rejected: int = 0
    repeated: int = 0
    unmatched: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None
    defects: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        return self.accepted + self.rejected + self.repeated + self.unmatched

    def add(self, other: "Confirmation") -> None:
        """Count in what was confirmed elsewhere; of what went wrong the last counts."""
        self.accepted += other.accepted
        self.rejected += other.rejected
        self.repeated += other.repeated
        self.unmatched += other.unmatched
        self.unreadable += other.unreadable
        self.stopped = other.stopped or self.stopped
        self.defects |= other.defects


def confirm(ledger: Ledger, route: Route, transport: Transport, clock: Clock) -> Confirmation:
    """Take in every acknowledgement that this route's far end has. Raises LedgerUnavailable."""
    done = Confirmation()
    if Uncompared.of(ledger).closes(route.force, route.name, route.purpose):
        done.stopped = COMPARE_FIRST  # what it says of reports that a restored ledger thinks it never sent must not be lost on it
        return done
    name, before = f"{route.force}/{route.name}/acknowledgements", _unreadable(transport)
    try:
        said = transport.acknowledgements(confirmations.cursor(ledger, name))
        for batches in _gathered(said):
            _take(ledger, route, [each for batch in batches for each in batch], clock, done, (name, batches[-1][-1].batch))
            for batch in batches:
                transport.settle(batch[0].batch)
    except (DeliveryError, Misconfigured) as error:
        done.stopped = error.code
    done.unreadable += Counter({f"{route.force} {route.name}": _unreadable(transport) - before})
    return done


def _unreadable(transport: Transport) -> int:
    return transport.unreadable if isinstance(transport, Counting) else 0


def _gathered(said: Iterable[Acknowledgement]) -> Iterator[list[list[Acknowledgement]]]:
    """Whole batches, as many as fill a commit. Where reading breaks off, what was read comes before the error: it is whole."""
    gathered: list[list[Acknowledgement]] = []
    trouble: DeliveryError | Misconfigured | None = None
    try:
        for each in said:
            if gathered and gathered[-1][0].batch == each.batch:
                gathered[-1].append(each)
                continue
            if sum(map(len, gathered)) >= CHUNK:
                yield gathered
                gathered = []
            gathered.append([each])
    except (DeliveryError, Misconfigured) as error:
        trouble = error
    if gathered:
        yield gathered
    if trouble:
        raise trouble


def _take(
    ledger: Ledger, route: Route, said: Sequence[Acknowledgement], clock: Clock, done: Confirmation, read_to: tuple[str, str]
) -> None:
    """Batches, in as many commits as it takes; with the last of them they have been read."""
    for start in range(0, len(said), CHUNK):
        some, is_last = said[start : start + CHUNK], start + CHUNK >= len(said)
        told = confirmations.confirm(ledger, route.force, route.name, some, clock.now(), read_to if is_last else None)
        done.accepted += told.accepted
        done.rejected += told.rejected
        done.repeated += told.repeated
        done.unmatched += told.unmatched
