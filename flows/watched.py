"""What a long-lived process reads again: the files of forces, profiles, checks and endpoints, when they have changed."""

from collections.abc import Iterator
from pathlib import Path

from flows.wiring import Hub

NEW_FILES = "new files"


class Files:
    """The files that a hub was made from."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._stamp = _stamp(hub)

    def read_again(self) -> str | None:
        """Bring the hub up to date, and say so where anything has changed. Raises InvalidDocument, once: the hub then stays as it was."""
        before, self._stamp = self._stamp, _stamp(self._hub)
        if before == self._stamp:
            return None
        self._hub.reload()
        return NEW_FILES


def _stamp(hub: Hub) -> frozenset[tuple[str, int, int]]:
    return frozenset(_states(path) for path in _files(hub))


def _files(hub: Hub) -> Iterator[Path]:
    for folder in (hub.settings.mappings, hub.settings.expectations):
        yield from folder.rglob("*")
    if hub.settings.endpoints:
        yield hub.settings.endpoints


def _states(path: Path) -> tuple[str, int, int]:
    """A file's name, when it was last written, and its size; one that is just gone has neither."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return str(path), 0, 0
    return str(path), state.st_mtime_ns, state.st_size
