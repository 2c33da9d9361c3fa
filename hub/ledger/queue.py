"""The reports that wait: which are held no longer, and which a worker takes on, urgent first, under a lease."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, not_, or_, select, tuple_, update

from hub.clock import day_of
from hub.ledger.arrivals import Kept
from hub.ledger.boxes import Altered
from hub.ledger.cells import Erased, of_attachment, of_body, opened_cell, vouched
from hub.ledger.changes import Author, Move, change
from hub.ledger.checked import Tally, add
from hub.ledger.engine import now
from hub.ledger.leases import lapsed
from hub.ledger.ledger import Ledger
from hub.ledger.rows import Rows, among
from hub.ledger.tables import attachments, bodies, reports, submissions
from hub.words import Lane, Purpose, State

_AT_ONCE = 500  # ids in one statement


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """Held reports that the same gates keep, in drops or not. `route` is a copy's, or the one a primary report was sealed for last."""

    force: str
    service: str
    lane: Lane
    purpose: Purpose
    route: str | None
    code: str
    sealed: bool
    reports: int


@dataclass(frozen=True, slots=True)
class NotYet:
    """Whose reports of a lane go on waiting for their slot: the forces' on their primary routes, and the copies on these routes."""

    forces: Collection[str] = ()
    copies: Collection[tuple[str, str]] = ()  # force and route


class Claimed(NamedTuple):
    """A report that this worker has taken on, with the files of its submission."""

    report_id: int
    submission: int  # the row
    submission_id: str
    force: str
    service: str
    lane: Lane
    purpose: Purpose
    route: str | None  # None: not chosen yet
    attachments: tuple[Kept, ...] = ()


class Opened(NamedTuple):
    """A report with the bytes of its submission as last amended."""

    claimed: Claimed
    body: bytes | None  # None: they cannot be had, as `fault` says
    fault: str | None = None  # a code of `hub.causes`: its bytes, or those of a file of it, are gone or others
    clean_by: str | None = None  # the edition of the reader that found nothing amiss in these very bytes


def held(ledger: Ledger) -> list[HeldGroup]:
    """What is held, and why."""
    r = reports.c
    columns = (r.force, r.service, r.lane, r.purpose, r.route, r.code, r.drop_id.is_not(None))
    query = select(*columns, func.count()).where(r.state == State.HELD).group_by(*columns).order_by(*columns)
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return [HeldGroup(row[0], row[1], Lane(row[2]), Purpose(row[3]), row[4], row[5] or "", bool(row[6]), row[7]) for row in rows]


def waiting_by_force(ledger: Ledger) -> Counter[str]:
    """How many reports of each force wait."""
    query = select(reports.c.force, func.count()).where(reports.c.state == State.WAITING).group_by(reports.c.force)
    with ledger.read() as connection:
        return Counter(dict(connection.execute(query).all()))


def let_go(ledger: Ledger, group: HeldGroup, at: datetime) -> int:
    """Reports of this group go on, their date or switch has come: sealed ones in their drops, the others wait. Returns how many."""
    r = reports.c
    same = (r.force == group.force, r.service == group.service, r.lane == group.lane, r.purpose == group.purpose, r.code == group.code)
    query = select(r.id, r.drop_id).where(
        r.state == State.HELD, *same, r.route.is_not_distinct_from(group.route), r.drop_id.is_not(None) == group.sealed
    )
    free = query.order_by(r.id).with_for_update(key_share=True, skip_locked=True)  # another worker may be letting them go
    with ledger.write() as connection:
        rows = connection.execute(free).all()
        moves = [Move(report, State.HELD, State.WAITING if drop is None else State.SEALED) for report, drop in rows]
        if moves:
            change(connection, group.force, Author("let go", at), moves)
    return len(moves)


def claim(ledger: Ledger, limit: int, forces: Collection[str] | None = None, not_yet: Mapping[Lane, NotYet] | None = None) -> list[int]:
    """Take on up to `limit` waiting reports for this worker: urgent ones in the order of their arrival, else force by force.

    Returns their ids: a batch may be large, and its bytes are `opened` a few at a time.

    Urgent ones are taken on by themselves, so that they do not wait until routine ones beside them are done.
    Only those of `forces`, where they are given; `not_yet` says by lane whose reports go on waiting.
    A dead worker's reports are taken over when its lease has run out.
    """
    with ledger.write() as connection:
        at = now(connection)
        chosen: list[int] = []
        for lane in (Lane.URGENT, Lane.ROUTINE):
            chosen = chosen or list(connection.scalars(_waiting(at, lane, limit, forces, (not_yet or {}).get(lane))))
        until = at + timedelta(seconds=ledger.lease_seconds)
        _CLAIM.write(connection, [(report,) for report in sorted(chosen)], ledger.worker, until)
    return chosen


def opened(ledger: Ledger, ids: Sequence[int]) -> list[Opened]:
    """These reports, in this order, wherever they stand."""
    with ledger.read() as connection:
        return _load(connection, ledger, ids)


def give_back(ledger: Ledger, claimed: Sequence[int]) -> None:
    """Reports that this worker took on and did not get to: free for the next."""
    free = update(reports).values(worker=None, lease_until=None).where(reports.c.worker == ledger.worker)
    with ledger.write() as connection:
        for some in slices(claimed):
            connection.execute(free.where(reports.c.id.in_(some)))


