"""Retention: the bytes of reports whose time is up are erased, and the keys that sealed nothing else with them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from hub.clock import Clock
from hub.ledger import erasing
from hub.ledger.changes import Author
from hub.ledger.discarding import delete_discarded
from hub.ledger.ledger import Ledger
from hub.ledger.rotation import destroy_unused
from hub.reports.services import SERVICES
from hub.retention import RetentionFile
from hub.words import UNKNOWN


@dataclass
class Erasing:
    """What was erased, or would be: reports by force, service and end, notices, and the data keys that were destroyed with them."""

    reports: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    notices: int = 0
    keys: int = 0


def apply(ledger: Ledger, rules: RetentionFile, clock: Clock, *, dry_run: bool = False) -> Erasing:
    """Erase what is due by the rules. Broken off, the next run goes on. Raises LedgerUnavailable."""
    done, now = Erasing(), clock.now()
    before = now - timedelta(days=rules.notices)
    for some in erasing.due(ledger, rules.of, (*SERVICES, UNKNOWN), now):
        authors = {one.submission: Author("erase", now, reason=f"{one.service} {one.state}: {one.days} days") for one in some}
        erased = authors.keys() if dry_run else erasing.erase(ledger, list(authors), authors)
        done.reports.update((one.force, one.service, str(one.state)) for one in some if one.submission in erased)
    if dry_run:
        done.notices = erasing.due_notices(ledger, before)
        return done
    erasing.erase_left_payloads(ledger)
    done.notices = erasing.erase_notices(ledger, before)
    delete_discarded(ledger)
    done.keys = destroy_unused(ledger)
    ledger.database.clear_log()
    return done
