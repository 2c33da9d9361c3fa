"""What the checks found, day by day.

Revision: 0006, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checked",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("suite", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "suite", "code", name=op.f("pk_checked")),
    )
    op.create_table(
        "failures",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("suite", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("force", sa.String(length=40), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "suite", "code", "force", name=op.f("pk_failures")),
    )


def downgrade() -> None:
    op.drop_table("failures")
    op.drop_table("checked")
