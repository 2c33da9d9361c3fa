"""Which edition of the reader found nothing amiss in a body: such a body is only validated when it is read again.

Bodies from before have none and are read as ever.

Revision: 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bodies", sa.Column("clean_by", sa.String(length=16), nullable=True))


def downgrade() -> None:
    """Only of a ledger in which nothing has one: what is sealed with it opens for no earlier version of the hub."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM bodies WHERE clean_by IS NOT NULL AND (body IS NOT NULL OR uri IS NOT NULL)")):
        raise RuntimeError("what is sealed with it could not be read any more: put a back-up from before in its place")
    op.drop_column("bodies", "clean_by")
