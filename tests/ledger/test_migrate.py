import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, delete, update

from hub.ledger.audit import verify
from hub.ledger.cells import ERASED
from hub.ledger.drops import Sealing
from hub.ledger.engine import Database
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.evidence import contradictions
from hub.ledger.histories import broken
from hub.ledger.ledger import Ledger
from hub.ledger.migrate import _config, begin_series, current, newest, upgrade
from hub.ledger.sealed import WITH_BYTES, open_payload
from hub.ledger.tables import bodies, contents, members, metadata, payloads
from hub.ledger.tables import ledger as series
from hub.settings import PROJECT
from hub.words import PayloadKind
from tests.ledger.ledgers import MASTERS
from tests.ledger.making import AT, DAY, XML, balanced, rows, sealed, states, stored, submission_id, waiting, with_bytes

CANARY = b"Sian Canary-Example"
_OPENS = "import sys; from hub.ledger.ledger import Ledger; print(Ledger.open(*sys.argv[1:]).series)"


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that has never been opened."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'down' / 'ledger.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def test_the_migrations_make_the_tables_that_the_code_describes(new_url: str, tmp_path: Path) -> None:
    ledger = Ledger.open(new_url, str(tmp_path))
    with ledger.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert current(connection) == newest() == ScriptDirectory.from_config(_config(connection)).get_current_head()
    ledger.close()


def test_upgrading_again_changes_nothing_and_keeps_what_is_there(new_url: str, tmp_path: Path) -> None:
    ledger = Ledger.open(new_url, str(tmp_path))
    waiting(ledger, 1)
    upgrade(ledger.database)
    assert begin_series(ledger.database) == ledger.series
    again = Ledger.open(new_url, str(tmp_path))
    assert (again.series, len(rows(again, series))) == (ledger.series, 1)
    assert re.fullmatch("[a-z2-9]{4}", again.series)
    for opened in (ledger, again):
        opened.close()


def test_a_ledger_of_the_first_tables_is_brought_up_to_date_with_all_that_is_in_it(new_url: str, tmp_path: Path) -> None:
    first = Database(new_url)
    if first.is_sqlite:
        Path(first.url.database or "").parent.mkdir(parents=True)
    with first.write() as connection:
        command.upgrade(_config(connection), "0001")
        _fill(connection)
    first.close()
    ledger = Ledger.open(new_url, str(tmp_path))
    with ledger.read() as connection:
        assert current(connection) == newest()
    assert (ledger.series, states(ledger)) == ("old2", ["waiting", "accepted"])
    assert balanced(ledger)
    audit = verify(ledger, ())
    assert (audit.sound, audit.events, audit.links) == (True, 5, 4)
    waiting(ledger, 3)
    assert (verify(ledger, ()).sound, broken(ledger), contradictions(ledger)) == (True, [], [])
    ledger.close()


def _fill(connection: Connection) -> None:
    """Two submissions of a time when there were no chains, as rows of the tables that there were."""
    then = MetaData()
    then.reflect(connection)

    def add(table: str, **row: object) -> None:
        connection.execute(then.tables[table].insert().values(**row))

    add("ledger", series="old2", begun_at=AT)
    same = {"force": "kent", "service": "crime", "day": DAY}
    for number in (1, 2):
        name = submission_id(number)
        arrival = {"arrival": f"{number}.json", "identity": name, "submission_id": name, "digest": "0" * 64, "size": 2, "source": "folder"}
        add("submissions", id=number, name=f"{number}.json", picked_up_at=AT, **same, **arrival)
        add("bodies", submission_id=number, version=1, body=b"{}")
        state = "waiting" if number == 1 else "accepted"
        add("reports", id=number, submission_id=number, purpose="primary", lane="routine", state=state, since=AT, **same)
    add("changes", id=1, force="kent", action="pick up", actor="hub", at=AT, reports=2)
    for number in (1, 2):
        add("history", change_id=1, report_id=number, to_state="waiting")
    _delivered(add, 2)


def _delivered(add: Callable[..., None], report: int) -> None:
    """The second one left in a drop, and was accepted."""
    key = "kent.records-system.routine.old2.000001"
    place = {"force": "kent", "route": "records-system"}
    add("lanes", lane="routine", next_sequence=2, fence=1, **place)
    sealed = {"state": "delivered", "instance": "kent", "environment": "test", "profile": "tiny", "reports": 1, "bytes": 2, "attempts": 1}
    add("drops", id=1, key=key, lane="routine", sequence=1, digest="0" * 64, sealed_at=AT, delivered_at=AT, **place, **sealed)
    add("attempts", drop_id=1, number=1, worker="w", began_at=AT, ended_at=AT, outcome="delivered")
    add("members", drop_id=1, report_id=report, outcome="delivered")
    said = {"identity": "a", "submission_id": submission_id(report), "report_id": report, "accepted": True, "reference": "K-1"}
    add("acknowledgements", at=AT, received_at=AT, **place, **said)
    steps = (("seal", "waiting", "sealed"), ("deliver", "sealed", "delivered"), ("confirm", "delivered", "accepted"))
    for number, (action, start, end) in enumerate(steps, start=2):
        add("changes", id=number, force="kent", action=action, actor="hub", at=AT, reports=1, drop_id=1)
        add("history", change_id=number, report_id=report, from_state=start, to_state=end)


