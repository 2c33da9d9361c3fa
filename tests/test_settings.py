from pathlib import Path

import pytest

from hub.ledger.ledger import LEASE_SECONDS
from hub.settings import PROJECT, Settings


def test_without_a_variable_the_hub_keeps_its_things_here_and_uses_the_projects_own_data() -> None:
    settings = Settings.read({})
    assert settings.home == Path(".hub").absolute()
    assert settings.ledger_url == f"sqlite:///{settings.home}/ledger.db"
    assert settings.store == f"{settings.home}/store"
    assert settings.mappings == PROJECT / "mappings"
    assert settings.expectations == PROJECT / "expectations"
    assert (settings.endpoints, settings.outcomes, settings.alarms) == (None, None, None)


def test_every_variable_is_heard(tmp_path: Path) -> None:
    url = "postgresql+psycopg://hub@127.0.0.1:5432/hub"
    names = ("HUB_HOME", "HUB_MAPPINGS", "HUB_EXPECTATIONS", "HUB_ENDPOINTS", "HUB_OUTCOMES")
    settings = Settings.read({name: str(tmp_path / name) for name in names} | {"HUB_LEDGER_URL": url, "HUB_STORE": "s3://hub/store"})
    found = (settings.home, settings.mappings, settings.expectations, settings.endpoints, settings.outcomes)
    assert found == tuple(tmp_path / name for name in names)
    assert (settings.ledger_url, settings.store) == (url, "s3://hub/store")


def test_an_empty_variable_counts_as_none() -> None:
    names = ("HUB_HOME", "HUB_LEDGER_URL", "HUB_STORE", "HUB_MAPPINGS", "HUB_EXPECTATIONS", "HUB_ENDPOINTS", "HUB_OUTCOMES")
    assert Settings.read(dict.fromkeys(names, "")) == Settings.read({})


@pytest.mark.parametrize("seconds", ["2", "301", "soon"])
def test_a_lease_that_could_not_be_renewed_in_time_or_would_outlast_a_clock_is_refused(seconds: str) -> None:
    assert Settings.read({"HUB_LEASE_SECONDS": "30"}).lease_seconds == 30
    assert Settings.read({}).lease_seconds == LEASE_SECONDS
    with pytest.raises(ValueError, match=r"HUB_LEASE_SECONDS is|could not convert"):
        Settings.read({"HUB_LEASE_SECONDS": seconds})
