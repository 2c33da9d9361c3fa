"""The one place where a report's state changes: every change adds to the history, and to its chain, in the same transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, String, bindparam, case, func, insert, null, update

from hub.ledger.chain import CHANGE, EVENT, bind
from hub.ledger.errors import IllegalChange, Overtaken
from hub.ledger.notices import TOLD, remember
from hub.ledger.rows import Rows, inserting, reserve
from hub.ledger.tables import WHERE, changes, history, reports
from hub.words import State

S = State
NEXT: dict[State, frozenset[State]] = {
    S.HELD: frozenset({S.WAITING, S.SEALED, S.DELIVERED, S.IN_DOUBT, S.QUARANTINED, S.REROUTED, S.REDIRECTED, S.WITHDRAWN}),
    S.WAITING: frozenset({S.HELD, S.QUARANTINED, S.SEALED, S.DELIVERED, S.IN_DOUBT, S.REROUTED, S.REDIRECTED, S.WITHDRAWN}),
    S.QUARANTINED: frozenset({S.WAITING, S.REROUTED, S.REDIRECTED, S.WITHDRAWN}),
    S.SEALED: frozenset({S.DELIVERED, S.QUARANTINED, S.IN_DOUBT, S.HELD, S.WAITING}),
    S.IN_DOUBT: frozenset({S.DELIVERED, S.QUARANTINED, S.WAITING}),
    S.DELIVERED: frozenset({S.ACCEPTED, S.QUARANTINED}),
    S.DUPLICATE: frozenset(),
    S.ACCEPTED: frozenset(),
    S.REROUTED: frozenset(),
    S.REDIRECTED: frozenset(),
    S.WITHDRAWN: frozenset(),
}
FIRST: frozenset[State] = frozenset({S.DUPLICATE, S.HELD, S.QUARANTINED, S.WAITING})


class Move(NamedTuple):
    """One report's step from a state to the next. `drop_id` and `reference` are set where the step brings one."""

    report_id: int
    start: State
    end: State
    code: str | None = None
    where: str | None = None
    route: str | None = None
    drop_id: int | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, in which action, when, and why."""

    action: str
    at: datetime
    actor: str = "hub"
    reason: str | None = None


def change(connection: Connection, force: str, author: Author, moves: Sequence[Move], *, drop_id: int | None = None) -> int:
    """Take reports of one force to their next states and write the history. Returns the id of the change.

    Raises IllegalChange for a step that the ledger does not allow, and Overtaken where a report is no longer in the
    state that its move starts from: the transaction must then be given up.
    """
    for start, end in {(move.start, move.end) for move in moves}:
        if end not in NEXT[start]:
            raise IllegalChange(f"a report cannot go from {start} to {end}")
    _update(connection, author.at, moves)
    steps = [(m.report_id, _WORD[m.start], _WORD[m.end], m.code, m.where) for m in moves]
    change_id = _write(connection, force, author, steps, len(moves), drop_id)
    if any(move.end in TOLD for move in moves):
        remember(connection, change_id)
    return change_id


def enter(connection: Connection, force: str, author: Author, entries: Sequence[tuple[int, State, str | None, str | None]]) -> int:
    """Write the history of reports that have just come into the ledger: (report id, state, code, where) each."""
    for _, state, _, _ in entries:
        if state not in FIRST:
            raise IllegalChange(f"a report cannot begin as {state}")
    return _write(connection, force, author, [(i, None, state.value, code, where) for i, state, code, where in entries], len(entries), None)


def note(connection: Connection, force: str, author: Author, seen: Sequence[tuple[int, State, str | None, str | None]]) -> int:
    """Write into the history of reports what was done to them and left their state as it is: (report id, state, code, where) each."""
    return _write(
        connection, force, author, [(i, state.value, state.value, code, where) for i, state, code, where in seen], len(seen), None
    )


@cache
def _step(*, route: bool, drop: bool, reference: bool) -> Rows:
    """Takes a report to its next state. What no move brings is not named: a column that is costs the writing of its indexes anew."""
    r = reports.c
    brought: dict[str, object] = {}
    if route:
        brought["route"] = func.coalesce(bindparam("b_route", type_=String()), r.route)
    if drop:
        kept = func.coalesce(bindparam("b_drop", type_=BigInteger()), r.drop_id)
        brought["drop_id"] = case((bindparam("b_end", type_=String()) == State.WAITING, None), else_=kept)
    if reference:
        brought["reference"] = func.coalesce(bindparam("b_reference", type_=String()), r.reference)
    always: dict[str, object] = {name: bindparam(f"b_{name}") for name in ("code", "where", "since")}
    step = update(reports).where(r.id == bindparam("b_id"), r.state == bindparam("b_start"))
    names = [name for name, wanted in (("b_route", route), ("b_drop", drop), ("b_reference", reference)) if wanted]
    return Rows(
        step.values(state=bindparam("b_end"), worker=null(), lease_until=null(), **always, **brought),
        ("b_id", "b_start", "b_end", "b_code", "b_where", *names),
        ("b_since",),
    )


_EVENTS = inserting(history, *(column.name for column in EVENT))

_WORD = {state: state.value for state in State}
_ID, _ROUTE, _DROP, _REFERENCE = (attrgetter(name) for name in ("report_id", "route", "drop_id", "reference"))
_CHANGE = insert(changes).returning(*CHANGE)


def _update(connection: Connection, at: datetime, moves: Sequence[Move]) -> None:
    if not moves:
        return
    route, reference = any(m.route is not None for m in moves), any(m.reference is not None for m in moves)
    drop = any(m.drop_id is not None or m.end is State.WAITING for m in moves)
    brought = [of for of, wanted in ((_ROUTE, route), (_DROP, drop), (_REFERENCE, reference)) if wanted]
    rows = [
        (m.report_id, _WORD[m.start], _WORD[m.end], m.code, m.where and m.where[:WHERE], *[of(m) for of in brought])
        for m in sorted(moves, key=_ID)  # everybody locks in this order: so nobody waits in a circle
    ]
    changed = _step(route=route, drop=drop, reference=reference).write(connection, rows, at)
    if changed != len(moves):
        raise Overtaken(f"{len(moves) - changed} of {len(moves)} reports were changed by another worker")


def _write(
    connection: Connection,
    force: str,
    author: Author,
    steps: Sequence[tuple[int, str | None, str, str | None, str | None]],
    count: int,
    drop_id: int | None,
) -> int:
    row = {"force": force, "action": author.action, "actor": author.actor, "reason": author.reason, "at": author.at}
    written = connection.execute(_CHANGE, row | {"reports": count, "drop_id": drop_id}).one()
    ids = reserve(connection, history, len(steps))
    events = [
        (event, written.id, report, start, end, code and str(code), where and where[:WHERE])
        for event, (report, start, end, code, where) in zip(ids, steps, strict=True)
    ]
    _EVENTS.write(connection, events)
    bind(connection, written, events)
    return int(written.id)


def count_by_end(moves: Sequence[Move]) -> Counter[State]:
    """How many of these moves end in each state."""
    return Counter(move.end for move in moves)
