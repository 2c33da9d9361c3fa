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
    """Every row of every table, of one instant. Plain SQL: it is asked for after every step of thousands."""
    found: Picture = {}
    with ledger.read() as connection:
        for name, query in _QUERIES.items():
            rows = connection.exec_driver_sql(query)
            columns = tuple(rows.keys())
            found[name] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found
