"""Sealing: a drop's members, number, key, bytes and digests are in the ledger before its first attempt."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, insert, or_, select, update

from hub.contracts import DropHeader
from hub.forces.registry import Route
from hub.ledger.arrivals import add_signals
from hub.ledger.cells import CELL, Cell, kept_in, of_payload
from hub.ledger.changes import Author, Move, change
from hub.ledger.dispatching import take_slot
from hub.ledger.engine import insert_unless_there
from hub.ledger.errors import Overtaken
from hub.ledger.ledger import Ledger
from hub.ledger.rows import Rows, inserting, reserve
from hub.ledger.store import Stored
from hub.ledger.tables import contents, drops, lanes, members, payloads
from hub.mapping.record import Signal
from hub.words import DropState, Lane, PayloadKind, PayloadState, State


@dataclass(frozen=True, slots=True)
class Sealing:
    """A payload that is about to be sealed. `reports` are the ids of those it carries alone; empty where all share the drop's.

    An attachment's is the one report that it came with.
    """

    key: str
    name: str
    kind: PayloadKind
    media_type: str
    stored: Stored
    reports: tuple[int, ...] = ()
    submission_id: str | None = None  # of the submission that an attachment came with


@dataclass(frozen=True, slots=True)
class Member:
    """A report in a drop, with what was not carried over exactly."""

    report_id: int
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A drop that is about to be sealed: what it says of itself, everything that leaves with it, and the reports in it."""

    header: DropHeader
    pieces: Sequence[Sealing]
    members: Sequence[Member]


_MEMBERS = inserting(members, "report_id", "payload_id", share=("drop_id",))
_PAYLOAD = ("id", "drop_id", "position", "key", "name", "kind", "report_id", "media_type", "size", "digest", "state")
_PAYLOADS = inserting(payloads, *_PAYLOAD)
_CONTENTS = inserting(contents, "payload_id", *CELL)


def next_sequence(ledger: Ledger, force: str, route: str, lane: Lane) -> int:
    """The number that the next drop of this lane will have, if no other worker seals one first."""
    with ledger.read() as connection:
        return connection.execute(_NEXT, {"b_force": force, "b_route": route, "b_lane": lane}).scalar() or 1


def seal(ledger: Ledger, route: Route, filled: Sequence[Filled]) -> list[int]:
    """Write drops of one lane for good, all or none; their reports are sealed with them. Returns their ids.

    Raises Overtaken where another worker took one of their numbers, or one of these reports, first: nothing was written.
    """
    cells = [_cells(drop.pieces) for drop in filled]
    with ledger.write() as connection:
        return [_seal(connection, route, drop, each) for drop, each in zip(filled, cells, strict=True)]


def _seal(connection: Connection, route: Route, drop: Filled, cells: Sequence[Cell]) -> int:
    header, sealed = drop.header, drop.members
    _take_number(connection, header)
    drop_id = _insert_drop(connection, header, route, drop.pieces, len(sealed))
    by_report = _insert_payloads(connection, drop_id, drop.pieces, cells)
    moves = [Move(m.report_id, State.WAITING, State.SEALED, route=header.route, drop_id=drop_id) for m in sealed]
    change(connection, header.force, Author("seal", header.sealed_at), moves, drop_id=drop_id)
    _MEMBERS.write(connection, [(m.report_id, by_report.get(m.report_id)) for m in sealed], drop_id)
    _announce(connection, header, drop_id)
    add_signals(connection, [(m.report_id, m.signals) for m in sealed])
    return drop_id


def seal_empty(ledger: Ledger, header: DropHeader, route: Route, pieces: Sequence[Sealing], since: datetime) -> int | None:
    """Write a drop without reports for the slot that has come since the route was last served: it is served with it, once.

    Returns the drop's id; None where another worker served the slot. Raises Overtaken where one took this number.
    """
    cells = _cells(pieces)
    with ledger.write() as connection:
        if not take_slot(connection, (route.force, route.name), since, header.sealed_at):
            return None
        _take_number(connection, header)
        drop_id = _insert_drop(connection, header, route, pieces, 0)
        _insert_payloads(connection, drop_id, pieces, cells)
        _announce(connection, header, drop_id)
    return drop_id


_LANE = (lanes.c.force == bindparam("b_force"), lanes.c.route == bindparam("b_route"), lanes.c.lane == bindparam("b_lane"))
_NEXT = select(lanes.c.next_sequence).where(*_LANE)
_TAKE = Rows(
    update(lanes).where(*_LANE, lanes.c.next_sequence == bindparam("b_number")).values(next_sequence=lanes.c.next_sequence + 1),
    ("b_force", "b_route", "b_lane", "b_number"),
)


