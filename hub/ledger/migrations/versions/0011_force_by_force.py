"""What waits is taken on force by force: the index has it in that order.

Revision: 0011, after 0007.
"""

from alembic import op

revision = "0011"
down_revision = "0007"
branch_labels = None
depends_on = None

NAME = "ix_reports_state"


def upgrade() -> None:
    op.drop_index(NAME, "reports")
    op.create_index(NAME, "reports", ["state", "lane", "force", "id"])


def downgrade() -> None:
    op.drop_index(NAME, "reports")
    op.create_index(NAME, "reports", ["state", "lane", "id"])
