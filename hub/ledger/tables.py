"""The ledger's tables. What each row is, and why it is there, stands in `docs/architecture.md`.

A report is counted on a route (`reports`: one row for each submission × route); the account follows the row whose
purpose is `primary`. `changes`, `history` and `links` are append-only, and the database refuses anything else (`guards.py`).
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    and_,
    or_,
    text,
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC, on databases that keep offsets and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER PRIMARY KEY
_Digest = String(64)  # SHA-256, hex
_Slug = String(40)
MEDIA_TYPE = 255  # characters: RFC 6838 lets either half have 127
WHERE = 300  # characters of a path in a submission or a target that are kept: PostgreSQL refuses a longer one, with all that is beside it


def _id() -> Column[Any]:
    return Column("id", _Id, primary_key=True)


def _to(target: str, name: str, *, nullable: bool = False, index: bool = False) -> Column[Any]:
    return Column(name, _Id, ForeignKey(f"{target}.id"), nullable=nullable, index=index)


data_keys = Table(
    "data_keys",  # what the bytes of a force and a month are sealed with (`hub/ledger/vault.py`)
    metadata,
    _id(),
    Column("force", _Slug, nullable=False),
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


def _data_key() -> Column[Any]:
    """What the row's `body` is sealed with; null: it is not encrypted, or has been erased."""
    return Column("data_key", _Id, ForeignKey("data_keys.id"), index=True)


_NAMES_ONE = text("uri IS NOT NULL")
_IS_PLAIN = text("data_key IS NULL AND (body IS NOT NULL OR uri IS NOT NULL)")


def _plain(name: str, *columns: str) -> Index:
    """Finds what is not encrypted: where everything is, it is empty."""
    return Index(f"ix_{name}_plain", *columns, sqlite_where=_IS_PLAIN, postgresql_where=_IS_PLAIN)


def _named(name: str) -> Index:
    """Finds who names an object."""
    return Index(f"ix_{name}_uri", "uri", sqlite_where=_NAMES_ONE, postgresql_where=_NAMES_ONE)


