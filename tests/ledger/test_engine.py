"""The database's own troubles: each is told with what to do, loses nothing, and says nothing of what was being written."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select, text, update

from hub.ledger.arrivals import record
from hub.ledger.engine import Database, _insist
from hub.ledger.errors import LedgerRefused, LedgerUnavailable
from hub.ledger.ledger import Ledger
from hub.ledger.tables import bodies, reports, submissions
from hub.settings import PROJECT
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, all_at_once, an_arrival, balanced, rows, states, stored, waiting
from tests.servers.postgres import Postgres

CANARY = "Blodeuwedd"


@pytest.fixture
def file(tmp_path: Path, new_file: Path) -> Path:
    return Path(shutil.copy(new_file, tmp_path / "ledger.db"))


@pytest.fixture
def on_file(file: Path, tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(f"sqlite:///{file}", str(tmp_path / "store"))
    yield ledger
    ledger.close()


@contextmanager
def _told(*words: str) -> Iterator[None]:
    """The trouble is told in words, with what to do, and without what was being written."""
    with pytest.raises(LedgerUnavailable) as caught:
        yield
    said = str(caught.value)
    assert all(word in said for word in words), said
    assert said.endswith(", and the next pass goes on.")
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_full_disk_stops_it_and_loses_nothing(on_file: Ledger) -> None:
    waiting(on_file, 1)
    with on_file.read() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))  # of this connection, which the pool gives out again
    large = [an_arrival(n, body=stored(CANARY.encode() * 5_000)) for n in range(2, 9)]
    with _told("ledger.db: it is full (SQLITE_FULL)", "free space on its disk"):
        record(on_file, large, AT)
    assert states(on_file) == ["waiting"]
    with on_file.read() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    record(on_file, large, AT)
    assert balanced(on_file)


def test_a_read_only_file_is_told_with_what_to_do(file: Path, tmp_path: Path) -> None:
    """Also where the tests run as root, whom no permission stops: SQLite itself is told to open it so."""
    ledger = Ledger(f"sqlite:///file:{file}?mode=ro&uri=true", str(tmp_path))
    with _told("it is read-only (SQLITE_READONLY", "let the hub's user write"):
        waiting(ledger, 1)
    ledger.close()


def test_a_folder_in_the_files_place_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    with _told("it cannot be opened (SQLITE_CANTOPEN", "HUB_LEDGER_URL"):
        Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", str(tmp_path))


def test_a_folder_that_cannot_be_made_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    with _told("its folder cannot be made", "HUB_HOME"):
        Ledger.open(f"sqlite:///{tmp_path / 'home' / 'ledger.db'}", str(tmp_path))


def test_a_file_that_is_no_database_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(CANARY.encode() * 100)
    with _told("not an SQLite database (SQLITE_NOTADB)", "back-up"):
        Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", str(tmp_path))


def test_whoever_waits_to_write_does_not_wait_for_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(CANARY.encode() * 100)
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as connection:
        assert not _insist(connection, "BEGIN IMMEDIATE")  # SQLAlchemy's own try then says why


def test_a_new_file_that_somebody_makes_just_now_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself refuses at once: a file's journal is changed by one alone."""
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, other.execute, ["COMMIT"])
        release.start()
        with Database(f"sqlite:///{tmp_path / 'ledger.db'}").read() as connection:
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        release.join()


