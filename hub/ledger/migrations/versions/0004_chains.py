"""A link for each change, and a database that refuses to alter history.

What is in the ledger already is sealed and chained as it is found: what was altered before is not seen, what is altered from now on is.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

from hub.ledger.chain import CHANGE, EVENT, bind
from hub.ledger.guards import guard, unguard

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("change_id", _ID, autoincrement=False, nullable=False),
        sa.Column("force", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=8), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name=op.f("fk_links_change_id")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_links")),
        sa.UniqueConstraint("force", "number", name=op.f("uq_links_force_number")),
    )
    not_chained = sa.text("number IS NULL")
    op.create_index("ix_links_waiting", "links", ["force", "change_id"], sqlite_where=not_chained, postgresql_where=not_chained)
    _bind_what_is_there(op.get_bind())
    guard(op.get_bind())


def downgrade() -> None:
    unguard(op.get_bind())
    op.drop_table("links")


def _bind_what_is_there(connection: sa.Connection) -> None:
    for change_id in connection.execute(sa.text("SELECT id FROM changes ORDER BY id")).scalars().all():
        written = connection.execute(sa.select(*CHANGE).where(CHANGE[0] == change_id)).one()
        events = connection.execute(sa.select(*EVENT).where(EVENT[1] == change_id).order_by(EVENT[0])).all()
        bind(connection, written, [tuple(event) for event in events])
