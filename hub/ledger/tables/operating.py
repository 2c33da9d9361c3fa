"""What is known of far ends, feeds, passes and the platform, and what a person is told."""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from hub.ledger.tables.columns import DIGEST, ID, SLUG, Instant, data_key_column, metadata, named_index, own_id, plain_index, to

circuits = Table(
    "circuits",
    metadata,
    Column("instance", String(80), primary_key=True),
    Column("environment", String(10), primary_key=True),
    Column("incidents", Integer, nullable=False),  # how many there have been: an outage of days is one
    Column("opened_at", Instant),  # null: closed, all is well
    Column("code", String(80)),  # of the attempt that opened it
    Column("probes", Integer, nullable=False),  # since it opened
    Column("probe_at", Instant),
    Column("worker", String(100)),  # who probes just now
    Column("lease_until", Instant),
)

pauses = Table(
    "pauses",
    metadata,
    Column("force", SLUG, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("reason", String(200)),
)

endpoint_pauses = Table(
    "endpoint_pauses",
    metadata,
    Column("instance", String(80), primary_key=True),
    Column("environment", String(10), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("reason", String(200)),
)

checked = Table(  # a day's results of one rule, over all forces
    "checked",
    metadata,
    Column("day", Date, primary_key=True),  # in Europe/London, on which it was asked
    Column("suite", SLUG, primary_key=True),
    Column("code", String(80), primary_key=True),
    Column("looked", Integer, nullable=False),  # rows that it was asked of
    Column("failed", Integer, nullable=False),
)

failures = Table(  # the same by force, where any failed
    "failures",
    metadata,
    Column("day", Date, primary_key=True),
    Column("suite", SLUG, primary_key=True),
    Column("code", String(80), primary_key=True),
    Column("force", SLUG, primary_key=True),
    Column("failed", Integer, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    own_id(),
    Column("key", String(200), nullable=False, unique=True),  # `outcomes.k7q2.000017`
    Column("sequence", Integer, nullable=False, unique=True),  # without gaps
    Column("outcomes", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("body", LargeBinary),
    Column("uri", String(500)),
    Column("sealed_at", Instant, nullable=False),
    Column("sent_at", Instant),  # null: the platform may not have it yet
    Column("refused", String(80)),  # the code that the platform last refused it with
    Column("tried_at", Instant),  # when it was last refused
    data_key_column(),
    plain_index("notices", "id"),
    named_index("notices"),
    Index("ix_notices_unsent", "sequence", sqlite_where=text("sent_at IS NULL"), postgresql_where=text("sent_at IS NULL")),
)

noticed = Table(  # written with the history itself: what is to be told is found without reading the history again
    "noticed",
    metadata,
    Column("history_id", ID, ForeignKey("history.id"), primary_key=True, autoincrement=False),  # told to the platform once
    to("notices", "notice_id", nullable=True, index=True),  # null: in no notice yet
)

alarms = Table(
    "alarms",
    metadata,
    own_id(),
    Column("kind", String(40), nullable=False),
    Column("force", SLUG, nullable=False),
    Column("subject", String(200), nullable=False),  # a route, an endpoint …; empty: the force as a whole
    Column("number", Integer, nullable=False),  # how many drops, acknowledgements … it is about, as last looked
    Column("detail", String(500)),  # the oldest drop's key, the forces at an endpoint …; never a value of a report
    Column("raised_at", Instant, nullable=False),
    Column("cleared_at", Instant),
    Column("raised_told_at", Instant),  # null: Prefect has not been told yet
    Column("cleared_told_at", Instant),
    Index(  # one alarm for one cause, however often it is seen
        "uq_alarms_raised",
        "kind",
        "force",
        "subject",
        unique=True,
        sqlite_where=text("cleared_at IS NULL"),
        postgresql_where=text("cleared_at IS NULL"),
    ),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("value", String(500), nullable=False),
)

passes = Table(
    "passes",
    metadata,
    own_id(),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("at", Instant, nullable=False),  # the clock it ran by
    Column("seen", Integer),  # what the sources counted, apart from what the ledger entered
    Column("left", Integer),
    Column("balanced", Boolean),
)

restores = Table(  # one row for each route of a ledger that was restored: it sends nothing before it was compared with its far end
    "restores",
    metadata,
    Column("force", SLUG, primary_key=True),
    Column("route", SLUG, primary_key=True),  # `*`: every route of a force whose file could not be read then
    Column("purpose", String(10), nullable=False),
    Column("restored_at", Instant, nullable=False),
    Column("lost_at", Instant, nullable=False),  # what was submitted later cannot have been sent by the ledger that was lost
    Column("compared_at", Instant),  # null: not yet
    Column("blind", Boolean, nullable=False),  # the far end could not tell everything: what it may have is in doubt
)

found = Table(  # what a far end turned out to hold that a restored ledger did not know of
    "found",
    metadata,
    Column("force", SLUG, primary_key=True),
    Column("route", SLUG, primary_key=True),
    Column("submission_id", String(80), primary_key=True),
    Column("purpose", String(10), nullable=False),
    to("drops", "drop_id"),
    Column("certain", Boolean, nullable=False),  # not: it may be there, or only be named there
)
