"""Tell: what became of the submissions goes back to the platform, so that the person who reported can be told."""

from dataclasses import dataclass
from datetime import timedelta

from hub.clock import Clock
from hub.contracts import DeliveryError, Misconfigured, Platform, Refused
from hub.ledger import notices
from hub.ledger.ledger import Ledger
from hub.ledger.notices import CodeOf, Sealed

OFFER_AGAIN = timedelta(hours=1)  # after which a refused notice is offered again


@dataclass
class Told:
    """What the platform was told. `refused` notices are an alarm; `stopped` is the code of why it could not be told the rest."""

    outcomes: int = 0
    notices: int = 0
    refused: int = 0
    stopped: str | None = None


def tell(ledger: Ledger, platform: Platform, code_of: CodeOf, clock: Clock) -> Told:
    """Tell the platform everything that it may not know. Raises LedgerUnavailable.

    What it refuses keeps nothing else back; it is offered again every hour, and taken when the platform has been put right.
    """
    done = Told()
    try:
        while sealed := notices.next_notice(ledger, code_of, clock.now()):
            _offer(ledger, platform, sealed, clock, done)
        while sealed := notices.refused_notice(ledger, clock.now() - OFFER_AGAIN):
            _offer(ledger, platform, sealed, clock, done)
    except (DeliveryError, Misconfigured) as error:
        done.stopped = error.code
    return done


def _offer(ledger: Ledger, platform: Platform, sealed: Sealed, clock: Clock, done: Told) -> None:
    try:
        if sealed.notice is None:
            raise Refused("bytes-lost")
        platform.tell(sealed.notice)
    except Refused as no:
        notices.refused(ledger, sealed.id, no.code, clock.now())
        done.refused += 1
        return
    notices.sent(ledger, sealed.id, clock.now())
    done.notices += 1
    done.outcomes += sealed.notice.outcomes
