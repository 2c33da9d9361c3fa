import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from hub.ledger.engine import Database
from hub.ledger.ledger import Ledger
from hub.ledger.migrate import begin_series, current, newest, upgrade
from hub.ledger.tables import ledger as series
from hub.ledger.tables import metadata
from hub.settings import PROJECT
from tests.ledger.making import rows, waiting

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
        assert current(connection) == newest()
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


def test_processes_that_open_a_new_ledger_at_once_make_one_ledger(new_url: str, tmp_path: Path) -> None:
    """One migrates and draws the series, the others wait for it."""
    command = [sys.executable, "-c", _OPENS, new_url, str(tmp_path / "store")]
    processes = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], told
    assert len({out for out, _ in told}) == 1
    ledger = Ledger.open(new_url, str(tmp_path / "store"))
    assert [f"{row['series']}\n" for row in rows(ledger, series)] == [told[0][0]]
    ledger.close()


def test_a_migration_that_breaks_off_leaves_the_database_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ledger.db"
    database = Database(f"sqlite:///{file}")

    def breaks(*_: object) -> None:
        command_upgrade(*_)  # type: ignore[arg-type]  # alembic's own arguments, handed on
        raise KeyboardInterrupt

    from alembic.command import upgrade as command_upgrade

    monkeypatch.setattr("hub.ledger.migrate.command.upgrade", breaks)
    with pytest.raises(KeyboardInterrupt):
        upgrade(database)
    database.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
