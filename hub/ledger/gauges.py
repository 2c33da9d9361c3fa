"""What a monitoring system asks every minute: counts and ages, each answered from an index or a small table. No personal data."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from hub.ledger import alarms
from hub.ledger.circuits import open_circuits
from hub.ledger.daily import Times
from hub.ledger.days import delivery_times
from hub.ledger.holds import paused
from hub.ledger.ledger import Ledger
from hub.ledger.tables import acknowledgements, circuits, drops, passes, reports, submissions
from hub.words import DropState, Purpose, State

OPEN = (State.WAITING, State.SEALED, State.HELD, State.QUARANTINED, State.IN_DOUBT, State.DELIVERED)  # has not come to an end


@dataclass(frozen=True)
class Gauges:
    """Everything as of one look, on the primary route. `oldest` is since when the oldest of a force stands in a state that is open."""

    picked_up: dict[tuple[str, str], int]  # force, service
    rerouted_in: int
    reports: dict[tuple[str, str, str], int]  # force, service, state
    codes: dict[tuple[str, str, str], int]  # force, state, code
    oldest: dict[tuple[str, str], datetime]  # force, state
    drops: dict[str, int]  # sealed and not delivered, by force
    delivery: dict[str, Times]  # by force
    acceptance: dict[str, Times]
    circuits: dict[tuple[str, str], bool]  # instance and environment: whether it is open
    alarms: dict[tuple[str, str], int]  # kind, force
    paused: frozenset[str]
    last_pass: datetime | None
    balanced: bool | None  # as it was drawn up last


def gauges(ledger: Ledger, since: date, until: date) -> Gauges:
    """Look once. Times are of the reports first picked up from `since` to `until` (Europe/London). Raises LedgerUnavailable."""
    open_, standing, held = open_circuits(ledger), alarms.standing(ledger), frozenset(paused(ledger))
    delivery = {force: times for force, some in delivery_times(ledger, since, until).items() if (times := Times.of(some))}
    with ledger.read() as connection:
        codes, oldest = _open(connection)
        last, balanced = _last_pass(connection)
        rerouted = connection.scalar(select(func.count()).where(submissions.c.rerouted_from.is_not(None)))
        known = connection.execute(select(circuits.c.instance, circuits.c.environment)).all()
        return Gauges(
            _picked_up(connection),
            rerouted or 0,
            _reports(connection),
            codes,
            oldest,
            _drops(connection),
            delivery,
            _acceptance(connection, since, until),
            {(instance, environment): (instance, environment) in open_ for instance, environment in known},
            Counter((one.trouble.kind.value, one.trouble.force) for one in standing),
            held,
            last,
            balanced,
        )


def _picked_up(connection: Connection) -> dict[tuple[str, str], int]:
    s = submissions.c
    rows = connection.execute(select(s.force, s.service, func.count()).group_by(s.force, s.service))
    return {(force, service): n for force, service, n in rows}


def _reports(connection: Connection) -> dict[tuple[str, str, str], int]:
    r = reports.c
    query = select(r.force, r.service, r.state, func.count()).where(r.purpose == Purpose.PRIMARY).group_by(r.force, r.service, r.state)
    return {(force, service, state): n for force, service, state, n in connection.execute(query)}


def _open(connection: Connection) -> tuple[dict[tuple[str, str, str], int], dict[tuple[str, str], datetime]]:
    """What has not come to an end: how many by code, where they have one, and since when the oldest stands."""
    r = reports.c
    query = select(r.force, r.state, r.code, func.count(), func.min(r.since)).where(r.state.in_(OPEN), r.purpose == Purpose.PRIMARY)
    codes: dict[tuple[str, str, str], int] = {}
    oldest: dict[tuple[str, str], datetime] = {}
    for force, state, code, n, since in connection.execute(query.group_by(r.force, r.state, r.code)):
        if code:
            codes[force, state, code] = n
        oldest[force, state] = min(since, oldest.get((force, state), since))
    return codes, oldest


def _drops(connection: Connection) -> dict[str, int]:
    query = select(drops.c.force, func.count()).where(drops.c.state == DropState.SEALED).group_by(drops.c.force)
    return Counter({force: n for force, n in connection.execute(query)})  # noqa: C416 - a result has keys, and is taken for a mapping


def _acceptance(connection: Connection, since: date, until: date) -> dict[str, Times]:
    """From submission to when the force's acceptance was heard; from the picking up where nothing says when it was submitted."""
    r, s, a = reports.c, submissions.c, acknowledgements.c
    query = (
        select(r.force, s.submitted_at, s.picked_up_at, func.min(a.received_at))
        .join(submissions, s.id == r.submission_id)
        .join(acknowledgements, a.report_id == r.id)
        .where(r.purpose == Purpose.PRIMARY, r.state == State.ACCEPTED, a.accepted, r.day.between(since, until))
        .group_by(r.id, r.force, s.submitted_at, s.picked_up_at)
    )
    seconds: dict[str, list[float]] = {}
    for force, submitted, came, heard in connection.execute(query):
        seconds.setdefault(force, []).append(max(0.0, (heard - (submitted or came)).total_seconds()))
    return {force: times for force, some in seconds.items() if (times := Times.of(some))}


def _last_pass(connection: Connection) -> tuple[datetime | None, bool | None]:
    p = passes.c
    last = connection.scalar(select(p.ended_at).where(p.ended_at.is_not(None)).order_by(p.id.desc()).limit(1))
    balanced = connection.scalar(select(p.balanced).where(p.balanced.is_not(None)).order_by(p.id.desc()).limit(1))
    return last, balanced
