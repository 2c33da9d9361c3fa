"""Relearning: what a far end holds that a restored ledger did not know of comes into it, as the drops that brought it.

A drop that lies there whole is entered as delivered, under its own key and number; a number under which nothing lies whole is void.
Which of the ledger's reports were in it is settled when each is next taken on (`settle_found`), so that nothing is sealed twice.
What may be there and cannot be told is in doubt, in a drop of no number (`sequence` below 1): a person decides once.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from hub.forces.force import Route
from hub.ledger.changes import Author, Move, change
from hub.ledger.confirmations import heard_already
from hub.ledger.deliveries import Piece as Sealed
from hub.ledger.deliveries import pieces_of
from hub.ledger.drops import key_of
from hub.ledger.engine import insert_unless_there
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Result, settle
from hub.ledger.queue import Claimed, slices
from hub.ledger.restoring import BEFORE_RESTORE
from hub.ledger.tables import attempts, drops, found, lanes, members, of_ids, payloads, reports, restores, submissions
from hub.words import DropState, Lane, PayloadKind, PayloadState, Purpose, State


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of a drop that lies at a far end; an attachment with the submission that it came with."""

    name: str
    kind: PayloadKind
    size: int
    digest: str
    submission_id: str | None = None


@dataclass(frozen=True, slots=True)
class Lying:
    """A drop that lies at a far end. `certain` where `reports` are certainly those in it, else they may be."""

    key: str
    lane: Lane
    sequence: int  # 0: no drop is known, a force has spoken of these reports
    count: int
    pieces: tuple[Piece, ...]
    reports: frozenset[str]  # submission ids
    certain: bool


def enter(ledger: Ledger, route: Route, lying: Sequence[Lying], numbers: Mapping[Lane, int], at: datetime) -> None:
    """Write what lies there. Up to the highest of `numbers` in each lane, what is neither known nor `lying` is void. Again is harmless."""
    with ledger.write() as connection:
        for one in lying:
            _enter(connection, route, one, at)
        for lane, highest in numbers.items():
            _void_the_rest(connection, ledger, route, lane, highest, at)


def _enter(connection: Connection, route: Route, one: Lying, at: datetime) -> None:
    if connection.scalar(select(drops.c.id).where(drops.c.key == one.key)) is not None:
        return
    lane = (drops.c.force == route.force, drops.c.route == route.name, drops.c.lane == one.lane)
    taken = one.sequence < 1 or connection.scalar(select(drops.c.id).where(*lane, drops.c.sequence == one.sequence)) is not None
    sequence = _below_all(connection, route.force, route.name, one.lane) if taken else one.sequence
    drop = _drop(connection, route, one.key, one.lane, sequence, DropState.DELIVERED, one.count, at)
    ids = _ids(connection, route.force, [p.submission_id for p in one.pieces if p.submission_id])
    rows = [
        {
            "drop_id": drop,
            "position": position,
            "key": p.name,
            "name": p.name,
            "kind": p.kind,
            "report_id": ids.get(p.submission_id or ""),
            "media_type": "application/octet-stream",
            "size": p.size,
            "digest": p.digest,
            "state": PayloadState.DELIVERED,
            "receipt": "found",
            "delivered_at": at,
        }
        for position, p in enumerate(one.pieces)
    ]
    if rows:
        connection.execute(insert(payloads), rows)
    same = {"force": route.force, "route": route.name, "purpose": _kind(route.purpose), "drop_id": drop, "certain": one.certain}
    names = [same | {"submission_id": name} for name in sorted(one.reports)]
    if names:
        connection.execute(insert_unless_there(connection, found), names)


