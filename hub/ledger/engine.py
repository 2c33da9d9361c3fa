"""Opens the ledger's database: SQLite (WAL) on one machine, PostgreSQL on many."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from enum import IntEnum
from functools import cache
from typing import Any

import sqlalchemy.orm  # noqa: F401 - Great Expectations imports it while other threads ask the ledger, and half imported it breaks their queries
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from hub.ledger.border import border
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.history_keys import NO_KEYS, HistoryKeys

_BUSY_SECONDS = 60
_PATIENT_SECONDS = 0.5
_PATIENCE: dict[str, str | int] = {  # libpq's own waits for ever; what the URL says comes first
    "connect_timeout": 10,  # seconds
    "tcp_user_timeout": 60_000,  # milliseconds until a server that went without a word is given up
    # a worker that hangs, or whose machine was cut off, must not keep its locks: the server notices within some 15 seconds
    "options": "-c idle_in_transaction_session_timeout=300s -c tcp_user_timeout=15000"
    " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2",
}


class Turn(IntEnum):
    """What one process does at a time, whatever the machine. PostgreSQL's advisory locks are numbers: any of our own."""

    MIGRATE = 7_304_212
    ARRIVE = 7_304_213
    TELL = 7_304_214
    ALARM = 7_304_215


class _Writers:
    """Threads of one process that write in turn. One alone of the patient is in the way of who is not, and lets those go first who wait."""

    def __init__(self) -> None:
        self._writer, self._patient = threading.Lock(), threading.Lock()
        self._others = threading.Condition()
        self._waiting = 0  # of those that are not patient

    @contextmanager
    def turn(self, *, patient: bool = False) -> Iterator[None]:
        if patient:
            with self._patient:
                with self._others:
                    self._others.wait_for(lambda: not self._waiting, _PATIENT_SECONDS)
                with self._writer:
                    yield
            return
        with self._others:
            self._waiting += 1
        try:
            self._writer.acquire()
        finally:
            with self._others:
                self._waiting -= 1
                self._others.notify()
        try:
            yield
        finally:
            self._writer.release()


class Database:
    """The ledger's database: `read` and `write` give a connection in a transaction that ends with the block.

    What one `read` block sees is of one instant. On SQLite a writer takes its lock when it begins, not at its first write,
    so that two writers wait for each other instead of failing; threads of one process queue on a lock of our own, which is
    fairer than SQLite's polling, and those that are patient let the others go first.

    Raises LedgerUnavailable where the database is gone, full, locked or read-only: also after the commit, where an SQLite file
    was taken away meanwhile, for SQLite itself would go on writing into a file that nobody can find.
    """

    def __init__(self, url: str, keys: HistoryKeys = NO_KEYS) -> None:
        self.url = _parsed(url)
        self._writing = {"hub_writes": True, "hub_history_keys": keys}
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgresql(self.url)
        self._reading = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._writers = _Writers() if self.is_sqlite else None
        self._file = _file(self.url) if self.is_sqlite else None  # as text: it is looked at around every transaction
        self._opened: tuple[int, int] | None = None  # device and number of the file that was opened
        self._shortened = 0.0  # when that was tried last, by the monotonic clock

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._hold_to_file()
        with border(self.url), self.engine.connect().execution_options(**self._reading) as connection:
            yield connection

    @contextmanager
    def write(self, *, whole_tables: bool = False, patient: bool = False) -> Iterator[Connection]:
        """`whole_tables`: a statement may sort or change all rows of one, for which SQLite must not use its process's memory.

        `patient`: of all who are, one alone stands in the way of who is not.
        """
        with border(self.url), self._writers.turn(patient=patient) if self._writers else nullcontext():
            self._hold_to_file()
            with self.engine.connect() as plain:
                connection = plain.execution_options(**self._writing, hub_in_memory=not whole_tables)
                with connection.begin():
                    yield connection
                if self._file and self._log_is_long():
                    _shorten_log(plain.connection.driver_connection)
            self._hold_to_file()

    def overwrites(self, connection: Connection) -> None:
        """What this transaction deletes is written over with zeros, not left on free pages. PostgreSQL has no such thing."""
        if self.is_sqlite:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")

    def clear_log(self) -> None:
        """What was written over leaves SQLite's log too, as far as nobody reads from it just now."""
        if self._writers:
            with border(self.url), self._writers.turn(), self.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _log_is_long(self) -> bool:
        """Whether SQLite's log should be written back now. Asked again only after a while: somebody may be reading for long."""
        if time.monotonic() - self._shortened < _TRY_AGAIN:
            return False
        try:
            is_long = os.stat(f"{self._file}-wal").st_size > _LONG_LOG
        except OSError:  # it went with the last who had the file open
            return False
        if is_long:
            self._shortened = time.monotonic()
        return is_long

    def _hold_to_file(self) -> None:
        """The file that was opened first still lies where it lay. One put in its place is another ledger: only a new start knows it."""
        if self._file is None:
            return
        try:
            state = os.stat(self._file)
        except OSError:
            state = None
        found = (state.st_dev, state.st_ino) if state else None
        self._opened = self._opened or found
        if found != self._opened:
            why, do = ("it was replaced", "start the hub anew") if found else ("it is gone", "put it back")
            raise LedgerUnavailable(f"{self._file}: {why} while the hub had it open", do)

    def close(self) -> None:
        self.engine.dispose()


