"""The database's own refusal to alter history: triggers, the line before the chain.

Whoever may drop a trigger may alter history, and the chain shows it. A later migration that makes one of these tables anew, as Alembic
does on SQLite to alter a column, must guard it again.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

_STAY = ("changes", "history", "links")
_FUNCTION = """
CREATE FUNCTION hub_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""


def guard(connection: Connection) -> None:
    """From now on the database refuses to update or delete what was written; a link may be given its place in the chain, once."""
    sqlite = connection.dialect.name == "sqlite"
    for statement in _on_sqlite() if sqlite else _on_postgresql():
        connection.execute(text(statement))


def unguard(connection: Connection) -> None:
    """The database lets these tables be altered again."""
    sqlite = connection.dialect.name == "sqlite"
    for table in _STAY:
        for verb in ("update", "delete") if sqlite else ("update", "delete", "truncate"):
            connection.execute(text(f"DROP TRIGGER {table}_no_{verb}{'' if sqlite else f' ON {table}'}"))
    if not sqlite:
        connection.execute(text("DROP FUNCTION hub_stays()"))


def _on_sqlite() -> Iterator[str]:
    for table in _STAY:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {_unless_chaining(table)} {refuse}"
        yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}"


def _on_postgresql() -> Iterator[str]:
    yield _FUNCTION
    for table in _STAY:
        refuse = "EXECUTE FUNCTION hub_stays()"
        yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW {_unless_chaining(table)} {refuse}"
        yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {refuse}"
        yield f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {refuse}"


def _unless_chaining(table: str) -> str:
    if table != "links":
        return ""
    stays = " AND ".join(f"OLD.{name} = NEW.{name}" for name in ("change_id", "force", "key", "seal", "marks"))
    return f"WHEN (NOT (OLD.number IS NULL AND {stays}))"
