"""Ledgers for the tests, on SQLite and on a real PostgreSQL: brought up once a session, empty for each test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from adapters.keys import OwnKey
from hub.ledger.ledger import Ledger
from hub.ledger.master_keys import MasterKeys
from hub.ledger.tables import metadata
from tests.servers.postgres import Postgres

OpenLedger = Callable[..., Ledger]
BOTH = ("sqlite", "postgresql")
MASTERS = MasterKeys.of([OwnKey(b"the tests' own key, of bytes enough")], plain_too=True)  # what the tests' ledgers are encrypted with


@pytest.fixture(scope="session")
def new_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite ledger with nothing in it, to be copied."""
    folder = tmp_path_factory.mktemp("ledger")
    Ledger.open(f"sqlite:///{folder / 'ledger.db'}", str(folder / "store")).close()
    return folder / "ledger.db"


@pytest.fixture(scope="session")
def one_database(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL database with the ledger's tables, for the session."""
    with postgres.database() as url:
        Ledger.open(url, str(tmp_path_factory.mktemp("store"))).close()
        yield url


@pytest.fixture(params=BOTH)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a ledger that is up to date and empty."""
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("new_file"), tmp_path / "ledger.db")
        yield f"sqlite:///{copy}"
        return
    url: str = request.getfixturevalue("one_database")
    yield url
    ledger = Ledger(url, str(tmp_path))
    with ledger.write() as connection:
        _empty(connection)
    ledger.close()


def _empty(connection: Connection) -> None:
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables if table.name != "ledger")
    connection.execute(text("SET LOCAL session_replication_role = replica"))  # the guards of the history do not hold us
    connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture
def open_ledger(ledger_url: str, tmp_path: Path) -> Iterator[OpenLedger]:
    """Opens the test's ledger for one more worker: `open_ledger(worker="second", lease_seconds=1)`."""
    with ExitStack() as opened:

        def one(**options: object) -> Ledger:
            told: dict[str, Any] = {"masters": MASTERS, **options}
            ledger = Ledger.open(ledger_url, str(tmp_path / "store"), **told)
            opened.callback(ledger.close)
            return ledger

        yield one


@pytest.fixture
def ledger(open_ledger: OpenLedger) -> Ledger:
    return open_ledger(worker="first")
