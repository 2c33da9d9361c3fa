"""The account line by line: each force, service and day, with what became of its reports, and how long that took."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, distinct, func, select, tuple_

from hub.ledger.account import Account, Cell
from hub.ledger.ledger import Ledger
from hub.ledger.tables import changes, drops, history, members, reports, signals, submissions
from hub.words import Purpose, State

Place = tuple[str, str]  # force, route


@dataclass(frozen=True, slots=True)
class Times:
    """How long `reports` took, in seconds since they were submitted: the median, what 95 of 100 kept to (by nearest rank), the longest."""

    reports: int
    p50: float
    p95: float
    longest: float

    @classmethod
    def of(cls, seconds: Collection[float]) -> "Times | None":
        """None where there is nothing to measure."""
        if not seconds:
            return None
        ordered = sorted(seconds)
        return cls(len(ordered), _rank(ordered, 50), _rank(ordered, 95), ordered[-1])


def _rank(ordered: list[float], percent: int) -> float:
    return ordered[-(-len(ordered) * percent // 100) - 1]


@dataclass(frozen=True, slots=True)
class Line:
    """A force, service and day (Europe/London, of the first pick-up), on the primary route.

    `states` sum to `picked_up`; `quarantined` has them by code. `retried` reports were in a drop that was tried more than once;
    `fell_back` ones went by a fallback route. `inexact` counts what was not carried over exactly, by kind. Times are those of the
    reports that say when they were submitted.
    """

    cell: Cell
    picked_up: int
    states: Mapping[State, int]
    quarantined: Mapping[str, int] = field(default_factory=dict)
    delivered: Times | None = None
    accepted: Times | None = None
    retried: int = 0
    fell_back: int = 0
    inexact: Mapping[str, int] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Those in quarantine because the force rejected them in its acknowledgement."""
        return self.quarantined.get("rejected", 0)


def lines(ledger: Ledger, found: Account, fallbacks: Collection[Place] = (), day: date | None = None) -> list[Line]:
    """Each line of an account, by force, service and day; `fallbacks` are the routes that are taken only when a primary one failed."""
    with ledger.read() as connection:
        codes, inexact = _codes(connection, day), _inexact(connection, day)
        delivered, accepted = (_times(connection, state, day) for state in (State.DELIVERED, State.ACCEPTED))
        retried, fell = _retried(connection, day), _fell_back(connection, fallbacks, day)
    states: dict[Cell, dict[State, int]] = defaultdict(dict)
    for (cell, state), n in found.states.items():
        states[cell][state] = n

    def line(cell: Cell) -> Line:
        counted = (found.picked_up[cell], states[cell], codes[cell])
        return Line(cell, *counted, delivered[cell], accepted[cell], retried[cell], fell[cell], inexact[cell])

    return [line(cell) for cell in sorted(found.picked_up.keys() | states.keys(), key=lambda cell: (cell.force, cell.day, cell.service))]


_CELL = (reports.c.force, reports.c.service, reports.c.day)


def _primary(query: Select[Any], day: date | None) -> Select[Any]:
    some = query.where(reports.c.purpose == Purpose.PRIMARY)
    return some.where(reports.c.day == day) if day else some


def _counted(connection: Connection, query: Select[Any], day: date | None) -> Counter[Cell]:
    rows = connection.execute(_primary(query, day).group_by(*_CELL))
    return Counter({Cell(force, service, on): n for force, service, on, n in rows})


def _named(connection: Connection, query: Select[Any], name: Any, day: date | None) -> dict[Cell, dict[str, int]]:
    found: dict[Cell, dict[str, int]] = defaultdict(dict)
    for force, service, on, what, n in connection.execute(_primary(query, day).group_by(*_CELL, name).order_by(name)):
        found[Cell(force, service, on)][what] = int(n)
    return found


def _codes(connection: Connection, day: date | None) -> dict[Cell, dict[str, int]]:
    query = select(*_CELL, reports.c.code, func.count()).where(reports.c.state == State.QUARANTINED, reports.c.code.is_not(None))
    return _named(connection, query, reports.c.code, day)


def _inexact(connection: Connection, day: date | None) -> dict[Cell, dict[str, int]]:
    query = select(*_CELL, signals.c.kind, func.sum(signals.c.count)).join(signals, signals.c.report_id == reports.c.id)
    return _named(connection, query, signals.c.kind, day)


def _retried(connection: Connection, day: date | None) -> Counter[Cell]:
    query = select(*_CELL, func.count(distinct(reports.c.id))).join(members, members.c.report_id == reports.c.id)
    return _counted(connection, query.join(drops, drops.c.id == members.c.drop_id).where(drops.c.attempts > 1), day)


def _fell_back(connection: Connection, fallbacks: Collection[Place], day: date | None) -> Counter[Cell]:
    place = tuple_(reports.c.force, reports.c.route)
    return _counted(connection, select(*_CELL, func.count()).where(place.in_(sorted(fallbacks))), day) if fallbacks else Counter()


def _times(connection: Connection, state: State, day: date | None) -> dict[Cell, Times | None]:
    """How long each report took to first reach a state."""
    seconds: dict[Cell, list[float]] = defaultdict(list)
    for cell, took in _took(connection, state, day):
        seconds[cell].append(took)
    return defaultdict(lambda: None, {cell: Times.of(some) for cell, some in seconds.items()})


def _took(connection: Connection, state: State, day: date | None) -> Iterator[tuple[Cell, float]]:
    s = submissions.c
    query = (
        select(*_CELL, s.submitted_at, func.min(changes.c.at))
        .join(submissions, s.id == reports.c.submission_id)
        .join(history, history.c.report_id == reports.c.id)
        .join(changes, changes.c.id == history.c.change_id)
        .where(history.c.to_state == state, s.submitted_at.is_not(None))
        .group_by(reports.c.id, *_CELL, s.submitted_at)
    )
    for force, service, on, submitted_at, at in connection.execute(_primary(query, day)):
        yield Cell(force, service, on), (at - submitted_at).total_seconds()
