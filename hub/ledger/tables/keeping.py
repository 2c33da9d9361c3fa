"""The keys that what is kept is encrypted with, and what is to be deleted."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table, UniqueConstraint

from hub.ledger.tables.columns import SLUG, Instant, metadata, own_id

data_keys = Table(
    "data_keys",  # what the bytes of a force and a month are sealed with (`hub/ledger/vault.py`)
    metadata,
    own_id(),
    Column("force", SLUG, nullable=False),
    Column("period", String(7), nullable=False),  # 2026-11
    Column("generation", Integer, nullable=False),  # from 1
    Column("master", String(80), nullable=False),  # the name of the key that wraps it
    Column("wrapped", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("retired_at", Instant),  # null: what is kept now is sealed with it
    UniqueConstraint("force", "period", "generation"),
)

discarded = Table(  # objects in the store that no row names any more, until they are deleted
    "discarded",
    metadata,
    Column("uri", String(500), primary_key=True),
    Column("at", Instant, nullable=False),
)
