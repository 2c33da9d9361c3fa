"""Acknowledgements: each is recorded once, matched to its report, and takes it to accepted or back to quarantine."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, case, or_, select, update

from hub.contracts import Acknowledgement
from hub.ledger.changes import Author, Move, change
from hub.ledger.engine import insert_unless_there
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Result, finish, settle
from hub.ledger.proofs import ACKNOWLEDGED, PROVABLE, Proof, prove, tried_over
from hub.ledger.rows import Rows, UnlessThere, among
from hub.ledger.tables import acknowledgements, cursors, drops, members, of_id, reports, submissions
from hub.words import PayloadState, State

_TRIED = case((drops.c.attempts > 0, drops.c.route))  # the route of a drop that was tried
_SAFE = re.compile(r"[A-Za-z0-9._-]{1,60}")
_ON_ITS_WAY = (State.SEALED, State.HELD, State.IN_DOUBT)  # held: in a drop that an open circuit or a pause keeps here
_EARLY = (*_ON_ITS_WAY, State.WAITING)  # waiting: taken back, and not sealed anew yet


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a batch of acknowledgements did. `unmatched` are for nothing that was ever sent: an alarm."""

    accepted: int = 0
    rejected: int = 0
    repeated: int = 0  # read before, or for a report that has been accepted or rejected already
    unmatched: int = 0


class _Sent(NamedTuple):
    report_id: int
    state: State
    drop_id: int | None
    attempted: bool
    tried: bool  # over this route, whatever it is in now
    taken_back: int | None  # the drop in which it was tried over this route, where it is in that no longer

    @property
    def matched(self) -> bool:
        """Whether anything was sent over this route that can be acknowledged, or was before it was accepted by another."""
        back = self.taken_back is not None and self.state in PROVABLE
        return self.attempted or back or (self.tried and self.state == State.ACCEPTED)


def confirm(
    ledger: Ledger, force: str, route: str, said: Sequence[Acknowledgement], at: datetime, read_to: tuple[str, str] | None = None
) -> Confirmed:
    """Record what a force said over one route, and take the reports on. All or none; read again, it changes nothing.

    `read_to` is the far end's cursor, by its name, where it has been read so far with these.

    An acknowledgement that overtakes our own receipt proves that the report arrived: the report is delivered, then accepted. So does one
    for a report that was taken back from this route, because it had certainly not arrived (`proofs.py`). It is patient: what eight far ends
    say of thousands of reports at once must not keep an urgent one waiting.
    """
    with ledger.write(patient=True) as connection:
        new = _first_of_each(connection, force, route, said)
        sent = _sent(connection, force, route, [a.submission_id for a in new])
        _keep(connection, force, route, new, sent, at)
        told: dict[str, Acknowledgement] = {}
        for each in new:  # of two that contradict each other the first counts
            if each.submission_id in sent and sent[each.submission_id].matched:
                told.setdefault(each.submission_id, each)
        open_ = {s: a for s, a in told.items() if sent[s].state in (*_EARLY, State.DELIVERED)}
        _arrived(connection, force, [sent[s] for s in open_], at)
        _were_taken_back(connection, force, route, [sent[s] for s in told], at)
        _conclude(connection, force, [(sent[s].report_id, a) for s, a in open_.items()], at)
        if read_to:
            _advance(connection, *read_to)
    accepted = sum(a.accepted for a in open_.values())
    unmatched = sum(a.submission_id not in told for a in new)
    return Confirmed(accepted, len(open_) - accepted, len(said) - len(open_) - unmatched, unmatched)


def cursor(ledger: Ledger, name: str) -> str | None:
    """How far a far end has been read."""
    with ledger.read() as connection:
        return connection.scalar(select(cursors.c.value).where(cursors.c.name == name))


def advance(ledger: Ledger, name: str, value: str) -> None:
    """Write how far a far end has been read."""
    with ledger.write() as connection:
        _advance(connection, name, value)


def _advance(connection: Connection, name: str, value: str) -> None:
    if _READ_TO.write(connection, [(value, name)]) == 0:
        connection.execute(insert_unless_there(connection, cursors).values(name=name, value=value))


_READ_TO = Rows(update(cursors).where(cursors.c.name == bindparam("b_name")).values(value=bindparam("b_value")), ("b_value", "b_name"))


def _first_of_each(connection: Connection, force: str, route: str, said: Sequence[Acknowledgement]) -> list[Acknowledgement]:
    once = {a.identity: a for a in reversed(said)}
    asked = {"b_force": force, "b_route": route, "b_identities": list(once)}
    known = set(connection.execute(_known(connection.dialect.name), asked).scalars().all())
    return [once[identity] for identity in reversed(once) if identity not in known]


@cache
def _known(dialect: str) -> Select[str]:
    a = acknowledgements.c
    over_it = (a.force == bindparam("b_force"), a.route == bindparam("b_route"))
    return select(a.identity).where(*over_it, among(dialect, a.identity, "b_identities"))


def _sent(connection: Connection, force: str, route: str, ids: Sequence[str]) -> dict[str, _Sent]:
    """The reports by their submission ids that go by this route, or were tried over it.

    `attempted` where a drop with them was at least begun to be sent over it, and they are in it still.
    """
    rows = connection.execute(_named(connection.dialect.name), {"b_force": force, "b_names": ids}).all()
    others = [report for _, report, _, _, _, tried_by in rows if tried_by != route]
    over_it = tried_over(connection, force, route, others) if others else {}
    found: dict[str, _Sent] = {}
    for name, report, by, state, drop, tried_by in rows:
        attempted = tried_by == route
        tried = attempted or report in over_it
        if by == route or (tried and name not in found):
            found[name] = _Sent(report, _STATES[state], drop, attempted, tried, None if attempted else over_it.get(report))
    return found


