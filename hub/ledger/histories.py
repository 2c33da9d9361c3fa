"""Each report's state against its history: every state has its step, and the chain of steps is unbroken and legal."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, func, or_, select

from hub.discrepancies import Discrepancy, Kind
from hub.ledger.changes import FIRST, NEXT
from hub.ledger.ledger import Ledger
from hub.ledger.tables import changes, history, reports, submissions
from hub.words import State


def broken(ledger: Ledger, day: date | None = None) -> list[Discrepancy]:
    """Every report whose state and history do not agree, first picked up on a day or ever; and every change that lost lines.

    A state that was written by hand keeps the time of its last step; one whose last steps are gone has a time that no step has.
    """
    with ledger.read() as connection:
        short = {(row.force, row.at): row for row in _short(connection)}
        found = [*_steps(connection, day), *_ends(connection, day, set(short)), *_without(connection, day)]
        return [*found, *(_lost(row) for row in short.values() if day is None)]


def _of_day(query: Select[Any], day: date | None) -> Select[Any]:
    return query.where(reports.c.day == day) if day else query


def _chain(day: date | None) -> Subquery:
    """Each line of the history beside the state before it and the number of the line after it."""
    h = history.c
    before = func.lag(h.to_state).over(partition_by=h.report_id, order_by=h.id).label("before")
    after = func.lead(h.id).over(partition_by=h.report_id, order_by=h.id).label("after")
    chain = select(h.report_id, h.change_id, h.from_state, h.to_state, before, after)
    return (_of_day(chain.join(reports, reports.c.id == h.report_id), day) if day else chain).subquery()


def _with_names(chain: Subquery, *columns: ColumnElement[Any]) -> Select[Any]:
    query = select(*_NAMED, *columns).join(submissions, submissions.c.id == reports.c.submission_id)
    return query.join(chain, chain.c.report_id == reports.c.id).order_by(reports.c.id)


_NAMED = (reports.c.force, reports.c.route, submissions.c.submission_id, submissions.c.id)


def _steps(connection: Connection, day: date | None) -> Iterator[Discrepancy]:
    """Steps that do not follow from the one before, and steps that the hub never makes."""
    chain = _chain(day)
    c = chain.c
    legal = or_(
        and_(c.from_state.is_(None), c.to_state.in_(sorted(FIRST))),
        *(and_(c.from_state == start, c.to_state.in_(sorted({start, *NEXT[start]}))) for start in State),
    )
    follows = or_(and_(c.before.is_(None), c.from_state.is_(None)), c.before == c.from_state)
    query = _with_names(chain, c.from_state, c.to_state, c.before)
    for row in connection.execute(query.where(or_(~func.coalesce(follows, False), ~legal))):
        if row.before != row.from_state:
            yield _of(row, Kind.TRUNCATED, f"a step from {row.from_state or 'the pick-up'} follows one to {row.before or 'nothing'}")
        else:
            yield _of(row, Kind.MOVED, f"a step from {row.from_state or 'the pick-up'} to {row.to_state}")


def _ends(connection: Connection, day: date | None, short: set[tuple[str, datetime]]) -> Iterator[Discrepancy]:
    """Reports that do not stand where their last step took them."""
    chain = _chain(day)
    query = _with_names(chain, reports.c.state, reports.c.since, chain.c.to_state, changes.c.at)
    query = query.join(changes, changes.c.id == chain.c.change_id).where(chain.c.after.is_(None), chain.c.to_state != reports.c.state)
    for row in connection.execute(query):
        is_short = row.since != row.at or (row.force, row.since) in short
        detail = f"it is {row.state}, and its history ends with {row.to_state}"
        yield _of(row, Kind.TRUNCATED if is_short else Kind.MOVED, detail)


def _without(connection: Connection, day: date | None) -> Iterator[Discrepancy]:
    query: Select[Any] = select(*_NAMED, reports.c.state).join(submissions, submissions.c.id == reports.c.submission_id)
    query = query.where(~select(history.c.id).where(history.c.report_id == reports.c.id).exists())
    for row in connection.execute(_of_day(query, day).order_by(reports.c.id)):
        yield _of(row, Kind.TRUNCATED, f"it is {row.state}, and has no history")


def _short(connection: Connection) -> list[Any]:
    """Changes that say that they changed more reports than the history has of them."""
    counted = select(history.c.change_id, func.count().label("n")).group_by(history.c.change_id).subquery()
    left = func.coalesce(counted.c.n, 0)
    query = select(changes.c.id, changes.c.force, changes.c.action, changes.c.at, changes.c.reports, left.label("n"))
    query = query.outerjoin(counted, counted.c.change_id == changes.c.id).where(changes.c.reports > left).order_by(changes.c.id)
    return list(connection.execute(query))


def _lost(row: Any) -> Discrepancy:
    detail = f"{row.action} at {row.at:%Y-%m-%dT%H:%M:%SZ} changed {row.reports:,}, and the history has {row.n:,} of them"
    return Discrepancy(Kind.TRUNCATED, row.force, "", f"change {row.id}", detail)


def _of(row: Any, kind: Kind, detail: str) -> Discrepancy:
    return Discrepancy(kind, row.force, row.route or "", row.submission_id or f"#{row.id}", detail)
