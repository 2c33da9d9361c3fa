"""The account that must balance: what was picked up, and where every submission stands on its primary route.

It is computed three times, from the submissions, from the states and from the history, and the three must agree. Copies are no
part of it: each is tracked on its own route, and its states and its history must agree too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from hub.ledger.ledger import Ledger
from hub.ledger.tables import history, reports, submissions
from hub.words import Purpose, State


@dataclass(frozen=True, slots=True)
class Cell:
    """One force, service and day (Europe/London, of the first pick-up)."""

    force: str
    service: str
    day: date


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the account does not balance: a cell, and what each way of counting says."""

    cell: Cell
    state: str
    by_states: int
    by_history: int


@dataclass(frozen=True)
class Account:
    """Every submission by cell and state. `rerouted_in` are pick-ups that are another force's re-routed ones."""

    picked_up: Counter[Cell]
    states: Counter[tuple[Cell, State]]
    codes: Counter[tuple[str, State, str]]  # force, state, code
    rerouted_in: int
    differences: tuple[Difference, ...]
    copies: Counter[tuple[str, str, State]] = field(default_factory=Counter)  # force, route of the copy, state

    @property
    def balanced(self) -> bool:
        return not self.differences

    @property
    def total(self) -> int:
        """Submissions picked up in the nation: a re-routed one counts once."""
        return self.picked_up.total() - self.rerouted_in

    def totals(self) -> dict[State, int]:
        """The nation by state."""
        counted = _sum((state, n) for (_, state), n in self.states.items())
        return {state: counted[state] for state in State if counted[state]}

    def of_force(self, force: str) -> dict[State, int]:
        counted = _sum((state, n) for (cell, state), n in self.states.items() if cell.force == force)
        return {state: counted[state] for state in State if counted[state]}

    def forces(self) -> list[str]:
        return sorted({cell.force for cell in self.picked_up} | {cell.force for cell, _ in self.states})


def account(ledger: Ledger, day: date | None = None) -> Account:
    """The account of one day, or of all that the ledger holds."""
    with ledger.read() as connection:
        picked_up = _picked_up(connection, day)
        states = _by_states(connection, day)
        past = _by_history(connection, day)
        codes = _codes(connection, day)
        rerouted = _rerouted(connection, day)
        copies, copies_past = _copies(connection, day), _copies_by_history(connection, day)
    differences = (*_differences(picked_up, states, past), *_copies_differ(copies, copies_past))
    return Account(picked_up, states, codes, rerouted, differences, _without_cells(copies))


def _sum(pairs: Iterable[tuple[State, int]]) -> Counter[State]:
    total: Counter[State] = Counter()
    for state, n in pairs:
        total[state] += n
    return total


_KNOWN = {state.value: state for state in State}  # what is none of these was written by hand: it counts as no state at all
_CELL = (reports.c.force, reports.c.service, reports.c.day)


def _picked_up(connection: Connection, day: date | None) -> Counter[Cell]:
    cell = (submissions.c.force, submissions.c.service, submissions.c.day)
    query = select(*cell, func.count()).group_by(*cell)
    if day:
        query = query.where(submissions.c.day == day)
    return Counter({Cell(force, service, on): n for force, service, on, n in connection.execute(query)})


def _by_states(connection: Connection, day: date | None) -> Counter[tuple[Cell, State]]:
    query = select(*_CELL, reports.c.state, func.count()).where(reports.c.purpose == Purpose.PRIMARY)
    if day:
        query = query.where(reports.c.day == day)
    rows = connection.execute(query.group_by(*_CELL, reports.c.state))
    return Counter({(Cell(force, service, on), _KNOWN[state]): n for force, service, on, state, n in rows if state in _KNOWN})


def _by_history(connection: Connection, day: date | None) -> Counter[tuple[Cell, State]]:
    found: Counter[tuple[Cell, State]] = Counter()
    for (force, service, on), state, n in _steps(connection, day, Purpose.PRIMARY, _CELL):
        found[Cell(force, service, on), state] += n
    return found


def _steps(connection: Connection, day: date | None, purpose: Purpose, about: tuple[Any, ...]) -> Iterator[tuple[Any, State, int]]:
    """What the history says: each step takes a report out of one state and into the next. By the columns `about` its reports."""
    steps = (history.c.from_state, history.c.to_state)
    query = select(*about, *steps, func.count()).join(reports, reports.c.id == history.c.report_id).where(reports.c.purpose == purpose)
    if day:
        query = query.where(reports.c.day == day)
    for *those, start, end, n in connection.execute(query.group_by(*about, *steps)):
        if start in _KNOWN:
            yield those, _KNOWN[start], -n
        if end in _KNOWN:
            yield those, _KNOWN[end], n


_Copies = Counter[tuple[Cell, str, State]]  # where copies stand, by the route of each


def _copies(connection: Connection, day: date | None) -> _Copies:
    columns = (*_CELL, reports.c.route, reports.c.state)
    query = select(*columns, func.count()).where(reports.c.purpose == Purpose.COPY)
    rows = connection.execute((query.where(reports.c.day == day) if day else query).group_by(*columns))
    return Counter({(Cell(force, service, on), route, _KNOWN[state]): n for force, service, on, route, state, n in rows if state in _KNOWN})


def _copies_by_history(connection: Connection, day: date | None) -> _Copies:
    found: _Copies = Counter()
    for (force, service, on, route), state, n in _steps(connection, day, Purpose.COPY, (*_CELL, reports.c.route)):
        found[Cell(force, service, on), route, state] += n
    return found


def _copies_differ(copies: _Copies, past: _Copies) -> Iterable[Difference]:
    for cell, route, state in sorted(copies.keys() | past.keys(), key=repr):
        now, then = copies[cell, route, state], past[cell, route, state]
        if now != then:
            yield Difference(cell, f"{route}: {state}", now, then)


def _without_cells(copies: _Copies) -> Counter[tuple[str, str, State]]:
    found: Counter[tuple[str, str, State]] = Counter()
    for (cell, route, state), n in copies.items():
        found[cell.force, route, state] += n
    return found


def _codes(connection: Connection, day: date | None) -> Counter[tuple[str, State, str]]:
    columns = (reports.c.force, reports.c.state, reports.c.code)
    query = select(*columns, func.count()).where(reports.c.purpose == Purpose.PRIMARY, reports.c.code.is_not(None))
    if day:
        query = query.where(reports.c.day == day)
    rows = connection.execute(query.group_by(*columns))
    return Counter({(force, _KNOWN[state], code): n for force, state, code, n in rows if state in _KNOWN})


def _rerouted(connection: Connection, day: date | None) -> int:
    query = select(func.count()).where(submissions.c.rerouted_from.is_not(None))
    return connection.scalar(query.where(submissions.c.day == day) if day else query) or 0


def _differences(picked_up: Counter[Cell], states: Counter[tuple[Cell, State]], past: Counter[tuple[Cell, State]]) -> Iterable[Difference]:
    for cell, state in sorted(states.keys() | past.keys(), key=repr):
        if states[cell, state] != past[cell, state]:
            yield Difference(cell, state, states[cell, state], past[cell, state])
    counted: Counter[Cell] = Counter()
    for (cell, _), n in states.items():
        counted[cell] += n
    for cell in sorted(picked_up.keys() | counted.keys(), key=repr):
        if counted[cell] != picked_up[cell]:
            yield Difference(cell, "picked up", counted[cell], picked_up[cell])
