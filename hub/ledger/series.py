"""The series of a ledger: four letters in every drop's key. A ledger that is restored or begun anew begins another."""

import secrets

UNFINISHED = "?"  # of a ledger that is being restored: nobody can open it
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


def new_series() -> str:
    """Four letters that no series before is likely to have had."""
    return "".join(secrets.choice(_LETTERS) for _ in range(4))
