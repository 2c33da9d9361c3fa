"""A real Prefect server for the tests that need one: put them in the xdist group `prefect`, so that one process starts one server."""

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
