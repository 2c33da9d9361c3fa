"""A whole exchange has an end: a far end that sends or takes a byte now and then is not waited for for ever."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Deadline:
    """When an exchange has to be over (`time.monotonic`)."""

    until: float

    @classmethod
    def within(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def nearer(self, seconds: float) -> None:
        """From now on so many seconds at most."""
        self.until = min(self.until, time.monotonic() + seconds)

    def left(self, at_most: float) -> float:
        """Seconds for one read or write. Raises TimeoutError where there are none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, at_most)
