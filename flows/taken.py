"""Who is at which far end: passes of one process go on side by side, and no two of them speak to one route at a time."""

import time
from collections.abc import Iterable
from threading import Lock

RouteName = tuple[str, str]  # force and route


class Taken:
    """Routes that a pass is at. For passes of one process; between processes the ledger's leases decide."""

    def __init__(self) -> None:
        self._routes: set[RouteName] = set()
        self._lock = Lock()
        self._all_asked = -float("inf")

    def __contains__(self, route: RouteName) -> bool:
        return route in self._routes

    def take(self, wanted: Iterable[RouteName]) -> set[RouteName]:
        """Take those of the wanted ones that nobody is at, and say which."""
        with self._lock:
            free = set(wanted) - self._routes
            self._routes |= free
            return free

    def is_time_for_all(self, pace: float) -> bool:
        """Whether no pass of this process has asked every force, open reports or not, for so many seconds; the caller does so now."""
        with self._lock:
            now = time.monotonic()
            due = now - self._all_asked >= pace
            self._all_asked = now if due else self._all_asked
            return due

    def give_back(self, routes: Iterable[RouteName]) -> None:
        with self._lock:
            self._routes -= set(routes)
