"""Ledgers for the tests, on SQLite and on a real PostgreSQL: brought up once a session, empty for each test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, exists, func, select, text

from adapters.keys import OwnKey
from hub.ledger.ledger import Ledger
from hub.ledger.master_keys import MasterKeys
from hub.ledger.tables import metadata
from tests.servers.postgres import Postgres

OpenLedger = Callable[..., Ledger]
BOTH = ("sqlite", "postgresql")
_GROWN = 1 << 20  # bytes of a table
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
    """Its few rows are deleted: to truncate every table takes PostgreSQL 40 ms, and is for those that have grown."""
    tables = [table for table in metadata.sorted_tables if table.name != "ledger"]
    names = ", ".join(f'"{table.name}"' for table in tables)
    connection.execute(text("SET LOCAL session_replication_role = replica"))  # the guards of the history do not hold us
    connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))  # whoever still writes is waited for
    if connection.scalars(select(func.greatest(*(func.pg_relation_size(table.name) for table in tables)))).one() > _GROWN:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        return
    there = connection.execute(select(*(exists(select(1).select_from(table)) for table in tables))).one()
    for table, has_rows in zip(tables, there, strict=True):
        if has_rows:
            connection.execute(table.delete())
    connection.execute(text("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"))


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
