"""Who is at which far end: passes of one process go on side by side, and no two of them speak to one route at a time."""

from collections.abc import Iterable
from threading import Lock

RouteName = tuple[str, str]  # force and route


class Taken:
    """Routes that a pass is at. For passes of one process; between processes the ledger's leases decide."""

    def __init__(self) -> None:
        self._routes: set[RouteName] = set()
        self._lock = Lock()

    def __contains__(self, route: RouteName) -> bool:
        return route in self._routes

    def take(self, wanted: Iterable[RouteName]) -> set[RouteName]:
        """Take those of the wanted ones that nobody is at, and say which."""
        with self._lock:
            free = set(wanted) - self._routes
            self._routes |= free
            return free

    def give_back(self, routes: Iterable[RouteName]) -> None:
        with self._lock:
            self._routes -= set(routes)
