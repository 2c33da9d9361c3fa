"""How far sources have been read: a cursor in the ledger, which survives a crash."""

from dataclasses import dataclass

from hub.ledger.confirmations import advance, cursor
from hub.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class LedgerBookmark:
    """The bookmark of the source with this name. Raises LedgerUnavailable."""

    ledger: Ledger
    name: str

    def read(self) -> str | None:
        return cursor(self.ledger, f"source/{self.name}")

    def write(self, value: str) -> None:
        advance(self.ledger, f"source/{self.name}", value)
