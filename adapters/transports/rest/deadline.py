"""A whole exchange has an end: a far end that sends or takes a byte now and then is not waited for for ever."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Deadline:
    """When an exchange has to be over (`time.monotonic`), and how many seconds are waited for one piece that is sent or comes."""

    until: float
    piece: float

    @classmethod
    def within(cls, seconds: float, piece: float) -> "Deadline":
        return cls(time.monotonic() + seconds, piece)

    def for_piece(self) -> float:
        """When the next piece has to be there. Raises TimeoutError where all should be over."""
        now = time.monotonic()
        if now >= self.until:
            raise TimeoutError
        return min(self.until, now + self.piece)

    def for_one_piece(self) -> None:
        """All that is still to come has no longer than one piece."""
        self.until = min(self.until, time.monotonic() + self.piece)