def _drop(connection: Connection, route: Route, key: str, lane: Lane, sequence: int, state: DropState, count: int, at: datetime) -> int:
    """A drop that the ledger did not know. Returns its id."""
    row = {
        "key": key,
        "force": route.force,
        "route": route.name,
        "lane": lane,
        "sequence": sequence,
        "state": state,
        "instance": route.endpoint.instance,
        "environment": route.endpoint.environment,
        "profile": route.profile,
        "reports": count,
        "bytes": 0,
        "digest": "",
        "sealed_at": at,
        "delivered_at": at if state == DropState.DELIVERED else None,
        "attempts": 1,
    }
    drop = int(connection.execute(insert(drops).values(**row).returning(drops.c.id)).scalar_one())
    connection.execute(insert(attempts).values(drop_id=drop, number=1, **_lost(at, "found")))
    return drop


def _void_the_rest(connection: Connection, ledger: Ledger, route: Route, lane: Lane, highest: int, at: datetime) -> None:
    """Numbers that were used and under which nothing lies whole are announced as void in the lane's next manifest."""
    mine = (lanes.c.force == route.force, lanes.c.route == route.name, lanes.c.lane == lane)
    first = {"force": route.force, "route": route.name, "lane": lane, "next_sequence": 1, "fence": 0}
    connection.execute(insert_unless_there(connection, lanes).values(**first))
    next_ = int(connection.execute(select(lanes.c.next_sequence).where(*mine)).scalar_one())
    of_lane = (drops.c.force == route.force, drops.c.route == route.name, drops.c.lane == lane)
    known = set(connection.scalars(select(drops.c.sequence).where(*of_lane, drops.c.sequence >= next_)))
    for sequence in sorted(set(range(next_, highest + 1)) - known):
        key = key_of(ledger.series, route.force, route.name, lane, sequence)
        _drop(connection, route, key, lane, sequence, DropState.VOIDED, 0, at)
    connection.execute(update(lanes).where(*mine, lanes.c.next_sequence <= highest).values(next_sequence=highest + 1))


def _below_all(connection: Connection, force: str, route: str, lane: Lane) -> int:
    """A number that is none: below those of all drops of the lane, and below 1."""
    lowest = select(func.min(drops.c.sequence)).where(drops.c.force == force, drops.c.route == route, drops.c.lane == lane)
    found_ = connection.scalar(lowest)
    return min(1 if found_ is None else found_, 1) - 1


def _ids(connection: Connection, force: str, names: Collection[str]) -> dict[str, int]:
    """The primary reports of these submissions at this force."""
    query = select(submissions.c.submission_id, reports.c.id).join(reports, reports.c.submission_id == submissions.c.id)
    mine = query.where(reports.c.force == force, reports.c.purpose == Purpose.PRIMARY, reports.c.state != State.DUPLICATE)
    return {name: i for some in slices(sorted(names)) for name, i in connection.execute(mine.where(of_ids(some)))}


def _kind(purpose: Purpose) -> Purpose:
    """What a primary or a fallback route carried, neither of them may carry again."""
    return Purpose.COPY if purpose is Purpose.COPY else Purpose.PRIMARY


def end_comparing(ledger: Ledger, route: Route, at: datetime, *, blind: bool) -> int:
    """This route was compared: it may send again, once all that go with it were. Returns how many reports are to be taken on for it.

    What the ledger had sealed and a later drop brought is in that one: the drop here is void. What it held, or had in quarantine,
    and is certainly there waits, until it is taken on.
    """
    r = restores.c
    with ledger.write() as connection:
        _void_what_left_otherwise(connection, route, at, blind=blind)
        moved = _wait(connection, route, at)
        mine = update(restores).where(r.force == route.force, r.route == route.name)
        connection.execute(mine.values(compared_at=at, blind=blind, purpose=_kind(route.purpose)))
    return moved


def give_up_comparing(ledger: Ledger, force: str, route: str, at: datetime) -> bool:
    """This route's far end will never be asked: whatever may be there is in doubt. Returns whether it was still to be compared."""
    r = restores.c
    mine = update(restores).where(r.force == force, r.route == route, r.compared_at.is_(None))
    with ledger.write() as connection:
        return connection.execute(mine.values(compared_at=at, blind=True)).rowcount == 1


