"""Many rows at once: whatever their number, the database holds what row by row would have written."""

import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module

import pytest
from sqlalchemy import Column, Connection, DateTime, Integer, MetaData, String, Table, bindparam, select, update
from sqlalchemy.dialects import sqlite

import hub.ledger
from hub.ledger.changes import _step
from hub.ledger.ledger import Ledger
from hub.ledger.rows import Rows, UnlessThere, inserting

AT = datetime(2026, 11, 22, 7, tzinfo=UTC)
NUMBERS = [0, 1, 15, 16, 17, 64, 81, 256, 600]  # fewer than a block, whole blocks, and blocks with some left over

things = Table(
    "things",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("name", String(20), unique=True),
    Column("state", String(10)),
    Column("at", DateTime(timezone=True)),
)
INSERT = inserting(things, "number", "name", "state", share=("at",))
FRESH = UnlessThere(things, ("name", "number", "state"))
STEP = Rows(
    update(things)
    .where(things.c.number == bindparam("b_number"), things.c.state == bindparam("b_start"))
    .values(state=bindparam("b_end"), name=things.c.name + bindparam("b_more", type_=String()), at=bindparam("b_at")),
    ("b_end", "b_number", "b_start", "b_more"),
    ("b_at",),
)


@pytest.fixture
def connection(ledger: Ledger) -> Iterator[Connection]:
    """Of a ledger that has our table too."""
    with ledger.write() as connection:
        things.metadata.create_all(connection)
    with ledger.write() as connection:
        yield connection
    with ledger.write() as connection:
        things.metadata.drop_all(connection)


def held(connection: Connection) -> list[tuple[int, str, str, datetime | None]]:
    return [tuple(row) for row in connection.execute(select(things).order_by(things.c.number))]


@pytest.mark.parametrize("number", NUMBERS)
def test_any_number_of_rows_is_inserted(connection: Connection, number: int) -> None:
    assert INSERT.write(connection, ((i, f"n{i}", None if i % 3 else "odd") for i in range(number)), AT) == number
    found = held(connection)
    assert [row[:3] for row in found] == [(i, f"n{i}", None if i % 3 else "odd") for i in range(number)]
    assert {row[3] and row[3].replace(tzinfo=UTC) for row in found} <= {AT}


@pytest.mark.parametrize("number", NUMBERS)
def test_rows_that_are_there_are_left_alone_and_not_counted(connection: Connection, number: int) -> None:
    INSERT.write(connection, [(i, f"n{i}", "first") for i in range(0, number, 2)], AT)
    assert FRESH.write(connection, [(f"n{i}", i, "second") for i in range(number)]) == number // 2
    assert [row[2] for row in held(connection)] == ["second" if i % 2 else "first" for i in range(number)]


@pytest.mark.parametrize("number", NUMBERS)
def test_only_the_rows_that_are_meant_change_and_are_counted(connection: Connection, number: int) -> None:
    INSERT.write(connection, [(i, f"n{i}", "waiting" if i % 5 else "held") for i in range(number + 3)], AT)
    later = AT.replace(hour=9)
    changed = STEP.write(connection, [(f"end {i % 2}", i, "waiting", None if i % 7 else "!") for i in range(number)], later)
    assert changed == sum(1 for i in range(number) if i % 5)
    for i, name, state, at in held(connection):
        moved = i < number and i % 5
        assert state == (f"end {i % 2}" if moved else "waiting" if i % 5 else "held")
        assert name == (None if moved and i % 7 else f"n{i}!" if moved else f"n{i}")
        assert at is not None
        assert at.replace(tzinfo=UTC) == (later if moved else AT)


def ours() -> Iterator[tuple[str, Rows]]:
    """Every update of many rows that the ledger makes."""
    for module in pkgutil.iter_modules(hub.ledger.__path__):
        for name, value in vars(import_module(f"hub.ledger.{module.name}")).items():
            if isinstance(value, Rows) and value.statement.is_update:
                yield f"{module.name}.{name}", value
    for route, drop, reference in ((r, d, f) for r in (False, True) for d in (False, True) for f in (False, True)):
        yield f"step {route} {drop} {reference}", _step(route=route, drop=drop, reference=reference)


def test_no_update_of_many_rows_reads_a_whole_table(ledger: Ledger) -> None:
    if not ledger.database.is_sqlite:
        assert all(rows._compile(ledger.database.engine.dialect).many is None for _, rows in ours())
        return
    with ledger.read() as connection:
        plans = {name: _plan(connection, rows) for name, rows in ours()}
    assert len(plans) > 12
    assert not {name: plan for name, plan in plans.items() if any(step.startswith("SCAN") and "(subquery" not in step for step in plan)}
    assert all(any(step.startswith("SEARCH") for step in plan) for plan in plans.values())


def _plan(connection: Connection, rows: Rows) -> list[str]:
    many = rows._compile(sqlite.dialect(paramstyle="qmark")).many
    assert many
    _, sql = many.statements[-1]
    steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))
    return [step for *_, step in steps if "CONSTANT ROW" not in step]
