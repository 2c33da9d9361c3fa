"""Where what the database raises becomes what the hub understands: here, once, and nowhere else.

The database's own words may repeat what was being written (PostgreSQL: `DETAIL: Failing row contains …`), so that of a
refused statement only the code and the constraint get out.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

from hub.ledger.errors import LedgerRefused, LedgerUnavailable

_FULL = "free space on its disk"
_READ_ONLY = "let the hub's user write to it, and to the folder that it lies in"
_SERVER = "start it, or set HUB_LEDGER_URL to where it is"
_USER = "see to the user and password in HUB_LEDGER_URL, and to their rights"
_DAMAGED = "put its back-up in its place"

_OF_SQLITE = (  # https://www.sqlite.org/rescode.html: the first name that it begins with decides
    ("SQLITE_FULL", "it is full", _FULL),
    ("SQLITE_READONLY", "it is read-only", _READ_ONLY),
    ("SQLITE_PERM", "it is not ours to use", _READ_ONLY),
    ("SQLITE_CANTOPEN", "it cannot be opened", "create its folder and let the hub's user write there, or set HUB_LEDGER_URL"),
    ("SQLITE_BUSY", "another program keeps it locked", "end that program"),
    ("SQLITE_LOCKED", "another program keeps it locked", "end that program"),
    ("SQLITE_NOTADB", "its file is not an SQLite database", _DAMAGED),
    ("SQLITE_CORRUPT", "its file is damaged", _DAMAGED),
    ("SQLITE_IOERR", "its disk failed", "see to the disk"),
)
_OF_POSTGRESQL = (  # https://www.postgresql.org/docs/current/errcodes-appendix.html: likewise
    ("25006", "it is read-only", "set HUB_LEDGER_URL to the server that takes writes"),
    ("28", "it does not let the hub in", _USER),
    ("3D000", "it does not exist", "create it, or set HUB_LEDGER_URL"),
    ("40", "two transactions stood in each other's way", "there is nothing to do"),
    ("42501", "the hub's user may not use its tables", _USER),
    ("42P01", "its tables are not there", _DAMAGED),
    ("53100", "its disk is full", _FULL),
    ("53", "it has no more memory or connections", "give it more, or end what uses them"),
    ("57", "it was shut down or cut us off", _SERVER),
    ("58", "its disk failed", "see to the disk"),
)


@contextmanager
def border(url: URL) -> Iterator[None]:
    """Lets out only LedgerUnavailable and LedgerRefused of what the database raises."""
    try:
        yield
    except (DBAPIError, TimeoutError) as error:
        raise translate(error, place(url)) from None


def place(url: URL) -> str:
    """The database as it may be shown: the file, or host, port and name; never a password."""
    if url.host is None:
        return url.database or "in memory"
    return f"{url.host}:{url.port or 5432}/{url.database}"


def translate(error: DBAPIError | TimeoutError, where: str) -> LedgerUnavailable | LedgerRefused:
    """What to do next about an error of the database's."""
    if isinstance(error, TimeoutError):
        return LedgerUnavailable(f"{where}: every connection of this process is in use", "run fewer passes at once")
    original = error.orig
    code = _code(original)
    for begins, why, do in _OF_SQLITE if isinstance(original, sqlite3.Error) else _OF_POSTGRESQL:
        if code.startswith(begins):
            return LedgerUnavailable(f"{where}: {why} ({code})", do)
    if isinstance(error, OperationalError):
        return LedgerUnavailable(f"{where}: {_first_line(original)}", _SERVER)
    return LedgerRefused(f"the database refused what the hub wrote: {_what(original, code)}. Nothing was changed; report this defect.")


def _code(original: BaseException | None) -> str:
    """SQLite's name of the error or PostgreSQL's five characters; empty where there is neither (the connection was lost)."""
    return str(getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None) or "")


def _what(original: BaseException | None, code: str) -> str:
    constraint = getattr(getattr(original, "diag", None), "constraint_name", None)
    if isinstance(original, sqlite3.IntegrityError):
        constraint = str(original)  # `UNIQUE constraint failed: submissions.identity`: names of columns alone
    return " ".join(filter(None, (type(original).__name__, code, constraint)))


def _first_line(original: BaseException | None) -> str:
    """The driver's first line where it could not reach or use the database: hosts, ports and conditions, never a value."""
    return str(original).splitlines()[0].rstrip(".") if original and str(original) else type(original).__name__