def _take_number(connection: Connection, header: DropHeader) -> None:
    if header.sequence == 1:
        first = {"force": header.force, "route": header.route, "lane": header.lane, "next_sequence": 1, "fence": 0}
        connection.execute(insert_unless_there(connection, lanes).values(**first))
    if _TAKE.write(connection, [(header.force, header.route, header.lane.value, header.sequence)]) != 1:
        raise Overtaken(f"number {header.sequence} of {header.force} {header.route} {header.lane} was taken by another worker")


def _announce(connection: Connection, header: DropHeader, drop_id: int) -> None:
    """The voided numbers that this drop's manifest names are announced with it."""
    if not header.voided:
        return
    named = update(drops).where(*_unannounced(), drops.c.sequence.in_(header.voided)).values(announced_in=drop_id)
    connection.execute(named, {"b_force": header.force, "b_route": header.route, "b_lane": header.lane})


def _unannounced() -> tuple[ColumnElement[bool], ...]:
    """Void numbers of a lane that no drop has named, but one that was itself void: its manifest told nobody."""
    d, later = drops.c, drops.alias()
    mine = (d.force == bindparam("b_force"), d.route == bindparam("b_route"), d.lane == bindparam("b_lane"))
    sealed = d.sequence > 0  # below: no drop that was ever sealed
    in_vain = select(later.c.id).where(later.c.state == DropState.VOIDED)
    return (*mine, sealed, d.state == DropState.VOIDED, or_(d.announced_in.is_(None), d.announced_in.in_(in_vain)))


_VOIDED = select(drops.c.sequence).where(*_unannounced()).order_by(drops.c.sequence)


def voided(ledger: Ledger, route: Route, lane: Lane) -> tuple[int, ...]:
    """Numbers of this lane that were voided and that no manifest has named yet, leaving out those of drops that are void themselves."""
    with ledger.read() as connection:
        return tuple(connection.scalars(_VOIDED, {"b_force": route.force, "b_route": route.name, "b_lane": lane}))


def _insert_drop(connection: Connection, header: DropHeader, route: Route, pieces: Sequence[Sealing], count: int) -> int:
    whole = hashlib.sha256("".join(piece.stored.digest for piece in pieces).encode()).hexdigest()
    row = {
        "key": header.key,
        "force": header.force,
        "route": header.route,
        "lane": header.lane,
        "sequence": header.sequence,
        "state": DropState.SEALED,
        "instance": route.endpoint.instance,
        "environment": header.environment,
        "profile": route.profile,
        "reports": count,
        "bytes": sum(piece.stored.size for piece in pieces),
        "digest": whole,
        "sealed_at": header.sealed_at,
    }
    return int(connection.execute(_DROP, row).scalar_one())


_DROP = insert(drops).returning(drops.c.id)


def _cells(pieces: Sequence[Sealing]) -> list[Cell]:
    """Where these payloads keep their bytes: encrypted before anybody has to wait for us to write."""
    return [kept_in(piece.stored, of_payload(piece.key)) for piece in pieces]


def _insert_payloads(connection: Connection, drop_id: int, pieces: Sequence[Sealing], cells: Sequence[Cell]) -> dict[int, int]:
    """The payload that carries a report alone, by the report's id."""
    ids, attachment, sealed = reserve(connection, payloads, len(pieces)), PayloadKind.ATTACHMENT, PayloadState.SEALED.value
    rows = (
        (
            number,
            drop_id,
            position,
            piece.key,
            piece.name,
            piece.kind.value,
            piece.reports[0] if piece.kind == attachment else None,
            piece.media_type,
            piece.stored.size,
            piece.stored.digest,
            sealed,
        )
        for number, (position, piece) in zip(ids, enumerate(pieces), strict=True)
    )
    _PAYLOADS.write(connection, rows)
    _CONTENTS.write(connection, ((number, *cell) for number, cell in zip(ids, cells, strict=True)))
    return {
        report: number for number, piece in zip(ids, pieces, strict=True) if piece.kind == PayloadKind.RECORDS for report in piece.reports
    }


def key_of(series: str, force: str, route: str, lane: Lane, sequence: int) -> str:
    """A drop's key, unique for ever: `kent.records-system.routine.k7q2.000017`."""
    return f"{force}.{route}.{lane}.{series}.{sequence:06d}"


def header_for(ledger: Ledger, route: Route, lane: Lane, at: datetime) -> DropHeader:
    """What the next drop of this lane says of itself."""
    sequence = next_sequence(ledger, route.force, route.name, lane)
    key = key_of(ledger.series, route.force, route.name, lane, sequence)
    environment, gone = route.endpoint.environment, voided(ledger, route, lane)
    return DropHeader(route.force, route.force_code, route.name, lane, ledger.series, sequence, key, at, environment, gone)


def following(header: DropHeader) -> DropHeader:
    """What the drop after it says of itself, where both are sealed together: the first of them names the voided ones."""
    number = header.sequence + 1
    return replace(header, sequence=number, key=key_of(header.series, header.force, header.route, header.lane, number), voided=())
