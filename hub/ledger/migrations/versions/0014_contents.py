"""The bytes of payloads lie apart from what becomes of them: what is written at each attempt is a short row, not the page with its bytes.

Nothing of the bytes stays where they lay: what is erased later would go on lying there.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IS_PLAIN = sa.text("data_key IS NULL AND (body IS NOT NULL OR uri IS NOT NULL)")
_NAMES_ONE = sa.text("uri IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "contents",
        sa.Column("payload_id", _ID, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("uri", sa.String(length=500), nullable=True),
        sa.Column("data_key", _ID, nullable=True),
        sa.ForeignKeyConstraint(["payload_id"], ["payloads.id"], name=op.f("fk_contents_payload_id")),
        sa.ForeignKeyConstraint(["data_key"], ["data_keys.id"], name=op.f("fk_contents_data_key")),
        sa.PrimaryKeyConstraint("payload_id", name=op.f("pk_contents")),
    )
    if _is_sqlite():
        op.execute("PRAGMA secure_delete=ON")  # free pages are written over with zeros
    op.execute("INSERT INTO contents SELECT id, body, uri, data_key FROM payloads WHERE body IS NOT NULL OR uri IS NOT NULL ORDER BY id")
    _index("contents", "payload_id")
    for name in ("data_key", "plain", "uri"):
        op.drop_index(f"ix_payloads_{name}", "payloads")
    if not _is_sqlite():
        op.execute("ALTER TABLE payloads ALTER body TYPE bytea USING NULL")  # writes the table anew; to drop a column writes nothing
    for name in ("body", "uri", "data_key"):
        op.drop_column("payloads", name)


def downgrade() -> None:
    op.add_column("payloads", sa.Column("body", sa.LargeBinary(), nullable=True))
    op.add_column("payloads", sa.Column("uri", sa.String(length=500), nullable=True))
    if _is_sqlite():
        op.execute("ALTER TABLE payloads ADD COLUMN data_key INTEGER CONSTRAINT fk_payloads_data_key REFERENCES data_keys (id)")
        op.execute("PRAGMA secure_delete=ON")
    else:
        op.add_column("payloads", sa.Column("data_key", _ID, nullable=True))
        op.create_foreign_key("fk_payloads_data_key", "payloads", "data_keys", ["data_key"], ["id"])
    op.execute("UPDATE payloads SET (body, uri, data_key) = (SELECT body, uri, data_key FROM contents WHERE payload_id = payloads.id)")
    _index("payloads", "id")
    op.drop_table("contents")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _index(table: str, key: str) -> None:
    op.create_index(f"ix_{table}_data_key", table, ["data_key"])
    op.create_index(f"ix_{table}_plain", table, [key], sqlite_where=_IS_PLAIN, postgresql_where=_IS_PLAIN)
    op.create_index(f"ix_{table}_uri", table, ["uri"], sqlite_where=_NAMES_ONE, postgresql_where=_NAMES_ONE)
