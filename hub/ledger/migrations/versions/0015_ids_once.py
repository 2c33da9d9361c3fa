"""A submission's id lies in one index of all arrivals, its identity's, and in another where it came again.

Revision: 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_AGAIN = sa.text("identity IS NOT submission_id")
_AGAIN_ON_POSTGRESQL = sa.text("identity IS DISTINCT FROM submission_id")


def upgrade() -> None:
    op.create_index("ix_submissions_again", "submissions", ["submission_id"], sqlite_where=_AGAIN, postgresql_where=_AGAIN_ON_POSTGRESQL)
    op.drop_index("ix_submissions_submission_id", "submissions")


def downgrade() -> None:
    op.create_index("ix_submissions_submission_id", "submissions", ["submission_id"])
    op.drop_index("ix_submissions_again", "submissions")