def test_what_is_sealed_with_who_found_it_clean_is_not_given_to_a_version_that_could_not_open_it(new_url: str, tmp_path: Path) -> None:
    ledger = Ledger.open(new_url, str(tmp_path))
    waiting(ledger, 1)
    for clean_by in ("0123456789abcdef", None):
        with ledger.write() as connection:
            connection.execute(update(bodies).values(clean_by=clean_by))
        with pytest.raises(RuntimeError, match="put a back-up from before") if clean_by else nullcontext(), ledger.write() as connection:
            command.downgrade(_config(connection), "0012")
    upgrade(ledger.database)
    assert [row["clean_by"] for row in rows(ledger, bodies)] == [None]
    ledger.close()


def test_the_bytes_of_payloads_are_moved_and_leave_nothing_where_they_lay(new_url: str, tmp_path: Path) -> None:
    """Sealed and plain, in a row and in the store; what is erased afterwards lies on no page that was theirs."""
    ledger = Ledger.open(new_url, str(tmp_path / "store"), masters=MASTERS)
    mine = waiting(ledger, *range(1, 41))
    large = ledger.store.put("kent", CANARY * 10_000)
    kept = [ledger.store.put("kent", b"sealed"), large, *(stored(b"%s %d" % (CANARY * 40, number)) for number in mine[2:])]
    sealed(ledger, mine, [Sealing(f"{n}", f"{n}.xml", PayloadKind.RECORDS, XML, one, (n,)) for n, one in zip(mine, kept, strict=True)])
    with ledger.write() as connection:
        connection.execute(update(contents).where(contents.c.payload_id == 40).values(**ERASED))
    before = with_bytes(ledger)
    _as_it_was_before_contents(ledger, before)
    assert CANARY in _where_payloads_lie(ledger)
    upgrade(ledger.database)
    assert (with_bytes(ledger), len(rows(ledger, contents))) == (before, 39)
    with ledger.read() as connection:
        found = connection.execute(WITH_BYTES.where(payloads.c.id <= 2).order_by(payloads.c.id)).all()
    assert [open_payload(ledger, row).read() for row in found] == [b"sealed", CANARY * 10_000]
    with ledger.write() as connection:
        ledger.database.overwrites(connection)
        connection.execute(update(contents).where(contents.c.payload_id > 2).values(**ERASED))
    assert CANARY not in _where_payloads_lie(ledger)
    before = with_bytes(ledger)
    with ledger.write() as connection:
        command.downgrade(_config(connection), "0013")
    upgrade(ledger.database)
    assert with_bytes(ledger) == before
    ledger.close()


def _as_it_was_before_contents(ledger: Ledger, their_rows: list[dict[str, Any]]) -> None:
    """Tables of that time, with these payloads; and SQLite as it is where nobody built it to write over what it deletes."""
    with ledger.write() as connection:
        for table in (contents, members, payloads):
            connection.execute(delete(table))
        command.downgrade(_config(connection), "0013")
    with ledger.write() as connection:
        then = MetaData()
        then.reflect(connection, only=["payloads"])
        connection.execute(then.tables["payloads"].insert(), their_rows)
        if ledger.database.is_sqlite:
            connection.exec_driver_sql("PRAGMA secure_delete=OFF")


def _where_payloads_lie(ledger: Ledger) -> bytes:
    """SQLite's one file, or PostgreSQL's for that table."""
    ledger.database.clear_log()
    if ledger.database.is_sqlite:
        return Path(ledger.database.url.database or "").read_bytes()
    with ledger.database.engine.connect() as connection:
        folder, file = connection.exec_driver_sql("SELECT current_setting('data_directory'), pg_relation_filepath('payloads')").one()
        connection.exec_driver_sql("CHECKPOINT")
    return Path(folder, file).read_bytes()


def test_processes_that_open_a_new_ledger_at_once_make_one_ledger(new_url: str, tmp_path: Path) -> None:
    """One migrates and draws the series, the others wait for it."""
    opens = [sys.executable, "-c", _OPENS, new_url, str(tmp_path / "store")]
    processes = [subprocess.Popen(opens, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], told
    assert len({out for out, _ in told}) == 1
    ledger = Ledger.open(new_url, str(tmp_path / "store"))
    assert [f"{row['series']}\n" for row in rows(ledger, series)] == [told[0][0]]
    ledger.close()


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger.open(url, str(tmp_path)).close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerUnavailable, match="of a newer version of the hub"):
        Ledger.open(url, str(tmp_path))


def test_a_ledger_that_says_it_is_of_two_versions_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger.open(url, str(tmp_path)).close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
    with pytest.raises(LedgerUnavailable, match=r"of several versions of the hub \(0001, "):
        Ledger.open(url, str(tmp_path))


def test_a_migration_that_breaks_off_leaves_the_database_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ledger.db"
    database = Database(f"sqlite:///{file}")

    def breaks(*_: object) -> None:
        command_upgrade(*_)  # type: ignore[arg-type]  # alembic's own arguments, handed on
        raise KeyboardInterrupt

    from alembic.command import upgrade as command_upgrade

    monkeypatch.setattr("alembic.command.upgrade", breaks)
    with pytest.raises(KeyboardInterrupt):
        upgrade(database)
    database.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
