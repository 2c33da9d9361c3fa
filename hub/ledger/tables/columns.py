"""What the tables have in common: their instants, ids, references, and the cells that keep bytes."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, ForeignKey, Index, Integer, MetaData, String, TypeDecorator, text


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC, on databases that keep offsets and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER PRIMARY KEY
DIGEST = String(64)  # SHA-256, hex
SLUG = String(40)
MEDIA_TYPE = 255  # characters: RFC 6838 lets either half have 127
WHERE = 300  # characters of a path in a submission or a target that are kept: PostgreSQL refuses a longer one, with all that is beside it


def own_id() -> Column[Any]:
    """A number of its own."""
    return Column("id", ID, primary_key=True)


def to(target: str, name: str, *, nullable: bool = False, index: bool = False) -> Column[Any]:
    """A reference to a row of `target`."""
    return Column(name, ID, ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def data_key_column() -> Column[Any]:
    """What the row's `body` is sealed with; null: it is not encrypted, or has been erased."""
    return Column("data_key", ID, ForeignKey("data_keys.id"), index=True)


NAMES_ONE = text("uri IS NOT NULL")
IS_PLAIN = text("data_key IS NULL AND (body IS NOT NULL OR uri IS NOT NULL)")


def plain_index(name: str, *columns: str) -> Index:
    """Finds what is not encrypted: where everything is, it is empty."""
    return Index(f"ix_{name}_plain", *columns, sqlite_where=IS_PLAIN, postgresql_where=IS_PLAIN)


def named_index(name: str) -> Index:
    """Finds who names an object."""
    return Index(f"ix_{name}_uri", "uri", sqlite_where=NAMES_ONE, postgresql_where=NAMES_ONE)
