"""The ledger that the settings name, opened with the keys that they refer to: every process opens it here."""

from adapters.history_keys import history_keys
from adapters.keys import master_keys
from hub.ledger.ledger import Ledger
from hub.settings import Settings


def open_ledger(settings: Settings, lease_seconds: float | None = None) -> Ledger:
    """Raises LedgerUnavailable where it cannot be used, and Misconfigured for keys that are not there."""
    lease = lease_seconds or settings.lease_seconds
    masters, keys = master_keys(settings.keys), history_keys(settings.history_keys)
    return Ledger.open(settings.ledger_url, settings.store, lease_seconds=lease, keys=keys, masters=masters)