def still_claimed(ledger: Ledger, claimed: Sequence[int]) -> set[int]:
    """Of these reports, those that still wait for this worker: others were taken over after its lease had run out."""
    found: set[int] = set()
    with ledger.read() as connection:
        for some in slices(claimed):
            mine = (reports.c.id.in_(some), reports.c.state == State.WAITING, reports.c.worker == ledger.worker)
            found.update(connection.scalars(select(reports.c.id).where(*mine)))
    return found


def _waiting(at: datetime, lane: Lane, limit: int, forces: Collection[str] | None, not_yet: NotYet | None) -> Select[int]:
    """Force by force, so that a drop is filled before the next is begun; the index has them in this order."""
    r = reports.c
    query = select(r.id).where(r.state == State.WAITING, r.lane == lane, lapsed(r.lease_until, at))
    if forces is not None:
        query = query.where(r.force.in_(sorted(forces)))
    if not_yet is not None:
        query = query.where(not_(_is_of(not_yet)))
    order = (r.id,) if lane is Lane.URGENT else (r.force, r.id)
    return query.order_by(*order).limit(limit).with_for_update(key_share=True, skip_locked=True)


def _is_of(some: NotYet) -> ColumnElement[bool]:
    r = reports.c
    mine = and_(r.purpose != Purpose.COPY, r.force.in_(sorted(some.forces)))
    return or_(mine, and_(r.purpose == Purpose.COPY, tuple_(r.force, r.route).in_(sorted(some.copies)))) if some.copies else mine


_CLAIM = Rows(
    update(reports).where(reports.c.id == bindparam("b_id")).values(worker=bindparam("b_worker"), lease_until=bindparam("b_until")),
    ("b_id",),
    ("b_worker", "b_until"),
)


def _load(connection: Connection, ledger: Ledger, chosen: Sequence[int]) -> list[Opened]:
    found: dict[int, Opened] = {}
    for some in slices(chosen):
        files = _attachments(connection, ledger, some)
        rows = connection.execute(_claimed(connection.dialect.name), {"b_ids": some}).all()
        for row in sorted(rows, key=_VERSION):  # of several the last counts
            number, submission, name, force, service, lane, purpose, route = row[:8]
            with_it, spoilt = files.get(submission, ((), None))
            body, fault = _bytes(ledger, row, submission)
            about = _LANE[lane], _PURPOSE[purpose], route, tuple(with_it)
            claimed = Claimed(number, submission, name, force, service, *about)
            found[number] = Opened(claimed, None if spoilt else body, fault or spoilt, vouched(row))
    return [found[number] for number in chosen]


_LANE, _PURPOSE = {lane.value: lane for lane in Lane}, {purpose.value: purpose for purpose in Purpose}
_VERSION = itemgetter(8)


@cache
def _claimed(dialect: str) -> Select[*tuple[Any, ...]]:
    r, s, b = reports.c, submissions.c, bodies.c
    about = (r.id, r.submission_id, s.submission_id, r.force, r.service, r.lane, r.purpose, r.route)
    source = reports.join(submissions, s.id == r.submission_id).join(bodies, b.submission_id == s.id)
    return select(*about, b.version, b.body, b.uri, b.data_key, b.clean_by).select_from(source).where(among(dialect, r.id, "b_ids"))


def _bytes(ledger: Ledger, row: Any, submission: int) -> tuple[bytes | None, str | None]:
    """A submission's bytes, or what is wrong with them: that holds up this submission alone."""
    try:
        kept = opened_cell(ledger.vault, row, of_body(submission, row.version, vouched(row)))
        return ledger.store.read(kept.body, kept.uri, kept.secret), None
    except Erased:
        return None, "body-erased"
    except FileNotFoundError:
        return None, "body-missing"
    except Altered:
        return None, "body-damaged"


def _attachments(connection: Connection, ledger: Ledger, chosen: Sequence[int]) -> dict[int, tuple[list[Kept], str | None]]:
    """The files of each submission, and what is wrong with one of them."""
    found: dict[int, tuple[list[Kept], str | None]] = {}
    for row in connection.execute(_files(connection.dialect.name), {"b_ids": chosen}).all():
        files, fault = found.get(row.submission_id, ([], None))
        try:
            kept = opened_cell(ledger.vault, row, of_attachment(row.submission_id, row.number), row.size, row.digest)
            files.append(Kept(row.number, row.media_type, kept))
        except Erased:
            fault = "body-erased"
        except Altered:
            fault = "attachment-damaged"
        found[row.submission_id] = files, fault
    return found


@cache
def _files(dialect: str) -> Select[*tuple[Any, ...]]:
    a = attachments.c
    return (
        select(a.submission_id, a.number, a.media_type, a.size, a.digest, a.body, a.uri, a.data_key)
        .join(reports, reports.c.submission_id == a.submission_id)
        .where(among(dialect, reports.c.id, "b_ids"))
        .distinct()  # a report and its copy are of one submission
        .order_by(a.submission_id, a.number)
    )


_T = TypeVar("_T")


def slices(ids: Sequence[_T]) -> Iterable[Sequence[_T]]:
    """These ids, as many at a time as one statement takes."""
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def move(ledger: Ledger, author: Author, moves: Mapping[str, Sequence[Move]], tally: Tally | None = None) -> None:
    """Take reports to their next states, force by force, all in one transaction, and with it count what the checks found.

    Raises Overtaken.
    """
    with ledger.write() as connection:
        for force in sorted(moves):
            change(connection, force, author, moves[force])
        if tally:
            add(connection, day_of(author.at), tally)
