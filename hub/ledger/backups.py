"""A copy of the ledger's database as it stood at one instant, while the hub works; and a new database from such a copy.

SQLite's own online back-up; on PostgreSQL `pg_dump`, `pg_restore` and `psql`, which must be of the server's version or newer.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from sqlalchemy import URL, inspect, select, text

from hub.ledger.border import place
from hub.ledger.engine import Database
from hub.ledger.errors import CannotRestore, LedgerUnavailable
from hub.ledger.ledger import Ledger
from hub.ledger.restoring import mark_unfinished
from hub.ledger.series import UNFINISHED
from hub.ledger.tables import HOLDERS

_PAGES = 2_000  # of 4 KiB, copied at a time: other writers go on in between
_PROGRAMS = "install postgresql-client, of the server's version or newer"


def copy_database(ledger: Ledger, target: Path) -> None:
    """Everything that was committed when this ends or before, in one file. Raises LedgerUnavailable."""
    if ledger.database.is_sqlite:
        _copy_sqlite(ledger.database, target)
    else:
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
        _run([_program("pg_dump"), *options, *_place(ledger.database.url)], ledger.database.url)


def _copy_sqlite(database: Database, target: Path) -> None:
    with database.engine.connect() as connection:
        copy = sqlite3.connect(target)
        try:
            cast(sqlite3.Connection, connection.connection.driver_connection).backup(copy, pages=_PAGES)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        except sqlite3.Error as error:
            raise LedgerUnavailable(f"{target}: the copy broke off ({error.sqlite_errorname})", "free space there") from None
        finally:
            copy.close()


def objects(ledger: Ledger) -> Iterator[str]:
    """Where in the store everything lies that the database refers to."""
    with ledger.read() as connection:
        for table in HOLDERS:
            yield from connection.scalars(select(table.c.uri).where(table.c.uri.is_not(None)).distinct())


def refuse_a_used_one(url: str) -> None:
    """Raises CannotRestore unless nothing lies where a ledger is to be restored to."""
    database = Database(url)
    try:
        if database.is_sqlite:
            used = Path(database.url.database or "").exists()
        else:
            with database.read() as connection:
                used = bool(inspect(connection).get_table_names())
    finally:
        database.close()
    if used:
        raise CannotRestore(f"{place(database.url)}: there is a ledger already. Stop the hub, and move it away or make a new database.")


def put_database(copy: Path, url: str) -> None:
    """The database of a copy, at `url`. Nobody can open it before it was made ready. Raises LedgerUnavailable."""
    database = Database(url)
    try:
        if database.is_sqlite:
            _put_sqlite(copy, Path(database.url.database or ""))
        else:
            _put_postgresql(copy, database.url)
    finally:
        database.close()


def _put_sqlite(copy: Path, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    shutil.copyfile(copy, part)
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    unfinished = Database(f"sqlite:///{part}")
    try:
        with unfinished.write() as connection:
            mark_unfinished(connection)
        with unfinished.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    finally:
        unfinished.close()
    part.replace(file)
    for beside in ("-wal", "-shm"):
        part.with_name(f"{part.name}{beside}").unlink(missing_ok=True)


def _put_postgresql(copy: Path, url: URL) -> None:
    """In one transaction with the mark: a restored ledger that nobody compared must not be opened, whenever this breaks off."""
    script = copy.with_name("restore.sql")
    try:
        _run([_program("pg_restore"), "--no-owner", "--no-privileges", f"--file={script}", str(copy)], url)
        mark = f"UPDATE public.ledger SET series = '{UNFINISHED}'"  # noqa: S608 - a constant
        options = ["--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={script}", f"--command={mark}"]
        _run([_program("psql"), *options, *_place(url)], url)
    finally:
        script.unlink(missing_ok=True)


def _place(url: URL) -> list[str]:
    """Options of PostgreSQL's programs: never the password, which other users could see."""
    given = {"--host": url.host, "--port": url.port, "--username": url.username, "--dbname": url.database}
    return [f"{name}={value}" for name, value in given.items() if value]


def _run(command: Sequence[str], url: URL) -> None:
    environment = dict(os.environ) | ({"PGPASSWORD": url.password} if url.password else {})
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own words, no shell
    if ended.returncode:
        said = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise LedgerUnavailable(f"{Path(command[0]).name} failed: {said}", "see to what it says")


def _program(name: str) -> str:
    """Debian keeps several versions side by side, the newest of which is taken; else the one in the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]))
    if found is None:
        raise LedgerUnavailable(f"{name} is not installed", _PROGRAMS)
    return found