def _void_what_left_otherwise(connection: Connection, route: Route, at: datetime, *, blind: bool) -> None:
    """Sealed drops with a report that lies there in another; and, where the far end is blind, those of which nothing is there."""
    d, m, p = drops.c, members.c, payloads.c
    sealed = select(d.id).where(d.force == route.force, d.route == route.name, d.state == DropState.SEALED)
    inside = select(m.drop_id).join(reports, reports.c.id == m.report_id).join(submissions, submissions.c.id == reports.c.submission_id)
    inside = inside.join(found, (found.c.submission_id == submissions.c.submission_id) & (found.c.force == reports.c.force))
    elsewhere = d.id.in_(inside.where(found.c.purpose == _kind(route.purpose)))
    arrived = select(p.id).where(p.drop_id == d.id, p.state == PayloadState.DELIVERED).exists()
    for drop in connection.scalars(sealed.where(or_(elsewhere, ~arrived) if blind else elsewhere)).all():
        _void(connection, route.force, drop, at)


def _void(connection: Connection, force: str, drop: int, at: datetime) -> None:
    query = select(reports.c.id, reports.c.state).where(reports.c.drop_id == drop, reports.c.state.in_((State.SEALED, State.HELD)))
    back = [Move(report, State(state), State.WAITING) for report, state in connection.execute(query.order_by(reports.c.id)).all()]
    connection.execute(update(drops).where(drops.c.id == drop).values(state=DropState.VOIDED, next_attempt_at=None))
    on_their_way = (members.c.drop_id == drop, members.c.outcome.is_(None))
    connection.execute(update(members).where(*on_their_way).values(outcome=PayloadState.VOIDED))
    still = update(payloads).where(payloads.c.drop_id == drop, payloads.c.state == PayloadState.SEALED)
    connection.execute(still.values(state=PayloadState.VOIDED))
    if back:
        change(connection, force, Author("compare", at), back, drop_id=drop)


def _wait(connection: Connection, route: Route, at: datetime) -> int:
    query = select(reports.c.id, reports.c.state).join(submissions, submissions.c.id == reports.c.submission_id)
    query = query.join(found, (found.c.submission_id == submissions.c.submission_id) & (found.c.force == reports.c.force))
    copies = reports.c.purpose == Purpose.COPY
    mine = (found.c.force == route.force, found.c.purpose == _kind(route.purpose), found.c.certain)
    same = (copies, reports.c.route == route.name, found.c.route == route.name) if route.purpose is Purpose.COPY else (~copies,)
    still = (reports.c.state.in_((State.HELD, State.QUARANTINED)), or_(reports.c.drop_id.is_(None), reports.c.state == State.QUARANTINED))
    rows = connection.execute(query.where(*mine, *same, *still).order_by(reports.c.id)).all()
    moves = [Move(report, State(state), State.WAITING) for report, state in rows]
    if moves:
        change(connection, route.force, Author("compare", at, reason="it lies at the far end"), moves)
    return len(moves)


def settle_found(
    ledger: Ledger, claimed: Sequence[Claimed], at: datetime, before: Callable[[Sequence[Claimed]], object] = lambda _: None
) -> set[int]:
    """Of these waiting reports, those that lie at a far end already are delivered, and those that may are in doubt. Returns their ids.

    `before` is told which are certainly there, while they still wait.
    """
    with ledger.read() as connection:
        there = _there(connection, claimed)
        unsure = _unsure(connection, [one for one in claimed if one.report_id not in there])
    if not (there or unsure):
        return set()
    before([one for one in claimed if one.report_id in there])
    with ledger.write() as connection:
        for drop, some in _by_drop(there).items():
            _deliver(connection, drop, [one for one in claimed if one.report_id in some], at)
        _doubt(connection, ledger, [one for one in claimed if one.report_id in unsure], unsure, at)
    return {*there, *unsure}


