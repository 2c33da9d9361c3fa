"""Objects in the store that no row names any more: listed in the transaction that lets go of them, deleted once nobody can need them.

A worker may have read a row a moment before it let go of its object, and name it in another: so each is looked for again first.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, select

from hub.ledger.engine import insert_unless_there
from hub.ledger.ledger import Ledger
from hub.ledger.queue import slices
from hub.ledger.tables import HOLDERS, discarded

AFTER = timedelta(hours=1)  # longer than a worker keeps in memory which object a row named


def discard(connection: Connection, uris: Collection[str]) -> None:
    """No row names these any more, as far as this transaction sees."""
    if uris:
        now = datetime.now(UTC)
        connection.execute(insert_unless_there(connection, discarded), [{"uri": uri, "at": now} for uri in uris])


def delete_discarded(ledger: Ledger, after: timedelta = AFTER) -> int:
    """Delete the objects that were let go of so long ago and that no row names. Returns how many. Raises LedgerUnavailable."""
    with ledger.read() as connection:
        due = list(connection.scalars(select(discarded.c.uri).where(discarded.c.at <= datetime.now(UTC) - after).order_by(discarded.c.uri)))
    count = 0
    for some in slices(due):
        named = _named(ledger, some)
        for uri in some:
            if uri not in named:
                ledger.store.delete(uri)
                count += 1
        with ledger.write() as connection:
            connection.execute(delete(discarded).where(discarded.c.uri.in_(some)))
    return count


def delete_now(ledger: Ledger, uris: Collection[str]) -> None:
    """Delete these objects at once, those that no row names: nobody can be about to name them, for their submissions have ended."""
    for some in slices(sorted(set(uris))):
        for uri in set(some) - _named(ledger, some):
            ledger.store.delete(uri)
        with ledger.write() as connection:
            connection.execute(delete(discarded).where(discarded.c.uri.in_(some)))


def _named(ledger: Ledger, uris: Collection[str]) -> set[str]:
    with ledger.read() as connection:
        return {uri for table in HOLDERS for uri in connection.scalars(select(table.c.uri).where(table.c.uri.in_(uris)))}
