"""What was picked up, and a row for each report on a route."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from hub.ledger.tables.columns import (
    DIGEST,
    ID,
    MEDIA_TYPE,
    SLUG,
    WHERE,
    Instant,
    data_key_column,
    metadata,
    named_index,
    own_id,
    plain_index,
    to,
)

submissions = Table(
    "submissions",
    metadata,
    own_id(),
    Column("arrival", String(1200), nullable=False, unique=True),
    Column("identity", String(80), unique=True),  # the submission id; null for duplicates, conflicts and what has no readable id
    Column("submission_id", String(80)),  # as read, also where it is a duplicate's: `of_id` finds it
    Column("digest", DIGEST, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("source", String(100), nullable=False),
    Column("name", String(300), nullable=False),  # what the source called it: for people, never a path
    Column("force", SLUG, nullable=False),
    Column("service", SLUG, nullable=False),
    Column("day", Date, nullable=False),  # in Europe/London, of the first pick-up
    Column("reference", String(40)),
    Column("language", String(2)),
    Column("submitted_at", Instant),
    Column("picked_up_at", Instant, nullable=False),
    Column("rerouted_from", ID, ForeignKey("submissions.id")),  # a re-routed report is a new pick-up at its target
    Column("erased_at", Instant),  # when its bytes were erased: history and counts stay
    Index("ix_submissions_account", "force", "service", "day"),
    Index(  # those that are not the first of their id
        "ix_submissions_again",
        "submission_id",
        sqlite_where=text("identity IS NOT submission_id"),
        postgresql_where=text("identity IS DISTINCT FROM submission_id"),
    ),
)

bodies = Table(
    "bodies",
    metadata,
    Column("submission_id", ID, ForeignKey("submissions.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),  # 1 is the original; an amendment is kept beside it
    Column("body", LargeBinary),  # up to 64 KiB; larger ones at `uri`, and here the key that opens them (`hub/ledger/cells.py`)
    Column("uri", String(500)),
    data_key_column(),
    Column("clean_by", String(16)),  # the edition of the reader that found nothing amiss in these bytes, which are sealed with it
    plain_index("bodies", "submission_id", "version"),
    named_index("bodies"),
)

attachments = Table(
    "attachments",
    metadata,
    own_id(),
    to("submissions", "submission_id", index=True),
    Column("number", Integer, nullable=False),  # from 1, in the order of the submission
    Column("media_type", String(MEDIA_TYPE), nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("uri", String(500)),  # null: erased
    Column("body", LargeBinary),  # the key that opens it
    data_key_column(),
    UniqueConstraint("submission_id", "number"),
    plain_index("attachments", "id"),
    named_index("attachments"),
)

legal_holds = Table(  # nothing of these submissions is erased
    "legal_holds",
    metadata,
    Column("submission_id", ID, ForeignKey("submissions.id"), primary_key=True, autoincrement=False),
    Column("since", Instant, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("reason", String(200), nullable=False),
)

reports = Table(
    "reports",
    metadata,
    own_id(),
    to("submissions", "submission_id"),
    Column("purpose", String(10), nullable=False),
    Column("route", SLUG),  # null until a route is chosen
    Column("force", SLUG, nullable=False),
    Column("service", SLUG, nullable=False),
    Column("day", Date, nullable=False),
    Column("lane", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("code", String(80)),  # why it is held or quarantined
    Column("where", String(WHERE)),  # which field, never its value
    Column("since", Instant, nullable=False),
    to("drops", "drop_id", nullable=True, index=True),
    Column("reference", String(200)),  # the force's own
    Column("worker", String(100)),
    Column("lease_until", Instant),
    Index("ix_reports_account", "purpose", "force", "service", "day", "state"),
    Index("ix_reports_state", "state", "lane", "force", "id"),  # what waits is taken on force by force
    Index(
        "uq_reports_primary",
        "submission_id",
        unique=True,
        sqlite_where=text("purpose = 'primary'"),
        postgresql_where=text("purpose = 'primary'"),
    ),
    Index("uq_reports_route", "submission_id", "route", unique=True),  # also finds the reports of a submission
)

signals = Table(
    "signals",
    metadata,
    own_id(),
    to("reports", "report_id", index=True),
    Column("kind", String(40), nullable=False),
    Column("field", String(WHERE), nullable=False),
    Column("count", Integer, nullable=False),
)

owners = Table(  # who works on a report in quarantine
    "owners",
    metadata,
    Column("report_id", ID, ForeignKey("reports.id"), primary_key=True, autoincrement=False),
    Column("owner", String(100), nullable=False),
    Column("since", Instant, nullable=False),
)