def insert_unless_there(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that leaves rows alone whose key another worker has just written."""
    return unless_there(connection.dialect.name, table)


@cache
def unless_there(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The same, by the name of the database's dialect."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing()


def insert_or_add(connection: Connection, table: Table, *counts: str) -> sqlite.Insert | postgresql.Insert:
    """An insert that adds these counts to those of the row that has its key already."""
    made: sqlite.Insert | postgresql.Insert
    made = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    return made.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_={name: table.c[name] + made.excluded[name] for name in counts}
    )


def take_turn(connection: Connection, turn: Turn) -> None:
    """Wait until no other transaction has this turn; it ends with ours. SQLite has one writer at a time anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(int(turn))))


def now(connection: Connection) -> datetime:
    """The time by which leases are judged: the database's own, so that machines with different clocks agree.

    SQLite has none but its machine's, which all its workers share. A run's `--at` must not make leases last for ever.
    """
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    told: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return told.astimezone(UTC)


def _file(url: URL) -> str | None:
    """Where an SQLite ledger lies; None for one in memory, and for one that is named in SQLite's own way (`file:…`)."""
    name = url.database
    return None if not name or name == ":memory:" or name.startswith("file:") else name


def _parsed(url: str) -> URL:
    """The URL, if it is of a database that the hub knows. What was given is not repeated: it may hold a password."""
    try:
        found = make_url(url)
        name = found.get_backend_name()
        found.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        name = ""
    if name not in ("sqlite", "postgresql"):
        known = "sqlite:////path/to/ledger.db or postgresql+psycopg://user@host/name"
        raise LedgerUnavailable("HUB_LEDGER_URL is not the URL of a database that the hub knows", f"write {known}")
    return found


def _postgresql(url: URL) -> Engine:
    patience = {name: value for name, value in _PATIENCE.items() if name not in url.query}
    return create_engine(url, hide_parameters=True, pool_size=10, max_overflow=10, pool_pre_ping=True, connect_args=patience)


def _sqlite(url: URL) -> Engine:
    arguments = {"timeout": _BUSY_SECONDS, "check_same_thread": False, "cached_statements": 512}
    # the last one given back first: its cache is warm, and those of the others need not be filled
    engine = create_engine(url, hide_parameters=True, connect_args=arguments, pool_use_lifo=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions: we do, below
        if not _insist(connection, _LOG_AHEAD):
            with _patience(connection, 0):
                connection.execute(_LOG_AHEAD)  # which says why not
        for name, value in _PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={value}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        writes = connection.get_execution_options().get("hub_writes", False)
        driver.execute(_TEMPORARY[connection.get_execution_options().get("hub_in_memory", False)])
        if not writes:
            connection.exec_driver_sql("BEGIN")
        elif not _insist(driver, "BEGIN IMMEDIATE"):
            with _patience(driver, 0):
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # which says why not

    return engine


# What SQLite keeps to take one statement back is more than a third of what it writes for a report, where it lies in a file that is new each
# time. A statement of ours changes some hundreds of pages; what is sorted for reading may be a whole ledger, and belongs in a file.
_TEMPORARY = {True: "PRAGMA temp_store=MEMORY", False: "PRAGMA temp_store=FILE"}
_LOG_AHEAD = "PRAGMA journal_mode=WAL"  # of a new file one process alone can change it, for which SQLite itself does not wait
_PRAGMAS = {
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "cache_size": "-4000",  # KB, of each connection: some five are open in a process, and with three times as much nothing was faster
    "wal_autocheckpoint": "8000",  # pages: what was written often since the last time is then written into the file once
}
_LONG_LOG = 64_000_000  # bytes: twice what is written back by itself, which never ends where several processes always read and write
_TRY_AGAIN = 5.0  # seconds
_ASK_AGAIN = 0.002  # seconds: SQLite itself would sleep up to fifty times as long, while nobody writes


def _insist(connection: Any, statement: str) -> bool:
    """Wait for SQLite's one writer, of another process, and do what one alone may. Returns whether that was to be had in good time."""
    end = time.monotonic() + _BUSY_SECONDS
    with _patience(connection, 0):
        while time.monotonic() < end:
            try:
                connection.execute(statement)
            except sqlite3.Error as error:  # a damaged file is no OperationalError
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    return False
                time.sleep(_ASK_AGAIN)
            else:
                return True
    return False


def _shorten_log(connection: Any) -> None:
    """Write the log back and begin it anew, if those who read let us within a moment: else it grows without end, and reading gets slow."""
    with suppress(sqlite3.Error), _patience(connection, 0.1):  # what was written is safe either way
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _patience(connection: Any, seconds: float) -> Iterator[None]:
    """For so long SQLite waits for others, instead of its usual time."""
    connection.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout={round(_BUSY_SECONDS * 1000)}")