_STATES = {state.value: state for state in State}


@cache
def _named(dialect: str) -> Select[str, int, str, str, int, str]:
    return (
        select(submissions.c.submission_id, reports.c.id, reports.c.route, reports.c.state, reports.c.drop_id, _TRIED)
        .join(reports, reports.c.submission_id == submissions.c.id)
        .outerjoin(drops, drops.c.id == reports.c.drop_id)
        .where(of_id(lambda column: among(dialect, column, "b_names")), reports.c.force == bindparam("b_force"))
        .order_by(reports.c.id)
        .with_for_update(of=reports, key_share=True)
    )


def _own_payloads(connection: Connection, sent: Sequence[_Sent]) -> dict[int, int]:
    """By report: the payload that carries it alone in the drop that it is in."""
    ids = {s.report_id for s in sent}
    query = select(members.c.report_id, members.c.payload_id).join(
        reports, and_(reports.c.id == members.c.report_id, reports.c.drop_id == members.c.drop_id)
    )
    rows = connection.execute(query.where(members.c.payload_id.is_not(None), members.c.report_id.in_(ids))).all()
    return dict(tuple(row) for row in rows)


def _keep(connection: Connection, force: str, route: str, new: Sequence[Acknowledgement], sent: dict[str, _Sent], at: datetime) -> None:
    matched = {name: report.report_id for name, report in sent.items() if report.matched}
    rows = [(a.identity, a.submission_id, matched.get(a.submission_id), a.accepted, a.their_reference, a.reason, a.at) for a in new]
    _SAID.write(connection, rows, force, route, at)


_NAMES = ("identity", "submission_id", "report_id", "accepted", "reference", "reason", "at")
_SAID = UnlessThere(acknowledgements, _NAMES, ("force", "route", "received_at"))


def _arrived(connection: Connection, force: str, sent: Iterable[_Sent], at: datetime) -> None:
    """What is acknowledged has arrived, whatever we knew of it; and with it everything that its own payload carries."""
    early = [s for s in sent if s.attempted and s.state in _ON_ITS_WAY]
    if not early:
        return
    author = Author("acknowledged before the receipt", at)
    change(connection, force, author, [Move(s.report_id, s.state, State.DELIVERED) for s in early])
    its_own = members.c.report_id == bindparam("b_report")
    closed = update(members).where(its_own, or_(members.c.outcome.is_(None), members.c.outcome == PayloadState.IN_DOUBT))
    connection.execute(closed.values(outcome=PayloadState.DELIVERED), [{"b_report": s.report_id} for s in early])
    _close_drops(connection, force, early, author)


def _were_taken_back(connection: Connection, force: str, route: str, sent: Iterable[_Sent], at: datetime) -> None:
    """What was taken back from this route and is acknowledged over it has arrived by it, wherever it is now."""
    back = [(s, s.taken_back) for s in sent if s.taken_back is not None]
    if not back:
        return
    author, own = Author("acknowledged after it was taken back", at), _own_payloads(connection, [s for s, _ in back])
    moves = [Move(s.report_id, s.state, State.DELIVERED, route=route, drop_id=drop) for s, drop in back if s.state in _EARLY]
    if moves:
        change(connection, force, author, moves)
    prove(connection, force, [Proof(s.report_id, drop, s.drop_id, own.get(s.report_id)) for s, drop in back], author)


def _close_drops(connection: Connection, force: str, early: Sequence[_Sent], author: Author) -> None:
    """A payload of their own needs no more sending. What a whole drop shares does: that it came in part proves nothing of the rest."""
    payload_of = _own_payloads(connection, early)
    by_drop: dict[int, set[int]] = defaultdict(set)
    for s in early:
        if s.drop_id is not None:
            by_drop[s.drop_id].update([payload_of[s.report_id]] if s.report_id in payload_of else [])
    for drop_id, own in sorted(by_drop.items()):
        if own:
            results = [Result(payload, PayloadState.DELIVERED, ACKNOWLEDGED) for payload in sorted(own)]
            settle(connection, force, drop_id, results, author)
        else:
            finish(connection, drop_id, author.at)


def heard_already(connection: Connection, force: str, route: str, delivered: Mapping[str, int], at: datetime) -> None:
    """What a force had said of reports before the ledger knew that it has them counts now: by submission id, the report."""
    a = acknowledgements.c
    query = select(a.id, a.submission_id, a.identity, a.accepted, a.reference, a.reason, a.at).order_by(a.id)
    mine = query.where(a.force == force, a.route == route, a.report_id.is_(None), a.submission_id.in_(sorted(delivered)))
    told: dict[int, Acknowledgement] = {}
    for number, name, identity, accepted, reference, reason, when in connection.execute(mine).all():
        connection.execute(update(acknowledgements).where(a.id == number).values(report_id=delivered[name]))
        told.setdefault(delivered[name], Acknowledgement(identity, name, accepted, reference, reason, when, ""))
    _conclude(connection, force, list(told.items()), at)


def _conclude(connection: Connection, force: str, told: Sequence[tuple[int, Acknowledgement]], at: datetime) -> None:
    moves = [
        Move(report, State.DELIVERED, State.ACCEPTED, reference=a.their_reference)
        if a.accepted
        else Move(report, State.DELIVERED, State.QUARANTINED, code="rejected", where=safe_reason(a.reason))
        for report, a in told
    ]
    if moves:
        change(connection, force, Author("confirm", at), moves)


def safe_reason(reason: str | None) -> str:
    """A force's reason as a code that may be shown: its own word where it is one, never its free text."""
    return reason if reason and _SAFE.fullmatch(reason) else "other"
