"""Many rows at once: a statement is compiled once, its values are rendered column by column, and the driver gets them as they are.

SQLAlchemy's own way costs some 20 µs a row and statement, ten times what SQLite takes to write it; a report is in a dozen of them.
SQLite gets many rows in one statement. Its driver lets other threads go on between two statements, and where they have much to do it
gets its turn back only after milliseconds, for which everybody waits who has something to write.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, cast
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    LargeBinary,
    Select,
    String,
    Table,
    TypeDecorator,
    Update,
    any_,
    bindparam,
    column,
    func,
    insert,
    select,
    type_coerce,
    values,
)
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import TypeEngine

from hub.ledger.engine import unless_there

Render = Callable[[Any], Any]

_AT_ONCE = (256, 64, 16)  # rows of one statement: few sizes, which the driver then knows already


@dataclass(frozen=True, slots=True)
class _Many:
    """A statement for several rows at once, as SQLite takes it, by how many these are."""

    statements: tuple[tuple[int, str], ...]
    order: tuple[int, ...]  # of a row's values, and of those that all rows share, the ones that stand in its place
    before: tuple[int, ...] = ()  # of those that all rows share, the ones that stand in the head
    after: tuple[int, ...] = ()  # and in the tail

    @classmethod
    def of(cls, sql: str, order: tuple[int, ...], before: tuple[int, ...] = (), after: tuple[int, ...] = ()) -> "_Many":
        """Of the statement for one row."""
        place = f"({', '.join('?' * len(order))})"
        head, tail = sql.split(f"VALUES {place}")
        statements = tuple((size, f"{head}VALUES {', '.join([place] * size)}{tail}") for size in _AT_ONCE)
        return cls(statements, order, before, after)

    def write(self, connection: Connection, rows: list[tuple[Any, ...]], told: tuple[Any, ...]) -> tuple[int, list[tuple[Any, ...]]]:
        """Execute it for as many rows as fill whole blocks. Returns how many rows that changed, and the rows that are left."""
        changed = begin = 0
        before, after = (tuple(told[at] for at in those) for those in (self.before, self.after))
        for size, statement in self.statements:
            while len(rows) - begin >= size:
                places = self._placed(rows[begin : begin + size], told)
                parameters = (*before, *chain.from_iterable(places), *after)
                changed += connection.exec_driver_sql(statement, parameters).rowcount
                begin += size
        return changed, rows[begin:]

    def _placed(self, rows: list[tuple[Any, ...]], told: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        takes_shared = max(self.order) >= len(rows[0])
        return _in_order([row + told for row in rows] if takes_shared else rows, self.order)


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    names: tuple[str, ...]  # of the row's values, then of what the statement itself says
    order: tuple[int, ...] | None  # which of these stands where; None: the driver takes them by name
    renders: tuple[tuple[int, Render], ...]  # of those whose values are not the driver's own
    shared: tuple[Render, ...]  # one for each value that all rows share
    own: tuple[Any, ...]  # what the statement itself says, rendered
    many: _Many | None  # None: the database has a way of its own


@dataclass(frozen=True, eq=False)
class Rows:
    """A statement for many rows. `names` are its parameters, in the order of each row's values; then those that all rows `share`."""

    statement: Insert | Update
    names: tuple[str, ...]
    share: tuple[str, ...] = ()
    _compiled: "WeakKeyDictionary[Dialect, _Compiled]" = field(default_factory=WeakKeyDictionary)

    def write(self, connection: Connection, rows: Iterable[tuple[Any, ...]], *shared: Any) -> int:
        """Execute it for each of these rows. Returns how many rows of the database that changed."""
        given = list(rows)
        if not given:
            return 0
        compiled = self._compiled.get(connection.dialect) or self._compile(connection.dialect)
        rendered = _rendered(given, compiled.renders)
        told = tuple(render(value) for render, value in zip(compiled.shared, shared, strict=True)) + compiled.own
        changed, left = compiled.many.write(connection, rendered, told) if compiled.many else (0, rendered)
        return changed + _each(connection, compiled, left, told) if left else changed

    def _compile(self, dialect: Dialect) -> _Compiled:
        told = self.statement.compile(dialect=dialect, column_keys=[*self.names, *self.share] if self.statement.is_insert else None)
        given = (*self.names, *self.share)
        own = tuple(name for name in told.binds if name not in given)
        names = (*given, *own)
        renders = {name: render for name, bind in told.binds.items() if (render := _render(bind.type, dialect))}
        values = tuple(renders.get(name, _as_it_is)(told.binds[name].effective_value) for name in own)
        order = tuple(map(names.index, told.positiontup or ())) if told.positional else None
        of_rows = tuple((self.names.index(name), render) for name, render in renders.items() if name in self.names)
        shared = tuple(renders.get(name, _as_it_is) for name in self.share)
        many = self._for_many(dialect, str(told), order, names) if order and dialect.name == "sqlite" else None
        self._compiled[dialect] = compiled = _Compiled(str(told), names, order, of_rows, shared, values, many)
        return compiled

    def _for_many(self, dialect: Dialect, sql: str, order: tuple[int, ...], names: tuple[str, ...]) -> _Many:
        """An insert has each row's values and what it shares with the others in its place; an update is told the rows as a table."""
        if self.statement.is_insert:
            return _Many.of(sql, order)
        columns = {name: f"column{number}" for number, name in enumerate(self.names, 1)}  # as SQLite calls them
        rows = values(*map(column, columns.values())).data([tuple(map(bindparam, self.names))])
        given = select(rows).subquery("given")

        def put(part: Any, **_: Any) -> Any:
            return type_coerce(given.c[columns[part.key]], part.type) if isinstance(part, BindParameter) and part.key in columns else None

        changed = cast(Update, cast(Any, replacement_traverse)(self.statement, {}, put))
        told = changed.compile(dialect=dialect)
        placed = list(told.positiontup or ())
        shared = [names.index(name) - len(columns) for name in placed if name not in columns]
        before = placed.index(self.names[0])
        return _Many.of(str(told), tuple(range(len(columns))), tuple(shared[:before]), tuple(shared[before:]))


