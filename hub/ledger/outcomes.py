"""Outcomes: what became of payloads, and with them of the reports that they carry, in one transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, or_, select, update

from hub.ledger.arrived import Reach, reach_of, simply_arrived
from hub.ledger.changes import Author, Move, change
from hub.ledger.results import End, Outcome, Result, is_news
from hub.ledger.rows import Rows
from hub.ledger.tables import drops, members, payloads, reports, submissions
from hub.ledger.whole import TROUBLE, Member, Part, Whole
from hub.words import DropState, PayloadKind, PayloadState, State

__all__ = ["Outcome", "Result", "finish", "settle"]

P = PayloadState
_END = {P.DELIVERED: State.DELIVERED, P.REFUSED: State.QUARANTINED, P.IN_DOUBT: State.IN_DOUBT, P.VOIDED: State.WAITING}
_STATE = {state.value: state for state in State}
_DROP = {P.IN_DOUBT: DropState.IN_DOUBT, P.DELIVERED: DropState.DELIVERED}  # the first that one of its reports came to
_ON_ITS_WAY = frozenset({State.SEALED, State.HELD, State.IN_DOUBT})  # held: while an open circuit or a pause keeps its drop here


class _Touched(NamedTuple):
    """A report in a drop, as the database has it. `drop_id` is another where it was sealed anew since it was in doubt in this one."""

    report_id: int
    payload_id: int | None
    outcome: str | None
    state: str
    drop_id: int | None


def settle(connection: Connection, force: str, drop_id: int, results: Sequence[Result], author: Author) -> Outcome:
    """Write what became of some payloads of a drop, and take their reports on.

    A payload whose end is known already keeps it; so does a report that an acknowledgement has taken further. The reports
    are locked first, in the order of their ids, as everybody does: so nobody waits for each other in a circle.
    """
    reach = reach_of(connection, drop_id, results)
    if reach is Reach.NOBODY_YET:
        _write_parts(connection, results, (), author.at)
        return Outcome(Counter(), frozenset(), DropState.SEALED)
    touched = _touched(connection, drop_id, results, reach)
    simple = {r.payload_id: r for r in results}
    if reach is not Reach.ALL:
        simple = simply_arrived(connection, drop_id, results) if reach is Reach.THEIR_OWN else {}
    fresh, voided, ends = list(simple.values()), frozenset[int](), _ends_of_simple(touched, simple, reach)
    if others := [r for r in results if r.payload_id not in simple]:
        left = [row for row in touched if row.report_id not in ends]
        judged, voided, their_ends = _judge(connection, drop_id, others, left)
        fresh += judged
        ends |= their_ends
    news = {row: end for row in touched if (end := ends.get(row.report_id)) and is_news(row.outcome, end.state)}
    _write_parts(connection, fresh, voided, author.at)
    _write_ends(connection, force, drop_id, news, author)
    return Outcome(Counter(end.state for end in news.values()), voided, finish(connection, drop_id, author.at))


def _ends_of_simple(touched: Sequence[_Touched], simple: Mapping[int, Result], reach: Reach) -> dict[int, End]:
    """The reports of what simply arrived did so too: each with the reference that the far end gave to its own payload."""
    if reach is Reach.ALL:
        return dict.fromkeys((row.report_id for row in touched), End(P.DELIVERED))
    ends = {payload: End(P.DELIVERED, reference=result.reference) for payload, result in simple.items()}
    return {report: ends[payload] for report, payload, *_ in touched if payload in ends}


def _judge(
    connection: Connection, drop_id: int, results: Sequence[Result], touched: Sequence[_Touched]
) -> tuple[list[Result], frozenset[int], dict[int, End]]:
    """What of these results is news, what must not be sent any more because of it, and how reports end."""
    is_empty = not touched and connection.execute(_ANY, {"b_drop": drop_id}).first() is None
    parts = _parts(connection, drop_id, results, touched, whole=is_empty)
    fresh = {r.payload_id: r for r in results if is_news(parts[r.payload_id].state, r.state)}
    for result in fresh.values():
        parts[result.payload_id].state = result.state
    whole = Whole(_members(connection, drop_id, touched), parts.values(), is_empty=is_empty)
    return list(fresh.values()), frozenset(whole.void()), whole.ends(fresh)


def finish(connection: Connection, drop_id: int, at: datetime) -> DropState:
    """Where the drop stands now; written where it has come to an end. One of which no report arrived is void.

    One that never had a report goes by its payloads.
    """
    this = {"b_drop": drop_id}
    if connection.execute(_LEFT, this).first() is not None:
        return DropState.SEALED
    ends = set(connection.execute(_OUTCOMES, this).scalars().all())
    if not ends:
        pieces = set(connection.execute(_STATES, this).scalars().all())
        ends = set() if P.REFUSED in pieces else pieces
    state = next((drop for end, drop in _DROP.items() if end in ends), DropState.VOIDED)
    _FINISH.write(connection, [(state.value, at if state == DropState.DELIVERED else None, drop_id)])
    return state


_M, _P = members.c, payloads.c
_THIS: BindParameter[int] = bindparam("b_drop")
_ANY = select(_M.report_id).where(_M.drop_id == _THIS).limit(1)
_LEFT = select(_P.id).where(_P.drop_id == _THIS, _P.state == P.SEALED).order_by(_P.position.desc()).limit(1)  # the last ones leave last
_OUTCOMES = select(_M.outcome).where(_M.drop_id == _THIS).distinct()
_STATES = select(_P.state).where(_P.drop_id == _THIS).distinct()
_FINISH = Rows(
    update(drops)
    .where(drops.c.id == _THIS, or_(drops.c.state == DropState.SEALED, drops.c.state == DropState.IN_DOUBT))
    .values(state=bindparam("b_state"), delivered_at=bindparam("b_at"), error=None, next_attempt_at=None),
    ("b_state", "b_at", "b_drop"),
)
_REACHED = (
    select(_M.report_id, _M.payload_id, _M.outcome, reports.c.state, reports.c.drop_id)
    .join(reports, reports.c.id == _M.report_id)
    .where(_M.drop_id == _THIS)
    .order_by(_M.report_id)
    .with_for_update(of=reports, key_share=True)
)
_OWN = _REACHED.where(_M.payload_id.between(bindparam("b_first"), bindparam("b_last")))
_NAMES = (
    select(_M.report_id, submissions.c.submission_id)
    .join(reports, reports.c.id == _M.report_id)
    .join(submissions, submissions.c.id == reports.c.submission_id)
    .where(_M.drop_id == _THIS)
)


def _touched(connection: Connection, drop_id: int, results: Sequence[Result], reach: Reach) -> list[_Touched]:
    """The reports that these results may end, locked: those that the payloads carry, or that an attachment of theirs came with."""
    ids = [r.payload_id for r in results]
    if reach is Reach.ALL:
        rows = connection.execute(_REACHED, {"b_drop": drop_id}).all()
    elif reach is Reach.THEIR_OWN:
        rows = connection.execute(_OWN, {"b_drop": drop_id, "b_first": min(ids), "b_last": max(ids)}).all()
    else:
        came_with = select(_P.report_id).where(_P.id.in_(ids), _P.report_id.is_not(None))
        beside = select(_M.payload_id).where(_M.drop_id == drop_id, _M.report_id.in_(came_with))
        some = or_(_M.payload_id.is_(None), _M.payload_id.in_(ids), _M.payload_id.in_(beside))
        rows = connection.execute(_REACHED.where(some), {"b_drop": drop_id}).all()
    told = set(ids)
    return [_Touched._make(row) for row in rows if reach is not Reach.THEIR_OWN or row[1] in told]


def _members(connection: Connection, drop_id: int, touched: Sequence[_Touched]) -> list[Member]:
    names = dict(connection.execute(_NAMES, {"b_drop": drop_id}).all()) if touched else {}
    return [Member(row.report_id, row.payload_id, names[row.report_id]) for row in touched]


def _parts(connection: Connection, drop_id: int, results: Sequence[Result], touched: Sequence[_Touched], *, whole: bool) -> dict[int, Part]:
    """The payloads that decide over these reports."""
    query = select(_P.id, _P.kind, _P.report_id, _P.state).where(_P.drop_id == drop_id).order_by(_P.position)
    if not whole and all(row.payload_id is not None for row in touched):
        ids = {r.payload_id for r in results} | {row.payload_id for row in touched}
        query = query.where(or_(_P.id.in_(ids), _P.report_id.in_([row.report_id for row in touched])))
    return {i: Part(i, PayloadKind(kind), report, P(state)) for i, kind, report, state in connection.execute(query).all()}


def _write_parts(connection: Connection, results: Iterable[Result], voided: Iterable[int], at: datetime) -> None:
    delivered = P.DELIVERED
    rows = [(r.state.value, r.receipt, r.reference, at if r.state == delivered else None, r.payload_id) for r in results]
    rows += [(P.VOIDED.value, None, None, None, payload) for payload in sorted(voided)]
    _PART.write(connection, rows)


_PART = Rows(
    update(payloads)
    .where(payloads.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in ("state", "receipt", "reference", "delivered_at")}),
    ("b_state", "b_receipt", "b_reference", "b_delivered_at", "b_id"),
)
_MEMBER = Rows(
    update(members)
    .where(members.c.drop_id == bindparam("b_drop"), members.c.report_id == bindparam("b_report"))
    .values(outcome=bindparam("b_outcome")),
    ("b_outcome", "b_drop", "b_report"),
)


def _write_ends(connection: Connection, force: str, drop_id: int, ends: Mapping[_Touched, End], author: Author) -> None:
    """Their memberships end with them: also those of reports that an acknowledgement has taken further already."""
    moves = [_move(row, end) for row, end in ends.items() if row.drop_id == drop_id and row.state in _ON_ITS_WAY]
    if moves:
        change(connection, force, author, moves, drop_id=drop_id)
    _MEMBER.write(connection, [(end.state.value, drop_id, row.report_id) for row, end in ends.items()])


def _move(row: _Touched, end: End) -> Move:
    if end.state is P.DELIVERED:
        return Move(row.report_id, _STATE[row.state], State.DELIVERED, reference=end.reference)
    code = "refused" if end.state == P.REFUSED else None
    where = end.code if end.state in TROUBLE else None
    if end.spoilt:
        code, where = end.code, end.spoilt
    return Move(row.report_id, _STATE[row.state], _END[end.state], code=code, where=where, reference=end.reference)
