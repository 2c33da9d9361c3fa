"""Opens the ledger's database: SQLite (WAL) on one machine, PostgreSQL on many."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError

from hub.ledger.errors import LedgerUnavailable

_BUSY_SECONDS = 60


class Database:
    """The ledger's database: `read` and `write` give a connection in a transaction that ends with the block.

    On SQLite a writer takes its lock when it begins, not at its first write, so that two writers wait for each other
    instead of failing; threads of one process queue on a lock of our own, which is fairer than SQLite's polling.
    Raises LedgerUnavailable where the database is gone, full, locked or read-only.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(url) if self.is_sqlite else create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True)
        self._writers = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with _translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with _translated(), self._writers, self.engine.connect() as plain:
            connection = plain.execution_options(hub_writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        self.engine.dispose()


def insert_unless_there(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that leaves rows alone whose key another worker has just written."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


@contextmanager
def _translated() -> Iterator[None]:
    """An error of the database's own becomes one that says what to do; a broken constraint stays what it is."""
    try:
        yield
    except OperationalError as error:
        raise LedgerUnavailable(_reason(error)) from error


def _reason(error: DBAPIError) -> str:
    """The driver's first line: it names files and conditions, never a value."""
    return str(error.orig).splitlines()[0] if error.orig else type(error).__name__


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions: we do, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("hub_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