def _there(connection: Connection, claimed: Sequence[Claimed]) -> dict[int, tuple[int, str]]:
    """By report: the drop and the route that it certainly lies in."""
    lying: dict[tuple[str, str], list[Any]] = defaultdict(list)
    f = found.c
    query = select(f.force, f.submission_id, f.route, f.purpose, f.drop_id, f.certain)
    for some in slices(sorted({one.submission_id for one in claimed})):
        for row in connection.execute(query.where(f.submission_id.in_(some))):
            lying[row.force, row.submission_id].append(row)
    told: dict[int, tuple[int, str]] = {}
    for one in claimed:
        for row in lying[one.force, one.submission_id]:
            of_copy = one.purpose is Purpose.COPY
            if (row.purpose == Purpose.COPY) == of_copy and (not of_copy or row.route == one.route) and row.certain:
                told[one.report_id] = (row.drop_id, row.route)
    return told


def _unsure(connection: Connection, claimed: Sequence[Claimed]) -> dict[int, str]:
    """By report: the route that may have carried it. What a person has decided about once is not asked again."""
    s, r, m = submissions.c, restores.c, members.c
    blind = {(row.force, row.route, row.purpose): row.lost_at for row in connection.execute(select(restores).where(r.blind))}
    named = {(row.force, row.submission_id): row.route for row in connection.execute(select(found).where(~found.c.certain))}
    suspects = [one for one in claimed if (one.force, one.submission_id) in named or _blind_route(blind, one)]
    decided = select(m.report_id).join(drops, drops.c.id == m.drop_id).where(drops.c.sequence < 1)
    past: dict[int, datetime | None] = {}
    done: set[int] = set()
    for some in slices([one.report_id for one in suspects]):
        done.update(connection.scalars(decided.where(m.report_id.in_(some))))
    for some in slices([one.submission for one in suspects]):
        past.update(connection.execute(select(s.id, s.submitted_at).where(s.id.in_(some))).all())
    told: dict[int, str] = {}
    for one in suspects:
        route = _blind_route(blind, one)
        submitted = past.get(one.submission)
        if one.report_id in done:
            continue
        if (one.force, one.submission_id) in named:
            told[one.report_id] = named[one.force, one.submission_id]
        elif route and (submitted is None or submitted <= blind[route]):
            told[one.report_id] = route[1]
    return told


def _blind_route(blind: Mapping[tuple[str, str, str], datetime], one: Claimed) -> tuple[str, str, str] | None:
    of_copy = one.purpose is Purpose.COPY
    mine = (key for key in sorted(blind) if key[0] == one.force and (key[2] == Purpose.COPY) == of_copy)
    return next((key for key in mine if not of_copy or key[1] == one.route), None)


def _by_drop(there: Mapping[int, tuple[int, str]]) -> dict[tuple[int, str], set[int]]:
    by_drop: dict[tuple[int, str], set[int]] = defaultdict(set)
    for report, (drop, route) in there.items():
        by_drop[drop, route].add(report)
    return dict(sorted(by_drop.items()))


def _deliver(connection: Connection, place: tuple[int, str], some: Sequence[Claimed], at: datetime) -> None:
    drop, route = place
    author = Author("compare", at, reason="it lies at the far end")
    _members(connection, drop, some, PayloadState.DELIVERED)
    change(connection, some[0].force, author, _moves(some, State.DELIVERED, route, drop), drop_id=drop)
    heard_already(connection, some[0].force, route, {one.submission_id: one.report_id for one in some}, at)


def _members(connection: Connection, drop: int, some: Sequence[Claimed], outcome: PayloadState) -> None:
    rows = [{"drop_id": drop, "report_id": one.report_id, "outcome": outcome} for one in some]
    connection.execute(insert_unless_there(connection, members), rows)


def _moves(some: Sequence[Claimed], end: State, route: str, drop: int) -> list[Move]:
    return [Move(one.report_id, State.WAITING, end, route=route, drop_id=drop) for one in some]


