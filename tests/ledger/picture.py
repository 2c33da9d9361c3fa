"""Everything that a ledger holds, seen at one instant."""

from typing import Any

from hub.ledger.ledger import Ledger
from hub.ledger.tables import metadata

Row = dict[str, Any]
Picture = dict[str, list[Row]]  # the rows of each table, in the order of its key; values as the driver gives them

_QUERIES = {
    table.name: f"SELECT * FROM {table.name} ORDER BY {', '.join(column.name for column in table.primary_key.columns)}"  # noqa: S608 - our own names
    for table in metadata.sorted_tables
}


def picture(ledger: Ledger) -> Picture:
    """Every row of every table, of one instant. By the driver alone: it is asked for after every step of thousands."""
    found: Picture = {}
    with ledger.read() as connection:
        cursor = connection.connection.cursor()
        for name, query in _QUERIES.items():
            cursor.execute(query)
            columns = [column[0] for column in cursor.description or ()]
            found[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        cursor.close()
    return found
