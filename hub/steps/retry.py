"""The one retry policy: how often a drop is tried in a row, and how long to wait between. Attempts are counted in the ledger."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retry:
    """So many attempts in a row, with delays that double up to the longest; then the drop waits for the next pass."""

    attempts: int = 6  # the platform's own figure
    first: float = 2.0  # seconds
    longest: float = 120.0  # seconds
    jitter: float = 0.3  # of the delay

    def delays(self) -> list[float]:
        """Seconds to wait after each attempt but the last, before jitter."""
        return [self._delay(n) for n in range(1, self.attempts)]

    def wait(self, attempts: int, retry_after: float | None = None) -> timedelta:
        """How long a drop waits after so many attempts; the far end's own wish is honoured where it is longer."""
        seconds = self._delay(attempts) * (1 + random.uniform(0, self.jitter))  # noqa: S311 - spreads load, keeps no secret
        return timedelta(seconds=max(seconds, retry_after or 0))

    def _delay(self, attempts: int) -> float:
        return float(min(self.longest, self.first * 2.0 ** (min(max(attempts, 1), 30) - 1)))
