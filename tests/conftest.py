"""Real servers for every room's tests, one of each a session and worker."""

import pytest
from hypothesis import HealthCheck, settings

from adapters.keys import DEMO

# a busy machine fails no test: what an example takes is measured by `bench`
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

pytest_plugins = [
    "tests.order",
    "tests.watching.plugin",
    "tests.compiled",
    "tests.servers.openssh",
    "tests.servers.postgres",
    "tests.servers.prefect",
]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the person who runs the tests has set for a hub of their own is not meant for these."""
    for name in ("HUB_HOME", "HUB_STORE", "HUB_LEDGER_URL", "HUB_MAPPINGS", "HUB_EXPECTATIONS", "HUB_ENDPOINTS", "HUB_HISTORY_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HUB_KEYS", DEMO)  # a test of what is encrypted says so
