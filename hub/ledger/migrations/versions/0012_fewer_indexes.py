"""Two indexes that no question needs: one begins another, and a report's payload is only ever asked for with its drop.

Revision: 0012, after 0009.
"""

from alembic import op

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_reports_submission_id", "reports")
    op.drop_index("ix_members_payload_id", "members")


def downgrade() -> None:
    op.create_index("ix_reports_submission_id", "reports", ["submission_id"])
    op.create_index("ix_members_payload_id", "members", ["payload_id"])