def _doubt(connection: Connection, ledger: Ledger, some: Iterable[Claimed], routes: Mapping[int, str], at: datetime) -> None:
    """One drop of no number for each lane of a route, with what may have left by it."""
    by_lane: dict[tuple[str, str, Lane], list[Claimed]] = defaultdict(list)
    for one in some:
        by_lane[one.force, routes[one.report_id], one.lane].append(one)
    for (force, route, lane), these in sorted(by_lane.items()):
        like = connection.execute(select(drops).where(drops.c.force == force, drops.c.route == route).limit(1)).one_or_none()
        sequence = _below_all(connection, force, route, lane)
        row = {
            "key": f"{force}.{route}.{lane}.{ledger.series}.perhaps{-sequence}",
            "force": force,
            "route": route,
            "lane": lane,
            "sequence": sequence,
            "state": DropState.IN_DOUBT,
            "instance": like.instance if like else "",
            "environment": like.environment if like else "",
            "profile": like.profile if like else "",
            "reports": len(these),
            "bytes": 0,
            "digest": "",
            "sealed_at": at,
            "attempts": 1,
        }
        drop = int(connection.execute(insert(drops).values(**row).returning(drops.c.id)).scalar_one())
        connection.execute(insert(attempts).values(drop_id=drop, number=1, **_lost(at, "uncertain")))
        _members(connection, drop, these, PayloadState.IN_DOUBT)
        author = Author("compare", at, reason="the far end cannot tell whether it has it")
        change(connection, force, author, _moves(these, State.IN_DOUBT, route, drop), drop_id=drop)


def sealed_pieces(ledger: Ledger, route: Route) -> list[tuple[int, Sealed]]:
    """Every payload that this route has still to send, with its drop."""
    d = drops.c
    query = select(d.id).where(d.force == route.force, d.route == route.name, d.state == DropState.SEALED).order_by(d.id)
    with ledger.read() as connection:
        some = list(connection.scalars(query))
    return [(drop, piece) for drop in some for piece in pieces_of(ledger, drop)]


def record_findings(ledger: Ledger, force: str, by_drop: Mapping[int, Sequence[Result]], absent: Sequence[int], at: datetime) -> None:
    """What a look-up said of sealed payloads: delivered, in doubt, or certainly never sent."""
    with ledger.write() as connection:
        for drop, results in sorted(by_drop.items()):
            _count_attempt(connection, drop, at)
            settle(connection, force, drop, results, Author("compare", at))
        for some in slices(absent):
            connection.execute(update(payloads).where(payloads.c.id.in_(some), payloads.c.attempt == BEFORE_RESTORE).values(attempt=None))


def _count_attempt(connection: Connection, drop: int, at: datetime) -> None:
    """Somebody sent it: the ledger that was lost."""
    d = drops.c
    number = connection.execute(update(drops).where(d.id == drop).values(attempts=d.attempts + 1).returning(d.attempts)).scalar_one()
    connection.execute(insert(attempts).values(drop_id=drop, number=number, **_lost(at, "found")))


def _lost(at: datetime, outcome: str) -> dict[str, object]:
    return {"worker": "a ledger that was lost", "began_at": at, "ended_at": at, "outcome": outcome}


def never_sent(ledger: Ledger, route: Route, names: Collection[str]) -> set[str]:
    """Of these submissions, those that this ledger has not delivered to this force, or does not have at all."""
    there = (State.DELIVERED, State.ACCEPTED)
    m, r, s = members.c, reports.c, submissions.c
    query = select(s.submission_id).join(reports, r.submission_id == s.id).outerjoin(members, m.report_id == r.id)
    sent = query.where(r.force == route.force, or_(r.state.in_(there), m.outcome == PayloadState.DELIVERED))
    found_: set[str] = set()
    with ledger.read() as connection:
        for some in slices(sorted(names)):
            found_.update(connection.scalars(sent.where(of_ids(some))))
    return set(names) - found_
