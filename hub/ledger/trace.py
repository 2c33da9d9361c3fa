"""Trace: the whole way of one submission, field values left out."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, select

from hub.ledger.ledger import Ledger
from hub.ledger.tables import acknowledgements, attempts, changes, drops, history, members, payloads, reports, signals, submissions


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a report."""

    at: datetime
    route: str | None
    what: str  # `waiting → sealed`
    action: str
    actor: str
    code: str | None
    where: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Journey:
    """A drop that carried the report, and how it went."""

    drop: str
    environment: str
    state: str
    attempts: tuple[str, ...]  # `1 unavailable (connection-refused)`
    receipt: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class Trace:
    """One arrival: what it is, where it stands, its steps, the drops that carried it, what was not carried over exactly."""

    number: int  # of the arrival
    submission_id: str | None
    reference: str | None
    force: str
    service: str
    day: str
    name: str
    source: str
    digest: str
    picked_up_at: datetime
    states: dict[str, str]  # by route
    steps: tuple[Step, ...]
    drops: tuple[Journey, ...]
    signals: dict[str, int]
    acknowledgements: tuple[str, ...]


def trace(ledger: Ledger, name: str) -> list[Trace]:
    """Every arrival of this submission id, customer reference, or number (`#17`), in order; none where the ledger knows none."""
    s = submissions.c
    query = select(submissions).where(_named(name)).order_by(s.id)
    with ledger.read() as connection:
        return [_trace(connection, dict(row)) for row in connection.execute(query).mappings()]


@dataclass(frozen=True, slots=True)
class Carried:
    """A report that a drop carried: the number of its arrival, what people call it, where it stands now."""

    number: int
    reference: str | None
    submission_id: str | None
    force: str
    service: str
    state: str


def carried_by(ledger: Ledger, key: str, most: int) -> list[Carried]:
    """The reports in the drop of this key, `most` at most, in the order of their arrival; none where there is no such drop."""
    s, r = submissions.c, reports.c
    query = (
        select(s.id, s.reference, s.submission_id, r.force, r.service, r.state)
        .join(reports, r.submission_id == s.id)
        .join(members, members.c.report_id == r.id)
        .join(drops, drops.c.id == members.c.drop_id)
        .where(drops.c.key == key)
        .order_by(s.id)
        .limit(most)
    )
    with ledger.read() as connection:
        return [Carried(*row) for row in connection.execute(query)]


def _named(name: str) -> ColumnElement[bool]:
    s = submissions.c
    if name[:1] == "#" and name[1:].isascii() and name[1:].isdigit() and len(name) < 19:
        return s.id == int(name[1:])
    return or_(s.submission_id == name, s.reference == name)


def _trace(connection: Connection, row: dict[str, object]) -> Trace:
    r = reports.c
    standing = connection.execute(select(r.id, r.route, r.state).where(r.submission_id == row["id"]).order_by(r.id)).all()
    ids = [report for report, _, _ in standing]
    routes = {report: route for report, route, _ in standing}
    head = {name: row[name] for name in ("submission_id", "reference", "force", "service", "name", "source", "digest", "picked_up_at")}
    return Trace(
        number=row["id"],  # type: ignore[arg-type]  # as below
        **head,  # type: ignore[arg-type]  # the table's columns have these types
        day=str(row["day"]),
        states={route or "not chosen yet": state for _, route, state in standing},
        steps=tuple(_steps(connection, ids, routes)),
        drops=tuple(_journeys(connection, ids)),
        signals=_signals(connection, ids),
        acknowledgements=tuple(_acknowledgements(connection, ids)),
    )


def _steps(connection: Connection, ids: list[int], routes: dict[int, str | None]) -> list[Step]:
    h, c = history.c, changes.c
    query = (
        select(h.report_id, h.from_state, h.to_state, h.code, h.where, c.at, c.action, c.actor, c.reason)
        .join(changes, c.id == h.change_id)
        .where(h.report_id.in_(ids))
        .order_by(h.id)
    )
    return [
        Step(at, routes[report], f"{start} → {end}" if start else end, action, actor, code, where, reason)
        for report, start, end, code, where, at, action, actor, reason in connection.execute(query)
    ]


def _journeys(connection: Connection, ids: list[int]) -> list[Journey]:
    query = (
        select(drops.c.id, drops.c.key, drops.c.environment, drops.c.state, drops.c.digest, payloads.c.receipt)
        .join(members, members.c.drop_id == drops.c.id)
        .outerjoin(payloads, payloads.c.id == members.c.payload_id)
        .where(members.c.report_id.in_(ids))
        .order_by(drops.c.id)
    )
    return [
        Journey(key, environment, state, tuple(_attempts(connection, drop)), receipt, digest)
        for drop, key, environment, state, digest, receipt in connection.execute(query)
    ]


def _attempts(connection: Connection, drop: int) -> list[str]:
    a = attempts.c
    query = select(a.number, a.outcome, a.code).where(a.drop_id == drop).order_by(a.number)
    return [f"{number} {outcome or 'broken off'}{f' ({code})' if code else ''}" for number, outcome, code in connection.execute(query)]


def _signals(connection: Connection, ids: list[int]) -> dict[str, int]:
    query = select(signals.c.kind, signals.c.field, signals.c.count).where(signals.c.report_id.in_(ids)).order_by(signals.c.id)
    return {f"{kind} {field}": count for kind, field, count in connection.execute(query)}


def _acknowledgements(connection: Connection, ids: list[int]) -> list[str]:
    a = acknowledgements.c
    query = select(a.accepted, a.reference, a.route).where(a.report_id.in_(ids)).order_by(a.id)
    return [
        f"{route}: {'accepted' if accepted else 'rejected'}{f' as {reference}' if reference else ''}"
        for accepted, reference, route in connection.execute(query)
    ]
