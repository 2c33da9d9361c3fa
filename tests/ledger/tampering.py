"""Somebody who writes to the ledger's database, and is not the hub."""

from collections.abc import Callable

from sqlalchemy import Connection, create_engine, text

from hub.ledger.guards import guard, unguard
from hub.ledger.ledger import Ledger


def by_hand(ledger: Ledger, write: Callable[[Connection], object]) -> None:
    """Somebody goes at the database without the hub, without foreign keys, and without the guards of the history."""
    engine = create_engine(ledger.database.url)
    with engine.begin() as connection:
        if ledger.database.is_sqlite:
            connection.exec_driver_sql("BEGIN")  # the driver begins none for the triggers
            unguard(connection)
            write(connection)
            guard(connection)
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            write(connection)
    engine.dispose()