def test_a_database_that_another_program_keeps_locked_is_told_with_what_to_do(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.ledger.engine._BUSY_SECONDS", 0.1)
    ledger = Ledger.open(f"sqlite:///{file}", str(tmp_path))
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with _told("another program keeps it locked (SQLITE_BUSY)", "end that program"):
            waiting(ledger, 1)
        other.execute("ROLLBACK")
    assert states(ledger) == []
    waiting(ledger, 1)
    ledger.close()


def test_sqlites_log_is_written_back_as_soon_as_nobody_reads_from_it(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.ledger.engine._LONG_LOG", 500_000)
    monkeypatch.setattr("hub.ledger.engine._TRY_AGAIN", 0)
    ledger, log = Ledger.open(f"sqlite:///{file}", str(tmp_path / "store")), Path(f"{file}-wal")
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM reports").fetchone()
        for start in range(0, 600, 200):
            waiting(ledger, *range(start, start + 200))
        assert log.stat().st_size > 500_000
    waiting(ledger, 600)
    assert log.stat().st_size < 500_000
    assert (len(rows(ledger, reports)), balanced(ledger)) == (601, True)
    ledger.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what files a process has open is looked up in Linux's way")
def test_what_takes_a_statement_back_lies_in_memory_and_what_is_sorted_for_reading_in_a_file(on_file: Ledger) -> None:
    with on_file.write() as connection:
        connection.execute(text("CREATE TABLE much (n INTEGER PRIMARY KEY, key BLOB UNIQUE, more BLOB)"))
        many = "WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 40000)"
        connection.exec_driver_sql(f"INSERT INTO much {many} SELECT n, randomblob(40), zeroblob(400) FROM n")  # noqa: S608 - our own
        connection.execute(text("UPDATE much SET key = randomblob(40)"))
        assert not _temporary_files()
    with on_file.write(whole_tables=True) as connection:
        connection.execute(text("UPDATE much SET key = randomblob(40)"))
        assert _temporary_files()
    with on_file.read() as connection:
        sorted_ = connection.execute(text("SELECT more, key FROM much ORDER BY hex(key)"))
        sorted_.fetchone()
        assert _temporary_files()


def _temporary_files() -> list[str]:
    """SQLite's own, which this process has open."""
    found = []
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(os.readlink(file))
    return [name for name in found if "etilqs_" in name]


def test_tables_that_are_gone_are_told(on_file: Ledger) -> None:
    with on_file.write() as connection:
        connection.execute(text("DROP TABLE signals"))
        connection.execute(text("DROP TABLE history"))
    with _told("ledger.db"):
        waiting(on_file, 1)


@pytest.mark.parametrize(
    "url", ["", "ledger.db", f"mysql://hub:{CANARY}@host/ledger", f"postgres://hub:{CANARY}@host/x", "sqlite+none:///x"]
)
def test_a_url_of_no_database_that_the_hub_knows_is_told_and_not_repeated(url: str, tmp_path: Path) -> None:
    with _told("HUB_LEDGER_URL", "write sqlite:////path/to/ledger.db or postgresql+psycopg://"):
        Ledger.open(url, str(tmp_path))


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    with _told("127.0.0.1:1/ledger", "refused", "start it, or set HUB_LEDGER_URL"):
        Ledger.open(f"postgresql+psycopg://hub:{CANARY}@127.0.0.1:1/ledger", str(tmp_path))


def test_a_database_that_does_not_exist_is_told(postgres: Postgres, tmp_path: Path) -> None:
    with _told(f'database "{"none"}" does not exist'):
        Ledger.open(f"postgresql+psycopg://hub@127.0.0.1:{postgres.port}/none", str(tmp_path))


def _on_server(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement.encode())


def test_a_server_that_goes_away_in_the_middle_loses_nothing_and_is_found_again(postgres_url: str, tmp_path: Path) -> None:
    ledger = Ledger.open(postgres_url, str(tmp_path))
    waiting(ledger, 1)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with _told("127.0.0.1:"), ledger.write() as connection:
        connection.execute(update(reports).values(state="delivered"))
        _on_server(postgres_url, others)
        connection.execute(select(reports))
    assert states(ledger) == ["waiting"]
    waiting(ledger, 2)
    assert balanced(ledger)
    ledger.close()


def test_a_server_that_takes_no_writes_is_told(postgres_url: str, tmp_path: Path) -> None:
    """A standby after a failover."""
    Ledger.open(postgres_url, str(tmp_path)).close()
    ledger = Ledger(f"{postgres_url}?options=-c%20default_transaction_read_only%3Don", str(tmp_path))
    with _told("it is read-only (25006)", "the server that takes writes"):
        waiting(ledger, 1)
    ledger.close()


def test_two_transactions_in_each_others_way_are_told_as_nothing_to_worry_about(postgres_url: str, tmp_path: Path) -> None:
    ledger = Ledger.open(postgres_url, str(tmp_path))
    waiting(ledger, 1, 2)
    start, caught = threading.Barrier(2), list[LedgerUnavailable]()

    def cross(first: int, second: int) -> None:
        try:
            with ledger.write() as connection:
                connection.execute(update(reports).where(reports.c.id == first).values(service=CANARY))
                start.wait()
                connection.execute(update(reports).where(reports.c.id == second).values(service=CANARY))
        except LedgerUnavailable as error:
            caught.append(error)

    all_at_once(lambda pair: cross(*pair), ((1, 2), (2, 1)))
    assert [error.reason.split(": ")[1] for error in caught] == ["two transactions stood in each other's way (40P01)"]
    ledger.close()


def _twice(ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.execute(insert(bodies).values(submission_id=1, version=1, body=CANARY.encode()))


def _without_a_day(ledger: Ledger) -> None:
    row = {"arrival": CANARY, "digest": "0" * 64, "size": 1, "source": "folder", "name": CANARY, "force": "kent", "service": "crime"}
    with ledger.write() as connection:
        connection.execute(insert(submissions).values(**row, picked_up_at=AT))


def _of_nothing(ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.execute(insert(bodies).values(submission_id=99, version=1, body=CANARY.encode()))


def _no_instant(ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.execute(update(reports).values(since=CANARY))


@pytest.mark.parametrize("write", [_twice, _without_a_day, _of_nothing, _no_instant])
def test_what_the_database_refuses_is_told_without_a_word_of_what_was_written(ledger: Ledger, write: Callable[[Ledger], None]) -> None:
    """PostgreSQL would repeat the row (`DETAIL: Failing row contains …`), SQLAlchemy the parameters."""
    waiting(ledger, 1)
    before = [rows(ledger, table) for table in (submissions, bodies, reports)]
    with pytest.raises(Exception, match=r".") as caught:
        write(ledger)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert isinstance(caught.value, LedgerRefused) or write is _no_instant
    assert [rows(ledger, table) for table in (submissions, bodies, reports)] == before


def test_what_the_database_refuses_names_the_constraint(ledger: Ledger) -> None:
    waiting(ledger, 1)
    with pytest.raises(LedgerRefused, match=r"pk_bodies|bodies\.submission_id, bodies\.version"):
        _twice(ledger)


def test_no_engine_shows_parameters(ledger: Ledger) -> None:
    assert ledger.database.engine.hide_parameters


def test_of_those_who_are_patient_one_alone_is_written_before_who_is_not(on_file: Ledger) -> None:
    order: list[str] = []

    def write(name: str, *, patient: bool) -> None:
        with on_file.write(patient=patient):
            order.append(name)

    with on_file.write():
        threads = [
            threading.Thread(target=write, args=(name,), kwargs={"patient": name != "urgent"}) for name in ("a", "b", "c", "d", "urgent")
        ]
        for thread in threads:
            thread.start()
            thread.join(0.1)  # they come one after the other, and wait
    for thread in threads:
        thread.join(20)
    assert sorted(order) == ["a", "b", "c", "d", "urgent"]
    assert order.index("urgent") <= 1


def test_threads_of_one_process_write_in_turn(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()

    def work(number: int) -> None:
        for n in range(5):
            record(ledger, [an_arrival(number * 100 + n)], AT)

    all_at_once(work, range(6))
    assert len(states(ledger)) == 30
    assert balanced(ledger)


_WRITES = """
import sys
from hub.ledger.arrivals import record
from hub.ledger.ledger import Ledger
from tests.ledger.making import AT, all_at_once, an_arrival
url, store, first = sys.argv[1:]
ledger = Ledger.open(url, store)
for n in range(int(first), int(first) + 15):
    record(ledger, [an_arrival(n), an_arrival(n, arrival=f"{n} again")], AT)
"""


def test_processes_write_in_turn(ledger_url: str, tmp_path: Path) -> None:
    commands = [[sys.executable, "-c", _WRITES, ledger_url, str(tmp_path / "store"), str(first)] for first in (0, 100)]
    processes = [subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) for command in commands]
    for process in processes:
        _, trouble = process.communicate(timeout=60)
        assert process.returncode == 0, trouble
    ledger = Ledger.open(ledger_url, str(tmp_path / "store"))
    assert sorted(states(ledger)) == ["duplicate"] * 30 + ["waiting"] * 30
    assert balanced(ledger)
    ledger.close()


def test_a_worker_that_hangs_in_a_transaction_keeps_its_locks_for_five_minutes_at_most(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.read() as connection:
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "5min"
    database.close()


def test_what_the_url_says_of_patience_comes_first(postgres_url: str) -> None:
    database = Database(f"{postgres_url}?options=-c%20idle_in_transaction_session_timeout%3D7s")
    with database.read() as connection:
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "7s"
    database.close()
