"""The least rights that the hub's workers need on PostgreSQL: the tables' owner migrates, and they can alter no history."""

import re
from collections.abc import Iterator

from hub.ledger.tables import metadata

_APPENDED = frozenset({"changes", "history"})
_TAKEN_BACK = frozenset({"attachments", "data_keys", "discarded", "legal_holds", "pauses"})  # the only rows that the hub deletes
_NAME = re.compile(r"[a-z_][a-z0-9_$-]{0,62}")


def statements(role: str) -> Iterator[str]:
    """SQL that gives a role what the hub needs, and takes what it may have had besides. Raises ValueError for what is no role's name."""
    if not _NAME.fullmatch(role):
        raise ValueError(f"{role!r} is no name of a role: write small letters, digits and _ - $")
    yield f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{role}"'
    yield f'GRANT USAGE ON SCHEMA public TO "{role}"'
    yield f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{role}"'
    yield f'GRANT SELECT ON alembic_version TO "{role}"'
    for table in metadata.sorted_tables:
        yield f'GRANT {_of(table.name)} ON "{table.name}" TO "{role}"'


def _of(table: str) -> str:
    if table in _APPENDED:
        return "SELECT, INSERT"
    if table == "links":
        return "SELECT, INSERT, UPDATE (number, digest)"
    return "SELECT, INSERT, UPDATE, DELETE" if table in _TAKEN_BACK else "SELECT, INSERT, UPDATE"
