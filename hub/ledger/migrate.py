"""Brings a database to the newest tables with Alembic. Several processes may ask at once: one migrates, the others wait.

Alembic takes a quarter of a second to load: where the tables are the newest, which is nearly always, it is not.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, insert, inspect, select, table

from hub.ledger.engine import Database, Turn, take_turn
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.series import UNFINISHED, new_series
from hub.ledger.tables import ledger

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
_AT = table("alembic_version", column("version_num"))


def upgrade(database: Database) -> None:
    """Make or migrate the tables. Raises LedgerUnavailable."""
    with database.write(whole_tables=True) as connection:
        take_turn(connection, Turn.MIGRATE)
        if (found := current(connection)) != newest():
            if found and not _is_known(found):
                raise LedgerUnavailable(f"its tables are of a newer version of the hub ({found})", "run that version, or restore a back-up")
            _migrate(connection)


def begin_series(database: Database) -> str:
    """The ledger's series, which stands in every drop's key; drawn at random when the ledger is new.

    Raises LedgerUnavailable for one whose restoring broke off: what its far ends hold was not compared.
    """
    with database.write() as connection:
        take_turn(connection, Turn.MIGRATE)
        series = connection.scalar(select(ledger.c.series))
        if series is None:
            series = new_series()
            connection.execute(insert(ledger).values(series=series, begun_at=datetime.now(UTC)))
    if series == UNFINISHED:
        raise LedgerUnavailable("restoring it broke off", "empty the database, and run `soh-hub restore` again")
    return str(series)


def current(connection: Connection) -> str | None:
    """The revision that the database is at; None for an empty one. Raises LedgerUnavailable where it says more than one."""
    found = connection.scalars(select(_AT.c.version_num)).all() if inspect(connection).has_table(_AT.name) else ()
    if len(found) > 1:
        raise LedgerUnavailable(f"its tables are of several versions of the hub ({', '.join(sorted(found))})", "restore a back-up")
    return str(found[0]) if found else None


def newest() -> str:
    """The revision that this code wants."""
    return max(_revisions())


def _is_known(revision: str) -> bool:
    return revision in _revisions()


def _revisions() -> list[str]:
    """Each is what the name of a migration's file begins with."""
    return [file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py")]


def _migrate(connection: Connection) -> None:
    from alembic import command

    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
