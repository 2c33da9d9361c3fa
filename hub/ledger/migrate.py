"""Brings a database to the newest tables with Alembic. Several processes may ask at once: one migrates, the others wait."""

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select

from hub.ledger.engine import Database, Turn, take_turn
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.series import UNFINISHED, new_series
from hub.ledger.tables import ledger


def upgrade(database: Database) -> None:
    """Make or migrate the tables. Raises LedgerUnavailable."""
    with database.write() as connection:
        take_turn(connection, Turn.MIGRATE)
        if (found := current(connection)) != newest():
            if found and not _is_known(found):
                raise LedgerUnavailable(f"its tables are of a newer version of the hub ({found})", "run that version, or restore a back-up")
            command.upgrade(_config(connection), "head")


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
    """The revision that the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The revision that this code wants."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _is_known(revision: str) -> bool:
    return any(one.revision == revision for one in ScriptDirectory.from_config(_config()).walk_revisions())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
