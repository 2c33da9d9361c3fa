"""What leaves: lanes, sealed drops and their payloads, attempts, and what a force said afterwards."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from hub.ledger.tables.columns import DIGEST, ID, MEDIA_TYPE, SLUG, Instant, data_key_column, metadata, named_index, own_id, plain_index, to

ledger = Table(
    "ledger",
    metadata,
    Column("series", String(8), primary_key=True),  # stands in every drop's key; a restored ledger begins another
    Column("begun_at", Instant, nullable=False),
)

lanes = Table(
    "lanes",
    metadata,
    Column("force", SLUG, primary_key=True),
    Column("route", SLUG, primary_key=True),
    Column("lane", String(10), primary_key=True),
    Column("next_sequence", Integer, nullable=False),
    Column("fence", Integer, nullable=False),  # rises with each claim: a worker that was overtaken can write nothing
    Column("worker", String(100)),
    Column("lease_until", Instant),
)

drops = Table(
    "drops",
    metadata,
    own_id(),
    Column("key", String(200), nullable=False, unique=True),
    Column("force", SLUG, nullable=False),
    Column("route", SLUG, nullable=False),
    Column("lane", String(10), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("instance", String(80), nullable=False),  # of the endpoint it was sealed for
    Column("environment", String(10), nullable=False),
    Column("profile", SLUG, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("digest", DIGEST, nullable=False),  # over the digests of its payloads, in order
    Column("sealed_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Instant),
    Column("error", String(80)),  # the code of the last failed attempt
    Column("announced_in", ID, ForeignKey("drops.id")),  # a voided drop: the one whose manifest says so
    UniqueConstraint("force", "route", "lane", "sequence"),
    Index("ix_drops_due", "force", "route", "state"),
)

payloads = Table(
    "payloads",
    metadata,
    own_id(),
    to("drops", "drop_id"),
    Column("position", Integer, nullable=False),  # the order in which they leave
    Column("key", String(300), nullable=False, unique=True),
    Column("name", String(300), nullable=False),
    Column("kind", String(12), nullable=False),
    to("reports", "report_id", nullable=True),  # that an attachment came with: neither leaves without the other
    Column("media_type", String(MEDIA_TYPE), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempt", Integer),  # the earliest that may have brought it: it is looked up before it is sent again
    Column("receipt", String(40)),
    Column("reference", String(200)),  # the force's own, where its receipt gave one
    Column("delivered_at", Instant),
    UniqueConstraint("drop_id", "position"),
)

contents = Table(  # the bytes of a payload, apart from what becomes of it: that is written again and again, and these never
    "contents",
    metadata,
    Column("payload_id", ID, ForeignKey("payloads.id"), primary_key=True, autoincrement=False),
    Column("body", LargeBinary),
    Column("uri", String(500)),
    data_key_column(),
    plain_index("contents", "payload_id"),
    named_index("contents"),
)

members = Table(
    "members",
    metadata,
    Column("drop_id", ID, ForeignKey("drops.id"), primary_key=True),
    Column("report_id", ID, ForeignKey("reports.id"), primary_key=True),
    to("payloads", "payload_id", nullable=True),  # null where the drop's payloads carry all its reports
    Column("outcome", String(12)),  # null while it is on its way; delivered, refused, in doubt, voided
    Index("ix_members_report_id", "report_id"),
    Index(  # the database's own guard: a report is in one drop on its way at most
        "uq_members_on_its_way",
        "report_id",
        unique=True,
        sqlite_where=text("outcome IS NULL"),
        postgresql_where=text("outcome IS NULL"),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    own_id(),
    to("drops", "drop_id", index=True),
    Column("number", Integer, nullable=False),
    Column("worker", String(100), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),  # null: under way, or its worker died
    Column("outcome", String(20)),  # delivered, unavailable, uncertain, refused, misconfigured
    Column("code", String(80)),
    UniqueConstraint("drop_id", "number"),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    own_id(),
    Column("force", SLUG, nullable=False),
    Column("route", SLUG, nullable=False),
    Column("identity", String(300), nullable=False),
    Column("submission_id", String(80), nullable=False),
    Column("report_id", ID, ForeignKey("reports.id"), index=True),  # null: for something never sent, which is an alarm
    Column("accepted", Boolean, nullable=False),
    Column("reference", String(200)),
    Column("reason", String(200)),
    Column("at", Instant),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("force", "route", "identity"),
)
