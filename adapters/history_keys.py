"""The keys that seal the ledger's history, by reference like every secret."""

from collections.abc import Sequence

from adapters.secrets import reveal
from hub.contracts import Misconfigured
from hub.ledger.history_keys import HistoryKeys


def history_keys(references: Sequence[str]) -> HistoryKeys:
    """The keys that HUB_HISTORY_KEYS refers to, the newest first. Raises Misconfigured with what is wrong, never a key."""
    try:
        return HistoryKeys.of(reveal(reference).get_secret_value().encode() for reference in references)
    except ValueError as error:
        raise Misconfigured("bad-history-key", f"HUB_HISTORY_KEYS: {error}") from None
