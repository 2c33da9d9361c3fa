"""Which reports an operator means: by id, reference or number, or by force, code and age; and what each of them stands in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from hub.ledger.engine import now
from hub.ledger.leases import lapsed
from hub.ledger.ledger import Ledger
from hub.ledger.queue import slices
from hub.ledger.tables import drops, members, owners, reports, submissions
from hub.words import Lane, Purpose, State


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an operator asks for. `names` are submission ids, references or numbers of arrivals (`#17`); `oldest` is how many at most.

    `route` narrows it to one route: a copy's, say.
    """

    names: tuple[str, ...] = ()
    force: str | None = None
    code: str | None = None
    route: str | None = None
    since: date | None = None  # the day of the first pick-up, in Europe/London
    until: date | None = None  # the last such day
    oldest: int | None = None
    drop: str | None = None  # the key of a drop that they are, or were, in


@dataclass(frozen=True, slots=True)
class Chosen:
    """A report that was asked for, as it stood when it was looked up."""

    report_id: int
    submission: int  # the number of its arrival
    submission_id: str | None
    reference: str | None
    force: str
    service: str
    lane: Lane
    purpose: Purpose
    route: str | None
    state: State
    code: str | None
    where: str | None
    since: datetime
    submitted_at: datetime | None
    owner: str | None

    @property
    def name(self) -> str:
        """What people call it: the person's reference, its id, or the number of its arrival."""
        return self.reference or self.submission_id or f"#{self.submission}"


def choose(ledger: Ledger, wanted: Wanted, states: Collection[State], purposes: Collection[Purpose] = tuple(Purpose)) -> list[Chosen]:
    """The reports that are meant, oldest first. What is named is found wherever it stands, duplicates apart; others in `states`."""
    r, s = reports.c, submissions.c
    columns = (r.id, r.submission_id, s.submission_id, s.reference, r.force, r.service, r.lane, r.purpose, r.route, r.state)
    rest = (r.code, r.where, r.since, s.submitted_at, owners.c.owner)
    query = select(*columns, *rest).join(submissions, s.id == r.submission_id).outerjoin(owners, owners.c.report_id == r.id)
    query = query.where(*_conditions(wanted), r.purpose.in_(sorted(purposes)))
    query = query.where(r.state != State.DUPLICATE) if wanted.names else query.where(r.state.in_(sorted(states)))
    with ledger.read() as connection:
        return [_chosen(row) for row in connection.execute(query.order_by(r.since, r.id).limit(wanted.oldest))]


def _chosen(row: Any) -> Chosen:
    number, submission, submission_id, reference, force, service, lane, purpose, route, state, *rest = row
    return Chosen(number, submission, submission_id, reference, force, service, Lane(lane), Purpose(purpose), route, State(state), *rest)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    r = reports.c
    found = [_named(wanted.names)] if wanted.names else []
    found += [column == value for column, value in ((r.force, wanted.force), (r.code, wanted.code), (r.route, wanted.route)) if value]
    found += [r.day >= wanted.since] if wanted.since else []
    found += [r.day <= wanted.until] if wanted.until else []
    if wanted.drop:
        mine = select(members.c.report_id).join(drops, drops.c.id == members.c.drop_id).where(drops.c.key == wanted.drop)
        found.append(r.id.in_(mine))
    return found


def _named(names: Sequence[str]) -> ColumnElement[bool]:
    s = submissions.c
    numbers = [int(name[1:]) for name in names if name[:1] == "#" and name[1:].isascii() and name[1:].isdigit() and len(name) < 19]
    return or_(s.id.in_(numbers), s.submission_id.in_(names), s.reference.in_(names))


@dataclass(frozen=True, slots=True)
class Locked:
    """A report that nobody else can change until this transaction ends.

    `drop` is the key of the drop in which it is on its way; `claimed` where a worker is preparing it just now.
    """

    report_id: int
    submission: int
    name: str
    submission_id: str | None
    is_first: bool  # it has the submission id for itself
    rerouted_from: int | None
    force: str
    service: str
    day: date
    lane: Lane
    purpose: Purpose
    route: str | None
    state: State
    code: str | None
    drop_id: int | None
    drop: str | None
    claimed: bool


def lock(connection: Connection, ids: Sequence[int]) -> list[Locked]:
    """These reports as they stand now, locked in the order in which everybody locks."""
    r, s = reports.c, submissions.c
    at = now(connection)
    columns = (r.id, r.submission_id, s.reference, s.submission_id, s.identity, s.rerouted_from, r.force, r.service, r.day, r.lane)
    rest = (r.purpose, r.route, r.state, r.code, r.drop_id, lapsed(r.lease_until, at))
    query = select(*columns, *rest).join(submissions, s.id == r.submission_id).order_by(r.id)
    found: list[Locked] = []
    for some in slices(sorted(ids)):
        rows = connection.execute(query.where(r.id.in_(some)).with_for_update(of=reports, key_share=True)).all()
        on_their_way = _on_their_way(connection, some)
        found += [_locked(row, on_their_way.get(row[0])) for row in rows]
    return found


def _locked(row: Any, drop: str | None) -> Locked:
    (
        number,
        submission,
        reference,
        submission_id,
        identity,
        origin,
        force,
        service,
        day,
        lane,
        purpose,
        route,
        state,
        code,
        drop_id,
        free,
    ) = row
    name = reference or submission_id or f"#{submission}"
    standing = State(state)
    who = (number, submission, name, submission_id, identity is not None, origin, force, service, day, Lane(lane), Purpose(purpose), route)
    return Locked(*who, standing, code, drop_id, drop, claimed=standing == State.WAITING and not free)


def _on_their_way(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """The drop that each of these is in, while it is not known how it ended there."""
    m = members.c
    query = select(m.report_id, drops.c.key).join(drops, drops.c.id == m.drop_id).where(m.report_id.in_(ids), m.outcome.is_(None))
    return dict(connection.execute(query).all())