def _each(connection: Connection, compiled: _Compiled, rows: list[tuple[Any, ...]], told: tuple[Any, ...]) -> int:
    """Row by row. Returns how many rows of the database that changed."""
    parameters: Any = [row + told for row in rows] if told else rows
    if compiled.order is None:
        parameters = [dict(zip(compiled.names, row, strict=True)) for row in parameters]
    else:
        parameters = _in_order(parameters, compiled.order)
    return connection.exec_driver_sql(compiled.sql, parameters).rowcount


def _in_order(rows: list[tuple[Any, ...]], order: tuple[int, ...]) -> list[tuple[Any, ...]]:
    if order == tuple(range(len(rows[0]))):
        return rows
    placed = itemgetter(*order)
    return [placed(row) for row in rows]


def inserting(table: Table, *names: str, share: tuple[str, ...] = ()) -> Rows:
    """Rows of a table, by these columns, and those that they share."""
    return Rows(insert(table), names, share)


@dataclass(frozen=True, slots=True)
class UnlessThere:
    """Rows of a table; those whose key another worker has just written are left alone."""

    table: Table
    names: tuple[str, ...]
    share: tuple[str, ...] = ()

    def write(self, connection: Connection, rows: Iterable[tuple[Any, ...]], *shared: Any) -> int:
        """Insert these rows. Returns how many were not there."""
        return _unless_there(connection.dialect.name, self).write(connection, rows, *shared)


@cache
def _unless_there(dialect: str, wanted: UnlessThere) -> Rows:
    return Rows(unless_there(dialect, wanted.table), wanted.names, wanted.share)


def reserve(connection: Connection, table: Table, count: int) -> Sequence[int]:
    """So many ids that no other row of the table has or will have, rising: what is written next need not be read back for them."""
    if not count:
        return ()
    if connection.dialect.name == "sqlite":  # it has one writer at a time, and numbers a row after the last one
        last = connection.scalar(_last(table)) or 0
        return range(last + 1, last + 1 + count)
    numbers = select(func.nextval(func.pg_get_serial_sequence(table.name, "id"))).select_from(func.generate_series(1, count))
    return sorted(connection.scalars(numbers))


@cache
def _last(table: Table) -> Select[int]:
    """Made once: it is asked at every change, while others wait to write."""
    return select(func.max(table.c.id))


class Listing(TypeDecorator[Sequence[Any]]):
    """Many values as one parameter: a JSON text for SQLite, an array for PostgreSQL."""

    impl = String
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else ARRAY(self.of))

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        given = list(value or ())
        return orjson.dumps(given).decode() if dialect.name == "sqlite" else given


@cache
def among(dialect: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """That a column has one of the values that the parameter `name` lists: as many as there are, in a statement that stays the same.

    An `IN` of a thousand parameters is written, parsed and bound anew each time, at more than a look into the index costs.
    """
    listed = bindparam(name, type_=Listing(column.type))
    if dialect == "sqlite":
        return column.in_(select(func.json_each(listed).table_valued("value").c.value))
    return column == any_(listed)


def _as_it_is(value: Any) -> Any:
    return value


def _render(type_: TypeEngine[Any], dialect: Dialect) -> Render | None:
    """Bytes are the driver's own."""
    if isinstance(type_, LargeBinary):
        return None
    render: Render | None = type_.dialect_impl(dialect).bind_processor(dialect)
    return render


def _rendered(rows: list[tuple[Any, ...]], renders: Sequence[tuple[int, Render]]) -> list[tuple[Any, ...]]:
    """The rows as the driver takes them. An instant or a day is the same in most rows of a batch: it is rendered once."""
    if not renders:
        return rows
    columns = list(zip(*rows, strict=True))
    for at, render in renders:
        once = {value: render(value) for value in set(columns[at])}
        columns[at] = tuple([once[value] for value in columns[at]])
    return list(zip(*columns, strict=True))
