"""The ledger's tables. What each row is, and why it is there, stands in `docs/architecture.md`.

A report is counted on a route (`reports`: one row for each submission × route); the account follows the row whose
purpose is `primary`. `changes`, `history` and `links` are append-only, and the database refuses anything else (`guards.py`).
"""

from collections.abc import Callable, Collection

from sqlalchemy import Column, ColumnElement, Table, and_, or_

from hub.ledger.tables.columns import MEDIA_TYPE, WHERE, Instant, metadata
from hub.ledger.tables.drops import acknowledgements, attempts, contents, drops, lanes, ledger, members, payloads
from hub.ledger.tables.history import changes, history, links
from hub.ledger.tables.keeping import data_keys, discarded
from hub.ledger.tables.operating import (
    alarms,
    checked,
    circuits,
    cursors,
    endpoint_pauses,
    failures,
    found,
    noticed,
    notices,
    passes,
    pauses,
    restores,
)
from hub.ledger.tables.reports import attachments, bodies, legal_holds, owners, reports, signals, submissions

__all__ = [
    "HOLDERS",
    "MEDIA_TYPE",
    "WHERE",
    "Instant",
    "acknowledgements",
    "alarms",
    "attachments",
    "attempts",
    "bodies",
    "changes",
    "checked",
    "circuits",
    "contents",
    "cursors",
    "data_keys",
    "discarded",
    "drops",
    "endpoint_pauses",
    "failures",
    "found",
    "history",
    "is_plain",
    "lanes",
    "ledger",
    "legal_holds",
    "links",
    "members",
    "metadata",
    "noticed",
    "notices",
    "of_id",
    "of_ids",
    "owners",
    "passes",
    "pauses",
    "payloads",
    "reports",
    "restores",
    "signals",
    "submissions",
]

HOLDERS = (bodies, attachments, contents, notices)  # of bytes that may be personal data: each keeps them in a cell (`hub/ledger/cells.py`)


def is_plain(table: Table) -> ColumnElement[bool]:
    """That a row of these keeps bytes which are not encrypted."""
    c = table.c
    return and_(c.data_key.is_(None), or_(c.body.is_not(None), c.uri.is_not(None)))


def of_id(condition: Callable[[Column[str | None]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """That a submission's id is as `condition` says.

    The first of an id is found by its identity, those that came again by an index of their own: ids are drawn at random, and a second
    index of all of them would cost a tenth of what it takes to write an arrival down.
    """
    s = submissions.c
    return or_(condition(s.identity), and_(s.identity.is_distinct_from(s.submission_id), condition(s.submission_id)))


def of_ids(ids: Collection[str]) -> ColumnElement[bool]:
    """That it is one of these."""
    return of_id(lambda column: column.in_(ids))
