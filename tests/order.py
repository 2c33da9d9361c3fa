"""Which tests one process runs, and which of them begin first.

All tests of a file go to one process, unless they name a group of several files: what they share (stand-ins, a run that all of them
look at) is begun once, not once in each process. What starts servers and passes begins first, so that none of it is left to one
process when the others are done.
"""

import gc
from pathlib import Path

import pytest

from hub.garbage import collect_seldom, pass_over

LONG = ("flows", "browser", "end_to_end", "planted", "bench", "console", "docs", "steps", "ledger")  # rooms, as they begin


def pytest_configure() -> None:
    collect_seldom()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.pluginmanager.has_plugin("xdist"):
        return
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group("/".join(_place(item))))
    items.sort(key=lambda item: LONG.index(_room(item)) if _room(item) in LONG else len(LONG))


def pytest_collection_finish() -> None:
    """Half a million objects of the libraries and the tests are not looked through again and again."""
    gc.collect()
    pass_over()


def _room(item: pytest.Item) -> str:
    return _place(item)[0]


def _place(item: pytest.Item) -> tuple[str, ...]:
    """The folders under `tests` and the file that it lies in."""
    return item.path.relative_to(Path(__file__).parent).with_suffix("").parts
