"""Notices: outcomes for the platform, in sealed batches that are numbered without gaps and repeated until it has them.

What is to be told is written with the history, in the same transaction (`remember`), so that no outcome is missed and none is
told twice, whatever commits when. A notice's bytes and number are in the ledger before the first attempt.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, bindparam, func, insert, or_, select, update

from hub.contracts import Notice
from hub.ledger.boxes import Altered
from hub.ledger.cells import cell, of_notice, opened_cell
from hub.ledger.engine import Turn, take_turn
from hub.ledger.ledger import Ledger
from hub.ledger.tables import changes, history, noticed, notices, reports, submissions
from hub.words import Purpose, State

TOLD = frozenset({State.DELIVERED, State.ACCEPTED, State.REROUTED, State.REDIRECTED, State.WITHDRAWN})
AT_MOST = 5_000  # outcomes in a notice: 1.5 MB
OUTCOMES = "outcomes"  # stands where a force does: notices are all forces', under a key of their own

CodeOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A notice that the platform may not have yet. `notice` is None where the bytes that were sealed are gone, or are others now."""

    id: int
    notice: Notice | None


def remember(connection: Connection, change_id: int) -> None:
    """What of a change the platform is to be told: of primary routes alone, and of submissions that are the first of their id.

    A re-routed report has no identity of its own at its target, and is told all the same.
    """
    connection.execute(_REMEMBER, {"b_change": change_id})


_FIRST = or_(submissions.c.identity.is_not(None), submissions.c.rerouted_from.is_not(None))
_REMEMBER = insert(noticed).from_select(
    ["history_id"],
    select(history.c.id)
    .join(reports, reports.c.id == history.c.report_id)
    .join(submissions, submissions.c.id == reports.c.submission_id)
    .where(history.c.change_id == bindparam("b_change"), or_(*(history.c.to_state == state for state in sorted(TOLD))))
    .where(reports.c.purpose == Purpose.PRIMARY, _FIRST)
    .order_by(history.c.id),
)


def is_owed(ledger: Ledger) -> bool:
    """Whether there is anything that the platform has not been told, leaving out what it refused."""
    unsent = select(notices.c.id).where(notices.c.sent_at.is_(None), notices.c.refused.is_(None)).limit(1)
    with ledger.read() as connection:
        return connection.scalar(_unnoticed(1)) is not None or connection.scalar(unsent) is not None


def next_notice(ledger: Ledger, code_of: CodeOf, at: datetime) -> Sealed | None:
    """The first notice that the platform may not have; where it has them all, a new one of what it is to be told. None: of nothing.

    `code_of` gives a force's PNC code. Workers take turns, so that each number is one notice.
    """
    if not is_owed(ledger):
        return None
    ledger.vault.current(OUTCOMES)  # made, where there is none yet, before the transaction
    with ledger.write() as connection:
        take_turn(connection, Turn.TELL)
        first = notices.c.sent_at.is_(None), notices.c.refused.is_(None)
        unsent = connection.execute(select(notices).where(*first).order_by(notices.c.sequence).limit(1)).one_or_none()
        found = unsent or _seal(connection, ledger, code_of, at)
    return _opened(ledger, found) if found else None


def refused_notice(ledger: Ledger, before: datetime) -> Sealed | None:
    """The refused notice that has not been offered again for longest, and not since `before`."""
    n = notices.c
    again = select(notices).where(n.sent_at.is_(None), n.refused.is_not(None), n.tried_at < before)
    with ledger.read() as connection:
        found = connection.execute(again.order_by(n.tried_at, n.sequence).limit(1)).one_or_none()
    return _opened(ledger, found) if found else None


def sent(ledger: Ledger, notice_id: int, at: datetime) -> None:
    """The platform has it for good."""
    with ledger.write() as connection:
        connection.execute(update(notices).where(notices.c.id == notice_id, notices.c.sent_at.is_(None)).values(sent_at=at, refused=None))


def refused(ledger: Ledger, notice_id: int, code: str, at: datetime) -> None:
    """The platform will not have it as it is: those after it go on, and it is offered again later."""
    with ledger.write() as connection:
        step = update(notices).where(notices.c.id == notice_id, notices.c.sent_at.is_(None))
        connection.execute(step.values(refused=code[:80], tried_at=at))


def _unnoticed(limit: int) -> Select[int]:
    return select(noticed.c.history_id).where(noticed.c.notice_id.is_(None)).order_by(noticed.c.history_id).limit(limit)


def _seal(connection: Connection, ledger: Ledger, code_of: CodeOf, at: datetime) -> Row[Any] | None:
    outcomes = _outcomes(connection, code_of)
    if not outcomes:
        return None
    stored = ledger.store.put(OUTCOMES, b"".join(line for _, line in outcomes))
    sequence = (connection.scalar(select(func.max(notices.c.sequence))) or 0) + 1
    row = {"key": f"outcomes.{ledger.series}.{sequence:06d}", "sequence": sequence, "outcomes": len(outcomes), "sealed_at": at}
    bytes_ = {"size": stored.size, "digest": stored.digest, **cell(stored, of_notice(str(row["key"])))}
    found = connection.execute(insert(notices).values(**row, **bytes_).returning(notices)).one()
    into = update(noticed).where(noticed.c.history_id == bindparam("b_id")).values(notice_id=found.id)
    connection.execute(into, [{"b_id": id_} for id_, _ in outcomes])
    return found


def _outcomes(connection: Connection, code_of: CodeOf) -> list[tuple[int, bytes]]:
    """What is in no notice yet, in order, each as a line. In one statement: what commits meanwhile is for the next notice."""
    h, r, s = history.c, reports.c, submissions.c
    first = _unnoticed(AT_MOST).subquery()
    query = (
        select(h.id, s.submission_id, s.reference, r.force, h.to_state, r.reference, changes.c.at, h.code)
        .join(first, first.c.history_id == h.id)
        .join(changes, changes.c.id == h.change_id)
        .join(reports, r.id == h.report_id)
        .join(submissions, s.id == r.submission_id)
        .order_by(h.id)
    )
    return [(id_, _line(*row, code_of=code_of)) for id_, *row in connection.execute(query)]


def _line(
    submission: str, ours: str | None, force: str, state: str, theirs: str | None, at: datetime, code: str | None, *, code_of: CodeOf
) -> bytes:
    """One outcome, by the platform's own names where it has any."""
    line = {
        "submissionId": submission,
        "customerReferenceNumber": ours,
        "forceIdentifier": code_of(force),
        "force": force,
        "outcome": state,
        "reference": theirs,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
    }
    if state == State.REDIRECTED:
        line["thirdParty"] = code
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _opened(ledger: Ledger, row: Row[Any]) -> Sealed:
    try:
        kept = opened_cell(ledger.vault, row, of_notice(row.key))
        body = ledger.store.read(kept.body, kept.uri, kept.secret)
    except (FileNotFoundError, Altered):
        return Sealed(row.id, None)
    is_whole = hashlib.sha256(body).hexdigest() == row.digest
    return Sealed(row.id, Notice(row.key, row.outcomes, row.digest, body) if is_whole else None)
