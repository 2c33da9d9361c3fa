"""Restoring: a ledger that was put back from a back-up begins a new series, and remembers that its far ends know more than it does.

What was sealed when the back-up was made may have been sent since: each such payload counts as tried, and is looked up before it
leaves. What waited may have been sealed and sent since, in drops that this ledger does not know: no route sends anything before it
was compared with its far end (`hub/steps/comparing.py`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from hub.ledger.changes import Author, Move, change
from hub.ledger.engine import insert_unless_there
from hub.ledger.ledger import Ledger
from hub.ledger.series import UNFINISHED, new_series
from hub.ledger.tables import circuits, cursors, drops, found, lanes, ledger, of_id, payloads, reports, restores, submissions
from hub.schedule import RouteName
from hub.words import DropState, PayloadState, Purpose, State

COMPARE_FIRST = "compare-first"  # what is held until a restored route was compared
BEFORE_RESTORE = 0  # the attempt of a payload that may have been sent after the back-up was made: no attempt has this number
EVERY = "*"  # the route of a force whose file could not be read when the ledger was restored


@dataclass(frozen=True, slots=True)
class Restored:
    """A route of a ledger that was restored. `blind` where its far end could not tell everything that it holds."""

    force: str
    route: str
    purpose: Purpose
    restored_at: datetime
    lost_at: datetime
    compared_at: datetime | None
    blind: bool


def begin_restored(restored: Ledger, routes: Mapping[RouteName, Purpose], lost_at: datetime, at: datetime) -> str:
    """Begin a new series; no route sends anything before it was compared, those of `routes` and those that ever had a drop.

    Returns the series. All in one transaction: before it, the ledger cannot be opened; after it, nothing leaves by itself.
    """
    series = new_series()
    with restored.write(whole_tables=True) as connection:
        connection.execute(update(ledger).values(series=series, begun_at=at))
        connection.execute(delete(restores))
        known = dict.fromkeys(connection.execute(select(lanes.c.force, lanes.c.route).distinct()), Purpose.PRIMARY)
        same = {"restored_at": at, "lost_at": lost_at, "blind": False}
        rows = [{"force": f, "route": r, "purpose": purpose, **same} for (f, r), purpose in sorted((known | dict(routes)).items())]
        if rows:
            connection.execute(insert(restores), rows)
        _let_go_of_claims(connection)
        _hold_what_is_sealed(connection, at)
    restored.series = series
    return series


def _let_go_of_claims(connection: Connection) -> None:
    """Whoever held something did so in another life."""
    for table in (lanes, reports, circuits):
        connection.execute(update(table).where(table.c.worker.is_not(None)).values(worker=None, lease_until=None))
    connection.execute(delete(cursors).where(cursors.c.name == "dispatcher"))


def _hold_what_is_sealed(connection: Connection, at: datetime) -> None:
    sealed = select(drops.c.id).where(drops.c.state == DropState.SEALED)
    tried = update(payloads).where(payloads.c.drop_id.in_(sealed), payloads.c.state == PayloadState.SEALED, payloads.c.attempt.is_(None))
    connection.execute(tried.values(attempt=BEFORE_RESTORE))
    by_force: dict[str, list[Move]] = {}
    query = select(reports.c.force, reports.c.id).where(reports.c.state == State.SEALED).order_by(reports.c.id)
    for force, report in connection.execute(query).all():
        by_force.setdefault(force, []).append(Move(report, State.SEALED, State.HELD, code=COMPARE_FIRST))
    for force, moves in sorted(by_force.items()):
        change(connection, force, Author("restore", at), moves)


def mark_unfinished(connection: Connection) -> None:
    """From now on, and until `begin_restored`, nobody can open this ledger."""
    connection.execute(update(ledger).values(series=UNFINISHED))


def restored_routes(ledger: Ledger) -> list[Restored]:
    """Every route of a ledger that was restored; none where it never was."""
    columns = (restores.c.force, restores.c.route, restores.c.purpose, restores.c.restored_at, restores.c.lost_at)
    query = select(*columns, restores.c.compared_at, restores.c.blind).order_by(restores.c.force, restores.c.route)
    with ledger.read() as connection:
        return [Restored(row[0], row[1], Purpose(row[2]), *row[3:]) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Uncompared:
    """The routes that send nothing yet. A force's primary and fallback routes go together: what one may have carried the other must not."""

    forces: frozenset[str] = frozenset()
    copies: frozenset[RouteName] = frozenset()

    @classmethod
    def of(cls, ledger: Ledger) -> "Uncompared":
        return cls.among(restored_routes(ledger))

    @classmethod
    def among(cls, restored: Collection[Restored]) -> "Uncompared":
        open_ = [one for one in restored if one.compared_at is None]
        forces = frozenset(one.force for one in open_ if one.purpose is not Purpose.COPY)
        return cls(forces, frozenset((one.force, one.route) for one in open_ if one.purpose is Purpose.COPY or one.route == EVERY))

    def closes(self, force: str, route: str, purpose: Purpose) -> bool:
        """Whether this route has to be compared first, or one that it goes together with."""
        if purpose is Purpose.COPY:
            return (force, route) in self.copies or (force, EVERY) in self.copies
        return force in self.forces


def name_routes(ledger: Ledger, force: str, routes: Mapping[str, Purpose]) -> None:
    """The routes of a force whose file could not be read when the ledger was restored, now that it can."""
    r = restores.c
    with ledger.write() as connection:
        whole = connection.execute(select(r.restored_at, r.lost_at).where(r.force == force, r.route == EVERY)).one_or_none()
        if whole is None:
            return
        same = {"force": force, "restored_at": whole[0], "lost_at": whole[1], "blind": False}
        for route, purpose in sorted(routes.items()):
            connection.execute(insert_unless_there(connection, restores).values(route=route, purpose=purpose, **same))
        connection.execute(delete(restores).where(r.force == force, r.route == EVERY))


def missing(ledger: Ledger, forces: Collection[str] | None = None) -> list[tuple[str, str, str]]:
    """What far ends certainly hold and this ledger has no report of: force, route and submission id."""
    r, f = reports.c, found.c
    same = (of_id(lambda column: column == f.submission_id), r.force == f.force)
    there = select(r.id).join(submissions, submissions.c.id == r.submission_id).where(*same).exists()
    query = select(f.force, f.route, f.submission_id).where(~there, f.certain).order_by(f.force, f.route, f.submission_id)
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return [(force, route, name) for force, route, name in rows if forces is None or force in forces]
