"""When Prefect was told of an alarm, and endpoints that an operator has paused.

An alarm that is there already counts as told: nobody is told a second time of what was raised before.

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("alarms", sa.Column("raised_told_at", _WHEN, nullable=True))
    op.add_column("alarms", sa.Column("cleared_told_at", _WHEN, nullable=True))
    op.execute("UPDATE alarms SET raised_told_at = raised_at, cleared_told_at = cleared_at")
    op.create_table(
        "endpoint_pauses",
        sa.Column("instance", sa.String(length=80), nullable=False),
        sa.Column("environment", sa.String(length=10), nullable=False),
        sa.Column("since", _WHEN, nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("instance", "environment", name=op.f("pk_endpoint_pauses")),
    )


def downgrade() -> None:
    op.drop_table("endpoint_pauses")
    op.drop_column("alarms", "cleared_told_at")
    op.drop_column("alarms", "raised_told_at")
