"""Keys that encrypt what is kept, and which of them each row is sealed with.

What is there already stays as it is until `soh-hub keys rotate` encrypts it.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HOLDERS = {"bodies": ["submission_id", "version"], "attachments": ["id"], "payloads": ["id"], "notices": ["id"]}
_IS_PLAIN = sa.text("data_key IS NULL AND (body IS NOT NULL OR uri IS NOT NULL)")


def upgrade() -> None:
    op.create_table(
        "data_keys",
        sa.Column("id", _ID, nullable=False),
        sa.Column("force", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("master", sa.String(length=80), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_keys")),
        sa.UniqueConstraint("force", "period", "generation", name=op.f("uq_data_keys_force_period_generation")),
    )
    op.create_table(
        "discarded",
        sa.Column("uri", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("uri", name=op.f("pk_discarded")),
    )
    with op.batch_alter_table("attachments") as table:  # SQLite makes a column optional only by writing the table anew
        table.alter_column("uri", existing_type=sa.String(length=500), nullable=True)
        table.add_column(sa.Column("body", sa.LargeBinary(), nullable=True))
    for name, order in _HOLDERS.items():
        _add_data_key(name)
        op.create_index(f"ix_{name}_data_key", name, ["data_key"])
        op.create_index(f"ix_{name}_plain", name, order, sqlite_where=_IS_PLAIN, postgresql_where=_IS_PLAIN)


def _add_data_key(table: str) -> None:
    """On SQLite in its own words: Alembic would write these tables anew, with all that they hold."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE {table} ADD COLUMN data_key INTEGER CONSTRAINT fk_{table}_data_key REFERENCES data_keys (id)")
        return
    op.add_column(table, sa.Column("data_key", _ID, nullable=True))
    op.create_foreign_key(f"fk_{table}_data_key", table, "data_keys", ["data_key"], ["id"])


def downgrade() -> None:
    """Only of a ledger in which nothing was ever encrypted: without its keys nobody could read the rest."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM data_keys")):
        raise RuntimeError("what is encrypted could not be read any more: put a back-up from before in its place")
    for name in _HOLDERS:
        op.drop_index(f"ix_{name}_plain", name)
        op.drop_index(f"ix_{name}_data_key", name)
        op.drop_column(name, "data_key")
    op.drop_column("attachments", "body")
    op.drop_table("discarded")
    op.drop_table("data_keys")
