"""What can go wrong with the ledger itself, named by what to do next."""


class LedgerUnavailable(Exception):
    """The database is gone, full, locked or read-only: nothing was changed; put it right and the work resumes by itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the ledger's database cannot be used: {reason}. Nothing was lost; put it right, and the next pass goes on.")
        self.reason = reason


class Overtaken(Exception):
    """Another worker changed these reports first: leave them, and read the ledger again."""


class IllegalChange(Exception):
    """A state change that the ledger does not allow: a defect of the caller, never of the data."""
