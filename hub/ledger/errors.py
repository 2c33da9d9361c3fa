"""What can go wrong with the ledger itself, named by what to do next."""


class LedgerUnavailable(Exception):
    """The database or the store is gone, full, locked or read-only: nothing was changed; `do` it, and the work resumes by itself."""

    def __init__(self, reason: str, do: str = "put it right") -> None:
        super().__init__(f"the ledger cannot be used: {reason}. Nothing was lost: {do}, and the next pass goes on.")
        self.reason = reason
        self.do = do


class LedgerRefused(Exception):
    """The database refused what the hub wrote: a defect of the hub. Names the constraint, never a value; nothing was changed."""


class CannotRestore(Exception):
    """A back-up cannot be put there: it is damaged or of another kind, or there is a ledger already. Nothing was changed."""


class Overtaken(Exception):
    """Another worker changed these reports first: leave them, and read the ledger again."""


class IllegalChange(Exception):
    """A state change that the ledger does not allow: a defect of the caller, never of the data."""
