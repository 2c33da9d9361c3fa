"""What the checks found, day by day: how many rows each rule was asked of, and how many failed it, by force.

Counts alone, one row for a day and rule, so that a day of a thousand small passes takes no more room than one of a single pass.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, func, select

from hub.ledger.engine import insert_or_add
from hub.ledger.ledger import Ledger
from hub.ledger.tables import checked, failures


@dataclass
class Tally:
    """What one batch brought: rows that each rule was asked of, by suite and code; and those that failed it, by force as well."""

    looked: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # suite, code, force


@dataclass(frozen=True, slots=True)
class Result:
    """One rule over some days: `looked` rows, of which `failed`, and these by force."""

    suite: str
    code: str
    looked: int
    failed: int
    by_force: dict[str, int]


def add(connection: Connection, day: date, tally: Tally) -> None:
    """Add a batch to its day. To be called last in its transaction: workers wait for each other on these rows alone, in one order."""
    failed: Counter[tuple[str, str]] = Counter()
    for (suite, code, _), n in tally.failed.items():
        failed[suite, code] += n
    rules = [
        {"day": day, "suite": suite, "code": code, "looked": n, "failed": failed[suite, code]}
        for (suite, code), n in sorted(tally.looked.items())
        if n
    ]
    forces = [{"day": day, "suite": s, "code": c, "force": force, "failed": n} for (s, c, force), n in sorted(tally.failed.items())]
    if rules:
        connection.execute(insert_or_add(connection, checked, "looked", "failed"), rules)
    if forces:
        connection.execute(insert_or_add(connection, failures, "failed"), forces)


def results(ledger: Ledger, first: date, last: date) -> list[Result]:
    """Every rule that was asked on the days from `first` to `last`, by suite and code."""
    c, f = checked.c, failures.c
    rules = select(c.suite, c.code, func.sum(c.looked), func.sum(c.failed)).where(c.day.between(first, last)).group_by(c.suite, c.code)
    forces = select(f.suite, f.code, f.force, func.sum(f.failed)).where(f.day.between(first, last)).group_by(f.suite, f.code, f.force)
    by_force: dict[tuple[str, str], dict[str, int]] = {}
    with ledger.read() as connection:
        for suite, code, force, n in connection.execute(forces.order_by(f.force)):
            by_force.setdefault((suite, code), {})[force] = int(n)
        rows = connection.execute(rules.order_by(c.suite, c.code)).all()
    return [Result(suite, code, int(n), int(failed), by_force.get((suite, code), {})) for suite, code, n, failed in rows]
