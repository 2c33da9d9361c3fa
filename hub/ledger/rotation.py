"""Rotation: master keys and data keys are exchanged while workers run. Killed at any moment and begun again, it goes on where it was.

Each batch is sealed anew outside a transaction and written in one, only over what is still as it was read. A worker may go on sealing with
a key for a while after it was retired: what it sealed is found by the next run, and the key stays as long as a row needs it.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, delete, func, literal, or_, select, tuple_, update

from hub.ledger.boxes import Altered
from hub.ledger.cells import Erased, cell, of_attachment, of_body, of_notice, of_payload, opened_cell, vouched
from hub.ledger.discarding import discard
from hub.ledger.ledger import Ledger
from hub.ledger.notices import OUTCOMES
from hub.ledger.store import INLINE, Stored
from hub.ledger.tables import HOLDERS, attachments, bodies, contents, data_keys, drops, is_plain, notices, payloads, submissions
from hub.ledger.vault import context_of, unwrap, wrap

_AT_ONCE = 200  # rows of up to 64 KiB in memory at a time
_SLOWEST = timedelta(hours=1)  # a worker that read which key is current seals with it no longer than this

_FORCES: Mapping[str, Select[Any]] = {
    "bodies": select(bodies, submissions.c.force).join(submissions, submissions.c.id == bodies.c.submission_id),
    "attachments": select(attachments, submissions.c.force).join(submissions, submissions.c.id == attachments.c.submission_id),
    "contents": select(contents, payloads.c.key, drops.c.force)
    .join(payloads, payloads.c.id == contents.c.payload_id)
    .join(drops, drops.c.id == payloads.c.drop_id),
    "notices": select(notices, literal(OUTCOMES).label("force")),
}
_PLACES: Mapping[str, Callable[[Any], str]] = {
    "bodies": lambda row: of_body(row.submission_id, row.version, vouched(row)),
    "attachments": lambda row: of_attachment(row.submission_id, row.number),
    "contents": lambda row: of_payload(row.key),
    "notices": lambda row: of_notice(row.key),
}


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """A data key, and how many rows are sealed with it."""

    force: str
    period: str
    generation: int
    master: str
    retired_at: datetime | None
    rows: int


@dataclass
class Rotated:
    """What a rotation did. `spoilt` names the rows that could not be opened, or whose bytes are gone: they were left as they are."""

    wrapped: int = 0  # data keys, anew with the newest master key
    begun: int = 0  # data keys that were retired, so that others were begun
    sealed: int = 0  # rows
    destroyed: int = 0  # data keys that no row needs any more
    left: int = 0  # rows that a worker sealed meanwhile with a key that is retired: the next run takes them
    spoilt: list[str] = field(default_factory=list)


def rotate(ledger: Ledger, *, data: bool = False, progress: Callable[[int], None] = lambda _rows: None) -> Rotated:
    """Wrap every data key with the newest master key, and encrypt what is not; with `data` begin new data keys and seal everything anew.

    Raises LedgerUnavailable where a master key cannot be used: what was done until then stays.
    """
    done = Rotated(wrapped=_wrap_anew(ledger))
    if data:
        done.begun = _retire(ledger)
    for table in HOLDERS:
        for sealed, spoilt in _batches(ledger, table):
            done.sealed += sealed
            done.spoilt += spoilt
            progress(sealed)
    done.destroyed = destroy_unused(ledger)
    ledger.database.clear_log()
    done.left = max(0, sum(_left(ledger, table) for table in HOLDERS) - len(done.spoilt))
    return done


def standing_keys(ledger: Ledger) -> tuple[list[KeyStanding], int]:
    """Every data key in order, and how many rows are not encrypted."""
    k = data_keys.c
    with ledger.read() as connection:
        counted: dict[int, int] = {}
        for table in HOLDERS:
            query = select(table.c.data_key, func.count()).where(table.c.data_key.is_not(None)).group_by(table.c.data_key)
            for key, count in connection.execute(query):
                counted[key] = counted.get(key, 0) + count
        plain = sum(connection.scalar(select(func.count()).select_from(table).where(is_plain(table))) or 0 for table in HOLDERS)
        found = connection.execute(select(data_keys).order_by(k.force, k.period, k.generation)).all()
    return [KeyStanding(r.force, r.period, r.generation, r.master, r.retired_at, counted.get(r.id, 0)) for r in found], plain


def destroy_unused(ledger: Ledger) -> int:
    """Delete the data keys that nothing is sealed with any more and nothing will be. Returns how many.

    What was sealed with one and copied elsewhere can be opened by nobody from then on, but from a back-up of its row.
    """
    k, now = data_keys.c, datetime.now(UTC)
    over = or_(k.retired_at < now - _SLOWEST, k.period < f"{now - timedelta(days=1):%Y-%m}")
    unused = (~select(1).where(table.c.data_key == k.id).exists() for table in HOLDERS)
    with ledger.write() as connection:
        ids = list(connection.scalars(select(k.id).where(over, *unused)))
        if ids:
            noise = {"wrapped": secrets.token_bytes(60)}  # the page that it lay on is written over before it is given back
            connection.execute(update(data_keys).where(k.id.in_(ids)).values(**noise))
            connection.execute(delete(data_keys).where(k.id.in_(ids)))
    return len(ids)


def _wrap_anew(ledger: Ledger) -> int:
    masters, count = ledger.vault.masters, 0
    newest = masters.newest
    if newest is None:
        return 0
    with ledger.read() as connection:
        rows = connection.execute(select(data_keys).where(data_keys.c.master != newest.name).order_by(data_keys.c.id)).all()
    for row in rows:
        context = context_of(row.force, row.period, row.generation)
        wrapped = wrap(newest, unwrap(masters.by_name[row.master], row.wrapped, context), context)
        with ledger.write() as connection:
            same = (data_keys.c.id == row.id, data_keys.c.master == row.master)
            count += connection.execute(update(data_keys).where(*same).values(master=newest.name, wrapped=wrapped)).rowcount
    return count


def _retire(ledger: Ledger) -> int:
    with ledger.write() as connection:
        retired = connection.execute(update(data_keys).where(data_keys.c.retired_at.is_(None)).values(retired_at=datetime.now(UTC)))
    ledger.vault.forget()
    return retired.rowcount


def _batches(ledger: Ledger, table: Table) -> Iterator[tuple[int, list[str]]]:
    """How many rows were sealed, and which could not be, batch by batch."""
    key, last = tuple_(*table.primary_key.columns), None
    while True:
        query = _FORCES[table.name].where(_due(table)).order_by(*table.primary_key.columns).limit(_AT_ONCE)
        with ledger.read() as connection:
            rows = connection.execute(query if last is None else query.where(key > tuple_(*map(literal, last)))).all()
        if not rows:
            return
        last = _name(table, rows[-1])
        yield _seal_anew(ledger, table, rows)


def _due(table: Table) -> Any:
    retired = select(data_keys.c.id).where(data_keys.c.retired_at.is_not(None))
    return or_(table.c.data_key.in_(retired), is_plain(table))


def _left(ledger: Ledger, table: Table) -> int:
    with ledger.read() as connection:
        return connection.scalar(select(func.count()).select_from(table).where(_due(table))) or 0


def _name(table: Table, row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, column.name) for column in table.primary_key.columns)


def _seal_anew(ledger: Ledger, table: Table, rows: Any) -> tuple[int, list[str]]:
    anew: list[tuple[Any, dict[str, Any]]] = []
    spoilt: list[str] = []
    for row in rows:
        place = _PLACES[table.name](row)
        try:
            anew.append((row, cell(_kept_anew(ledger, row, place), place)))
        except Erased:
            continue
        except (Altered, FileNotFoundError):
            spoilt.append(place)
    with ledger.write() as connection:
        ledger.database.overwrites(connection)  # what lay there in plain text, above all
        return _write(connection, table, anew), spoilt


def _kept_anew(ledger: Ledger, row: Any, place: str) -> Stored:
    """The same bytes under the force's key of now. An object that has a key of its own stays where it lies."""
    kept = opened_cell(ledger.vault, row, place)
    if kept.uri is None and len(kept.body or b"") <= INLINE:
        return replace(kept, key=ledger.vault.current(row.force))
    if kept.secret:
        return replace(kept, key=ledger.vault.current(row.force))
    with ledger.store.open(kept.body, kept.uri) as source:
        return ledger.store.stream(row.force, source)


def _write(connection: Connection, table: Table, anew: list[tuple[Any, dict[str, Any]]]) -> int:
    """Over those that are still as they were read; one that another transaction holds is left to the next run."""
    key = tuple_(*table.primary_key.columns)
    names = [_name(table, row) for row, _ in anew]
    mine = select(*table.primary_key.columns).where(key.in_(names)).order_by(*table.primary_key.columns)
    held = {tuple(found) for found in connection.execute(mine.with_for_update(skip_locked=True))} if names else set()
    count = 0
    for row, columns in anew:
        if _name(table, row) not in held:
            continue
        same = (key == tuple_(*map(literal, _name(table, row))), table.c.data_key.is_not_distinct_from(row.data_key))
        there = or_(table.c.body.is_not(None), table.c.uri.is_not(None))
        if connection.execute(update(table).where(*same, there).values(**columns)).rowcount:
            count += 1
            if row.uri and row.uri != columns["uri"]:
                discard(connection, [row.uri])
    return count
