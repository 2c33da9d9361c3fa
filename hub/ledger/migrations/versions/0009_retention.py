"""Legal holds, when a submission's bytes were erased, and which objects rows name.

Revision: 0009, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0011"
branch_labels = None
depends_on = None

_HOLDERS = ("bodies", "attachments", "payloads", "notices")
_NAMES_ONE = sa.text("uri IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("submission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_legal_holds_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_legal_holds")),
    )
    op.add_column("submissions", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    for name in _HOLDERS:
        op.create_index(f"ix_{name}_uri", name, ["uri"], sqlite_where=_NAMES_ONE, postgresql_where=_NAMES_ONE)


def downgrade() -> None:
    for name in _HOLDERS:
        op.drop_index(f"ix_{name}_uri", name)
    op.drop_column("submissions", "erased_at")
    op.drop_table("legal_holds")
