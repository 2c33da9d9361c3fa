"""Submissions that the ledger holds, read again: nothing is claimed and nothing changes."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, select

from hub.ledger.boxes import Altered
from hub.ledger.cells import of_body, opened_cell, vouched
from hub.ledger.ledger import Ledger
from hub.ledger.tables import bodies, reports, submissions
from hub.words import Purpose, State

_AT_ONCE = 200  # bodies of up to 64 KiB in memory at a time


def bodies_of(ledger: Ledger, force: str, since: date, limit: int) -> Iterator[bytes]:
    """The bytes, as last amended, of a force's submissions that were first picked up on this day or later; the newest `limit` of them.

    Duplicates are left out, and what is no longer where the ledger put it, as it was.
    """
    r, s = reports.c, submissions.c
    mine = (r.purpose == Purpose.PRIMARY, r.force == force, r.day >= since, r.state != State.DUPLICATE)
    query = select(s.id).join(reports, r.submission_id == s.id).where(*mine).order_by(s.id.desc()).limit(limit)
    with ledger.read() as connection:
        ids = list(connection.scalars(query))
    for start in range(0, len(ids), _AT_ONCE):
        yield from _bodies(ledger, ids[start : start + _AT_ONCE])


def _bodies(ledger: Ledger, ids: list[int]) -> Iterator[bytes]:
    b = bodies.c
    last = (
        select(b.submission_id, func.max(b.version).label("version")).where(b.submission_id.in_(ids)).group_by(b.submission_id).subquery()
    )
    same = (b.submission_id == last.c.submission_id) & (b.version == last.c.version)
    query = select(b.submission_id, b.version, b.body, b.uri, b.data_key, b.clean_by).join(last, same).order_by(b.submission_id)
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        try:
            kept = opened_cell(ledger.vault, row, of_body(row.submission_id, row.version, vouched(row)))
            body = ledger.store.read(kept.body, kept.uri, kept.secret)
        except (FileNotFoundError, Altered):
            continue
        yield body
