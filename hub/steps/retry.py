"""The one retry policy: how often a drop is tried in a row, and how long to wait between. Attempts are counted in the ledger."""

import random
from datetime import datetime, timedelta

ATTEMPTS = 6  # the platform's own figure; then the drop waits for a probe by the next pass
FIRST = 2.0  # seconds
LONGEST = 120.0  # seconds
JITTER = 0.3  # of the delay


def delays(attempts: int = ATTEMPTS) -> list[float]:
    """Seconds to wait after each attempt but the last: doubling, capped, before jitter."""
    return [min(LONGEST, FIRST * 2.0**n) for n in range(attempts - 1)]


def again_at(now: datetime, attempts: int, retry_after: float | None = None) -> datetime:
    """When a drop may be tried again after so many attempts; the far end's own wish is honoured where it is later."""
    delay = min(LONGEST, FIRST * 2.0 ** max(0, min(attempts, 20) - 1))
    delay *= 1 + random.uniform(0, JITTER)  # noqa: S311 - spreads load, keeps no secret
    return now + timedelta(seconds=max(delay, retry_after or 0))
