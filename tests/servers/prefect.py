"""A real Prefect server for the tests that need one: put them in the xdist group `prefect`, so that one process starts one server.

It ends with the last of them, not with the run: a server that nobody asks takes two seconds of a core a minute.
"""

from collections.abc import Iterator

import pytest

from flows.server import PrefectServer


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A server that answers, with this process's Prefect pointed at it, whether or not it was imported before."""
    with PrefectServer(tmp_path_factory.mktemp("hub")) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        from prefect.context import SettingsContext
        from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

        server.wait()
        with temporary_settings({PREFECT_API_URL: server.api_url, PREFECT_HOME: server.home}):
            patch.setattr("prefect.context.GLOBAL_SETTINGS_CONTEXT", SettingsContext.get())  # for threads of their own context
            yield server


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """As pytest ends a fixture before it makes it with another parameter: where one is asked for again, it is another."""
    if nextitem is None or not _in_a_group(item) or _in_a_group(nextitem):
        return
    for fixture in item.session._fixturemanager.getfixturedefs("prefect_server", item) or ():
        fixture.finish(item._request)  # type: ignore[attr-defined]


def _in_a_group(item: pytest.Item) -> bool:
    """Whether this test is one of those that share a server."""
    marker = item.get_closest_marker("xdist_group")
    return marker is not None and str(marker.args[0]).startswith("prefect")
