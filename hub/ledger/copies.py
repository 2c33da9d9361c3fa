"""Copies: a report that goes by further routes beside its primary one has a row for each, and each goes its own way."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from hub.ledger.changes import Author, enter
from hub.ledger.engine import insert_unless_there
from hub.ledger.ledger import Ledger
from hub.ledger.queue import slices
from hub.ledger.tables import reports
from hub.words import Purpose, State


def copy(ledger: Ledger, wanted: Mapping[int, Collection[str]], at: datetime) -> int:
    """Let copies of these reports wait, each for its own route: by a primary report's id, the names of the routes.

    One that is there already, wherever it stands, stays as it is. Returns how many are new.
    """
    if not wanted:
        return 0
    with ledger.write() as connection:
        rows = [row for some in slices(sorted(wanted)) for row in _rows(connection, some, wanted, at)]
        new = insert_unless_there(connection, reports).returning(reports.c.id, reports.c.force)
        made = connection.execute(new, rows).all() if rows else ()
        by_force: dict[str, list[int]] = {}
        for report, force in made:
            by_force.setdefault(force, []).append(report)
        for force, some in sorted(by_force.items()):
            enter(connection, force, Author("copy", at), [(report, State.WAITING, None, None) for report in sorted(some)])
    return len(made)


def _rows(connection: Connection, some: Sequence[int], wanted: Mapping[int, Collection[str]], at: datetime) -> list[dict[str, object]]:
    r = reports.c
    query = select(r.id, r.submission_id, r.force, r.service, r.day, r.lane).where(r.id.in_(some), r.purpose == Purpose.PRIMARY)
    query = query.where(r.state == State.WAITING)  # an operator may have sent it another way meanwhile
    same = {"purpose": Purpose.COPY, "state": State.WAITING, "since": at}
    return [
        {"submission_id": submission, "force": force, "service": service, "day": day, "lane": lane, "route": route, **same}
        for report, submission, force, service, day, lane in connection.execute(query.order_by(r.id))
        for route in sorted(wanted[report])
    ]
