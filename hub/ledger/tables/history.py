"""The append-only history: changes, what each did to a report, and its place in the chain of its force."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from hub.ledger.tables.columns import DIGEST, ID, SLUG, WHERE, Instant, metadata, own_id, to

changes = Table(
    "changes",
    metadata,
    own_id(),
    Column("force", SLUG, nullable=False),
    Column("action", String(40), nullable=False),  # pick up, prepare, deliver, confirm, release …
    Column("actor", String(100), nullable=False),  # `hub`, or the operator
    Column("reason", String(200)),
    Column("at", Instant, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("drop_id", ID, ForeignKey("drops.id")),
    Index("ix_changes_force", "force", "id"),
)

history = Table(
    "history",
    metadata,
    own_id(),
    to("changes", "change_id", index=True),
    to("reports", "report_id", index=True),
    Column("from_state", String(12)),
    Column("to_state", String(12), nullable=False),
    Column("code", String(80)),
    Column("where", String(WHERE)),
)

links = Table(  # one for each change, written with it: its seal, and its place in the chain of its force (`hub/ledger/chain.py`)
    "links",
    metadata,
    Column("change_id", ID, ForeignKey("changes.id"), primary_key=True, autoincrement=False),
    Column("force", SLUG, nullable=False),
    Column("key", String(8), nullable=False),  # the name of the key that sealed it; empty: none
    Column("seal", DIGEST, nullable=False),  # of the change and all its history
    Column("marks", LargeBinary, nullable=False),  # eight bytes for each line of its history: they say which one was altered
    Column("number", BigInteger),  # in the chain of its force, from 1 without gaps; null: not chained yet
    Column("digest", DIGEST),  # of the link before it and this one
    UniqueConstraint("force", "number"),
    Index("ix_links_waiting", "force", "change_id", sqlite_where=text("number IS NULL"), postgresql_where=text("number IS NULL")),
)