submissions = Table(
    "submissions",
    metadata,
    _id(),
    Column("arrival", String(1200), nullable=False, unique=True),
    Column("identity", String(80), unique=True),  # the submission id; null for duplicates, conflicts and what has no readable id
    Column("submission_id", String(80), index=True),  # as read, also where it is a duplicate's
    Column("digest", _Digest, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("source", String(100), nullable=False),
    Column("name", String(300), nullable=False),  # what the source called it: for people, never a path
    Column("force", _Slug, nullable=False),
    Column("service", _Slug, nullable=False),
    Column("day", Date, nullable=False),  # in Europe/London, of the first pick-up
    Column("reference", String(40)),
    Column("language", String(2)),
    Column("submitted_at", Instant),
    Column("picked_up_at", Instant, nullable=False),
    Column("rerouted_from", _Id, ForeignKey("submissions.id")),  # a re-routed report is a new pick-up at its target
    Column("erased_at", Instant),  # when its bytes were erased: history and counts stay
    Index("ix_submissions_account", "force", "service", "day"),
)

legal_holds = Table(  # nothing of these submissions is erased
    "legal_holds",
    metadata,
    Column("submission_id", _Id, ForeignKey("submissions.id"), primary_key=True, autoincrement=False),
    Column("since", Instant, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("reason", String(200), nullable=False),
)

bodies = Table(
    "bodies",
    metadata,
    Column("submission_id", _Id, ForeignKey("submissions.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),  # 1 is the original; an amendment is kept beside it
    Column("body", LargeBinary),  # up to 64 KiB; larger ones at `uri`, and here the key that opens them (`hub/ledger/cells.py`)
    Column("uri", String(500)),
    _data_key(),
    _plain("bodies", "submission_id", "version"),
    _named("bodies"),
)

attachments = Table(
    "attachments",
    metadata,
    _id(),
    _to("submissions", "submission_id", index=True),
    Column("number", Integer, nullable=False),  # from 1, in the order of the submission
    Column("media_type", String(MEDIA_TYPE), nullable=False),
    Column("digest", _Digest, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("uri", String(500)),  # null: erased
    Column("body", LargeBinary),  # the key that opens it
    _data_key(),
    UniqueConstraint("submission_id", "number"),
    _plain("attachments", "id"),
    _named("attachments"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("series", String(8), primary_key=True),  # stands in every drop's key; a restored ledger begins another
    Column("begun_at", Instant, nullable=False),
)

lanes = Table(
    "lanes",
    metadata,
    Column("force", _Slug, primary_key=True),
    Column("route", _Slug, primary_key=True),
    Column("lane", String(10), primary_key=True),
    Column("next_sequence", Integer, nullable=False),
    Column("fence", Integer, nullable=False),  # rises with each claim: a worker that was overtaken can write nothing
    Column("worker", String(100)),
    Column("lease_until", Instant),
)

drops = Table(
    "drops",
    metadata,
    _id(),
    Column("key", String(200), nullable=False, unique=True),
    Column("force", _Slug, nullable=False),
    Column("route", _Slug, nullable=False),
    Column("lane", String(10), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("instance", String(80), nullable=False),  # of the endpoint it was sealed for
    Column("environment", String(10), nullable=False),
    Column("profile", _Slug, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("digest", _Digest, nullable=False),  # over the digests of its payloads, in order
    Column("sealed_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Instant),
    Column("error", String(80)),  # the code of the last failed attempt
    Column("announced_in", _Id, ForeignKey("drops.id")),  # a voided drop: the one whose manifest says so
    UniqueConstraint("force", "route", "lane", "sequence"),
    Index("ix_drops_due", "force", "route", "state"),
)

payloads = Table(
    "payloads",
    metadata,
    _id(),
    _to("drops", "drop_id"),
    Column("position", Integer, nullable=False),  # the order in which they leave
    Column("key", String(300), nullable=False, unique=True),
    Column("name", String(300), nullable=False),
    Column("kind", String(12), nullable=False),
    _to("reports", "report_id", nullable=True),  # that an attachment came with: neither leaves without the other
    Column("media_type", String(MEDIA_TYPE), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", _Digest, nullable=False),
    Column("body", LargeBinary),
    Column("uri", String(500)),
    Column("state", String(12), nullable=False),
    Column("attempt", Integer),  # the earliest that may have brought it: it is looked up before it is sent again
    Column("receipt", String(40)),
    Column("reference", String(200)),  # the force's own, where its receipt gave one
    Column("delivered_at", Instant),
    _data_key(),
    UniqueConstraint("drop_id", "position"),
    _plain("payloads", "id"),
    _named("payloads"),
)

reports = Table(
    "reports",
    metadata,
    _id(),
    _to("submissions", "submission_id", index=True),
    Column("purpose", String(10), nullable=False),
    Column("route", _Slug),  # null until a route is chosen
    Column("force", _Slug, nullable=False),
    Column("service", _Slug, nullable=False),
    Column("day", Date, nullable=False),
    Column("lane", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("code", String(80)),  # why it is held or quarantined
    Column("where", String(WHERE)),  # which field, never its value
    Column("since", Instant, nullable=False),
    _to("drops", "drop_id", nullable=True, index=True),
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
    Index("uq_reports_route", "submission_id", "route", unique=True),
)

members = Table(
    "members",
    metadata,
    Column("drop_id", _Id, ForeignKey("drops.id"), primary_key=True),
    Column("report_id", _Id, ForeignKey("reports.id"), primary_key=True),
    _to("payloads", "payload_id", nullable=True, index=True),  # null where the drop's payloads carry all its reports
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
    _id(),
    _to("drops", "drop_id", index=True),
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
    _id(),
    Column("force", _Slug, nullable=False),
    Column("route", _Slug, nullable=False),
    Column("identity", String(300), nullable=False),
    Column("submission_id", String(80), nullable=False),
    Column("report_id", _Id, ForeignKey("reports.id"), index=True),  # null: for something never sent, which is an alarm
    Column("accepted", Boolean, nullable=False),
    Column("reference", String(200)),
    Column("reason", String(200)),
    Column("at", Instant),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("force", "route", "identity"),
)

changes = Table(
    "changes",
    metadata,
    _id(),
    Column("force", _Slug, nullable=False),
    Column("action", String(40), nullable=False),  # pick up, prepare, deliver, confirm, release …
    Column("actor", String(100), nullable=False),  # `hub`, or the operator
    Column("reason", String(200)),
    Column("at", Instant, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("drop_id", _Id, ForeignKey("drops.id")),
    Index("ix_changes_force", "force", "id"),
)

history = Table(
    "history",
    metadata,
    _id(),
    _to("changes", "change_id", index=True),
    _to("reports", "report_id", index=True),
    Column("from_state", String(12)),
    Column("to_state", String(12), nullable=False),
    Column("code", String(80)),
    Column("where", String(WHERE)),
)

links = Table(  # one for each change, written with it: its seal, and its place in the chain of its force (`hub/ledger/chain.py`)
    "links",
    metadata,
    Column("change_id", _Id, ForeignKey("changes.id"), primary_key=True, autoincrement=False),
    Column("force", _Slug, nullable=False),
    Column("key", String(8), nullable=False),  # the name of the key that sealed it; empty: none
    Column("seal", _Digest, nullable=False),  # of the change and all its history
    Column("marks", LargeBinary, nullable=False),  # eight bytes for each line of its history: they say which one was altered
    Column("number", BigInteger),  # in the chain of its force, from 1 without gaps; null: not chained yet
    Column("digest", _Digest),  # of the link before it and this one
    UniqueConstraint("force", "number"),
    Index("ix_links_waiting", "force", "change_id", sqlite_where=text("number IS NULL"), postgresql_where=text("number IS NULL")),
)

signals = Table(
    "signals",
    metadata,
    _id(),
    _to("reports", "report_id", index=True),
    Column("kind", String(40), nullable=False),
    Column("field", String(WHERE), nullable=False),
    Column("count", Integer, nullable=False),
)

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
    Column("force", _Slug, primary_key=True),
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

owners = Table(  # who works on a report in quarantine
    "owners",
    metadata,
    Column("report_id", _Id, ForeignKey("reports.id"), primary_key=True, autoincrement=False),
    Column("owner", String(100), nullable=False),
    Column("since", Instant, nullable=False),
)

checked = Table(  # a day's results of one rule, over all forces
    "checked",
    metadata,
    Column("day", Date, primary_key=True),  # in Europe/London, on which it was asked
    Column("suite", _Slug, primary_key=True),
    Column("code", String(80), primary_key=True),
    Column("looked", Integer, nullable=False),  # rows that it was asked of
    Column("failed", Integer, nullable=False),
)

failures = Table(  # the same by force, where any failed
    "failures",
    metadata,
    Column("day", Date, primary_key=True),
    Column("suite", _Slug, primary_key=True),
    Column("code", String(80), primary_key=True),
    Column("force", _Slug, primary_key=True),
    Column("failed", Integer, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    _id(),
    Column("key", String(200), nullable=False, unique=True),  # `outcomes.k7q2.000017`
    Column("sequence", Integer, nullable=False, unique=True),  # without gaps
    Column("outcomes", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", _Digest, nullable=False),
    Column("body", LargeBinary),
    Column("uri", String(500)),
    Column("sealed_at", Instant, nullable=False),
    Column("sent_at", Instant),  # null: the platform may not have it yet
    Column("refused", String(80)),  # the code that the platform last refused it with
    Column("tried_at", Instant),  # when it was last refused
    _data_key(),
    _plain("notices", "id"),
    _named("notices"),
    Index("ix_notices_unsent", "sequence", sqlite_where=text("sent_at IS NULL"), postgresql_where=text("sent_at IS NULL")),
)

noticed = Table(  # written with the history itself: what is to be told is found without reading the history again
    "noticed",
    metadata,
    Column("history_id", _Id, ForeignKey("history.id"), primary_key=True, autoincrement=False),  # told to the platform once
    _to("notices", "notice_id", nullable=True, index=True),  # null: in no notice yet
)

alarms = Table(
    "alarms",
    metadata,
    _id(),
    Column("kind", String(40), nullable=False),
    Column("force", _Slug, nullable=False),
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
    _id(),
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
    Column("force", _Slug, primary_key=True),
    Column("route", _Slug, primary_key=True),  # `*`: every route of a force whose file could not be read then
    Column("purpose", String(10), nullable=False),
    Column("restored_at", Instant, nullable=False),
    Column("lost_at", Instant, nullable=False),  # what was submitted later cannot have been sent by the ledger that was lost
    Column("compared_at", Instant),  # null: not yet
    Column("blind", Boolean, nullable=False),  # the far end could not tell everything: what it may have is in doubt
)

found = Table(  # what a far end turned out to hold that a restored ledger did not know of
    "found",
    metadata,
    Column("force", _Slug, primary_key=True),
    Column("route", _Slug, primary_key=True),
    Column("submission_id", String(80), primary_key=True),
    Column("purpose", String(10), nullable=False),
    _to("drops", "drop_id"),
    Column("certain", Boolean, nullable=False),  # not: it may be there, or only be named there
)

HOLDERS = (bodies, attachments, payloads, notices)  # of bytes that may be personal data: each keeps them in a cell (`hub/ledger/cells.py`)


def is_plain(table: Table) -> ColumnElement[bool]:
    """That a row of these keeps bytes which are not encrypted."""
    c = table.c
    return and_(c.data_key.is_(None), or_(c.body.is_not(None), c.uri.is_not(None)))
