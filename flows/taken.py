"""Who is at which far end: passes of one process go on side by side, and no two of them send one lane, or ask one route, at a time."""

import time
from collections.abc import Iterable
from threading import Lock
from typing import Generic, TypeVar

from hub.ledger.dispatching import LaneName
from hub.schedule import RouteName

Place = TypeVar("Place", RouteName, LaneName)


class Taken(Generic[Place]):
    """Places that a pass is at. For passes of one process; between processes the ledger's leases decide.

    `awaited` are those that one will come to, and that are free until then.
    """

    def __init__(self) -> None:
        self._places: set[Place] = set()
        self.awaited: set[Place] = set()
        self._lock = Lock()
        self._all_asked = -float("inf")

    def __contains__(self, place: Place) -> bool:
        return place in self._places

    def take(self, wanted: Iterable[Place]) -> set[Place]:
        """Take those of the wanted ones that nobody is at, and say which."""
        with self._lock:
            free = set(wanted) - self._places
            self._places |= free
            return free

    def is_time_for_all(self, pace: float) -> bool:
        """Whether no pass of this process has asked every force, open reports or not, for so many seconds; the caller does so now."""
        with self._lock:
            now = time.monotonic()
            due = now - self._all_asked >= pace
            self._all_asked = now if due else self._all_asked
            return due

    def give_back(self, places: Iterable[Place]) -> None:
        with self._lock:
            self._places -= set(places)
