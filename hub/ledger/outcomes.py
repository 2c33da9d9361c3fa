"""Outcomes: what became of payloads, and with them of the reports that they carry, in one transaction.

A report leaves whole. An attachment that the far end refuses, or that is in doubt, takes its report out of the drop: what
carries that report is not sent (`voided`), and reports that were sealed into the same bytes wait again. Attachments leave
before everything else, so that nothing that carries their reports can have been sent before.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, false, func, or_, select, update

from hub.ledger.changes import Author, Move, change
from hub.ledger.rows import Rows
from hub.ledger.tables import drops, members, payloads, reports, submissions
from hub.words import DropState, PayloadKind, PayloadState, State

P = PayloadState
_END = {P.DELIVERED: State.DELIVERED, P.REFUSED: State.QUARANTINED, P.IN_DOUBT: State.IN_DOUBT, P.VOIDED: State.WAITING}
_DROP = {P.IN_DOUBT: DropState.IN_DOUBT, P.DELIVERED: DropState.DELIVERED}  # the first that one of its reports came to
_ON_ITS_WAY = (State.SEALED, State.HELD, State.IN_DOUBT)  # held: while an open circuit or a pause keeps its drop here
_TROUBLE = (P.REFUSED, P.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one payload: `receipt` is the stable word of how we know, `code` why it was refused.

    `spoilt` names the file where it was not the force that refused it, but the hub's own copy that is gone or damaged (`hub.causes`).
    """

    payload_id: int
    state: PayloadState
    receipt: str | None = None
    reference: str | None = None
    code: str | None = None
    refused: tuple[tuple[str, str], ...] = ()  # reports of a batch: submission id and code
    spoilt: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What results came to: how its reports ended, which payloads must not be sent any more, and where the drop stands."""

    ends: Counter[PayloadState]
    voided: frozenset[int]
    drop: DropState


@dataclass(frozen=True, slots=True)
class _Member:
    report_id: int
    payload_id: int | None  # None: the drop's payloads carry all its reports
    outcome: PayloadState | None
    state: State
    submission_id: str
    is_here: bool  # not sealed anew, into another drop, since it was in doubt in this one


@dataclass(slots=True)
class _Part:
    """A payload. `report_id` is of the report that an attachment came with."""

    id: int
    kind: PayloadKind
    report_id: int | None
    state: PayloadState


@dataclass(frozen=True, slots=True)
class _End:
    state: PayloadState
    code: str | None = None
    reference: str | None = None
    spoilt: str | None = None


def settle(connection: Connection, force: str, drop_id: int, results: Sequence[Result], author: Author) -> Outcome:
    """Write what became of some payloads of a drop, and take their reports on.

    A payload whose end is known already keeps it; so does a report that an acknowledgement has taken further. The reports
    are locked first, in the order of their ids, as everybody does: so nobody waits for each other in a circle.
    """
    touched = _touched(connection, drop_id, results)
    is_empty = not touched and connection.scalar(select(members.c.report_id).where(members.c.drop_id == drop_id).limit(1)) is None
    parts = _parts(connection, drop_id, results, touched, whole=is_empty)
    fresh = {r.payload_id: r for r in results if _is_news(parts[r.payload_id].state, r.state)}
    for result in fresh.values():
        parts[result.payload_id].state = result.state
    drop = _Drop(touched, parts.values(), is_empty=is_empty)
    voided = drop.void()
    ends = {m.report_id: end for m in touched if (end := drop.end(m, fresh)) and _is_news(m.outcome, end.state)}
    _write_parts(connection, fresh.values(), voided, author.at)
    _write_ends(connection, force, drop_id, [m for m in touched if m.report_id in ends], ends, author)
    return Outcome(Counter(end.state for end in ends.values()), frozenset(voided), finish(connection, drop_id, author.at))


def finish(connection: Connection, drop_id: int, at: datetime) -> DropState:
    """Where the drop stands now; written where it has come to an end. One of which no report arrived is void.

    One that never had a report goes by its payloads.
    """
    left = select(func.count()).where(payloads.c.drop_id == drop_id, payloads.c.state == P.SEALED)
    if connection.scalar(left):
        return DropState.SEALED
    ends = set(connection.scalars(select(members.c.outcome).where(members.c.drop_id == drop_id).distinct()))
    if not ends:
        pieces = set(connection.scalars(select(payloads.c.state).where(payloads.c.drop_id == drop_id).distinct()))
        ends = set() if P.REFUSED in pieces else pieces
    state = next((drop for end, drop in _DROP.items() if end in ends), DropState.VOIDED)
    delivered_at = at if state == DropState.DELIVERED else None
    step = update(drops).where(drops.c.id == drop_id, drops.c.state.in_((DropState.SEALED, DropState.IN_DOUBT)))
    connection.execute(step.values(state=state, delivered_at=delivered_at, error=None, next_attempt_at=None))
    return state


def _is_news(known: PayloadState | None, told: PayloadState) -> bool:
    """What has no end yet gets one; of what was in doubt we may still hear that it arrived."""
    return known in (None, P.SEALED) or (known == P.IN_DOUBT and told == P.DELIVERED)


class _Drop:
    """As much of a drop as some results touch: who carries whom, and what follows from what."""

    def __init__(self, touched: Sequence[_Member], parts: Iterable[_Part], *, is_empty: bool) -> None:
        self._members = touched
        self._is_empty = is_empty
        self._parts = {part.id: part for part in parts}
        self._shared = [part for part in self._parts.values() if part.kind != PayloadKind.ATTACHMENT]
        self._attachments: dict[int, list[_Part]] = defaultdict(list)
        for part in self._parts.values():
            if part.report_id is not None:
                self._attachments[part.report_id].append(part)

    def void(self) -> set[int]:
        """Give up what must not be sent any more. Returns those payloads."""
        sealed = {part.id for part in self._parts.values() if part.state == P.SEALED}
        for member in self._members:
            if self._in_trouble(self._attachments[member.report_id]):
                _give_up(self._carriers(member))
        for member in self._members:
            carriers = self._carriers(member)
            if self._in_trouble(carriers):
                _give_up(carriers)
            if any(part.state not in (P.SEALED, P.DELIVERED) for part in carriers):
                _give_up(self._attachments[member.report_id])
        if self._is_empty and self._in_trouble(self._shared):  # a drop without reports is whole, or it is nothing
            _give_up(self._shared)
        return {part for part in sealed if self._parts[part].state == P.VOIDED}

    def end(self, member: _Member, results: dict[int, Result]) -> _End | None:
        """How a report ends; None while something that carries it is still to be sent."""
        if trouble := self._in_trouble(self._attachments[member.report_id]):
            return _with_attachment(trouble.state, results.get(trouble.id))
        refused = {report: _End(P.REFUSED, code, spoilt=r.spoilt) for r in results.values() for report, code in r.refused}
        if member.submission_id in refused:
            return refused[member.submission_id]
        carriers = self._carriers(member)
        if trouble := self._in_trouble(carriers):
            return _End(trouble.state, results[trouble.id].code if trouble.id in results else None)
        states = {part.state for part in carriers}
        if P.VOIDED in states:
            return _End(P.VOIDED)
        own = results.get(member.payload_id) if member.payload_id else None
        return None if P.SEALED in states else _End(P.DELIVERED, reference=own.reference if own else None)

    def _carriers(self, member: _Member) -> list[_Part]:
        return self._shared if member.payload_id is None else [self._parts[member.payload_id]]

    def _in_trouble(self, parts: Sequence[_Part]) -> _Part | None:
        return next((part for state in _TROUBLE for part in parts if part.state == state), None)


def _with_attachment(state: PayloadState, result: Result | None) -> _End:
    """How a report ends whose attachment came to this end."""
    if result and result.spoilt:
        return _End(state, result.code, spoilt=result.spoilt)
    return _End(state, f"attachment {result.code}" if result and result.code else "attachment")


def _give_up(parts: Iterable[_Part]) -> None:
    for part in parts:
        if part.state == P.SEALED:
            part.state = P.VOIDED


def _touched(connection: Connection, drop_id: int, results: Sequence[Result]) -> list[_Member]:
    """The reports that these results may end, locked: those that the payloads carry, or that an attachment of theirs came with."""
    ids = [r.payload_id for r in results]
    came_with = select(payloads.c.report_id).where(payloads.c.id.in_(ids), payloads.c.report_id.is_not(None))
    beside = select(members.c.payload_id).where(members.c.drop_id == drop_id, members.c.report_id.in_(came_with))
    carried = or_(members.c.payload_id.is_(None), members.c.payload_id.in_(ids), members.c.payload_id.in_(beside))
    query = (
        select(
            members.c.report_id,
            members.c.payload_id,
            members.c.outcome,
            reports.c.state,
            submissions.c.submission_id,
            func.coalesce(reports.c.drop_id == drop_id, false()),
        )
        .join(reports, reports.c.id == members.c.report_id)
        .join(submissions, submissions.c.id == reports.c.submission_id)
        .where(members.c.drop_id == drop_id, carried)
        .order_by(members.c.report_id)
        .with_for_update(of=reports, key_share=True)
    )
    return [
        _Member(report, payload, outcome and P(outcome), State(state), name, bool(is_here))
        for report, payload, outcome, state, name, is_here in connection.execute(query)
    ]


def _parts(connection: Connection, drop_id: int, results: Sequence[Result], touched: Sequence[_Member], *, whole: bool) -> dict[int, _Part]:
    """The payloads that decide over these reports."""
    p = payloads.c
    query = select(p.id, p.kind, p.report_id, p.state).where(p.drop_id == drop_id).order_by(p.position)
    if not whole and all(member.payload_id is not None for member in touched):
        ids = {r.payload_id for r in results} | {member.payload_id for member in touched}
        query = query.where(or_(p.id.in_(ids), p.report_id.in_([member.report_id for member in touched])))
    return {i: _Part(i, PayloadKind(kind), report, P(state)) for i, kind, report, state in connection.execute(query)}


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


def _write_ends(connection: Connection, force: str, drop_id: int, ended: Sequence[_Member], ends: dict[int, _End], author: Author) -> None:
    """Their memberships end with them: also those of reports that an acknowledgement has taken further already."""
    moves = [_move(m, ends[m.report_id]) for m in ended if m.is_here and m.state in _ON_ITS_WAY]
    if moves:
        change(connection, force, author, moves, drop_id=drop_id)
    _MEMBER.write(connection, ((ends[m.report_id].state.value, drop_id, m.report_id) for m in ended))


def _move(member: _Member, end: _End) -> Move:
    code = "refused" if end.state == P.REFUSED else None
    where = end.code if end.state in _TROUBLE else None
    if end.spoilt:
        code, where = end.code, end.spoilt
    return Move(member.report_id, member.state, _END[end.state], code=code, where=where, reference=end.reference)
