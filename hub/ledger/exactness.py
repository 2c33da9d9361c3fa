"""What was not carried over exactly: truncations, transliterations, defaults, lossy codes and repairs, counted per force."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from hub.ledger.ledger import Ledger
from hub.ledger.tables import reports, signals


@dataclass(frozen=True, slots=True)
class Inexact:
    """One kind of signal of one force: how many values, in how many reports, on all its routes."""

    force: str
    kind: str
    values: int
    reports: int


def inexact(ledger: Ledger, day: date | None = None) -> list[Inexact]:
    """Every kind by force, of the reports first picked up on a day (Europe/London), or of all."""
    columns = (reports.c.force, signals.c.kind)
    query = select(*columns, func.sum(signals.c.count), func.count(signals.c.report_id.distinct()))
    query = query.join(reports, reports.c.id == signals.c.report_id)
    some = query.where(reports.c.day == day) if day else query
    with ledger.read() as connection:
        rows = connection.execute(some.group_by(*columns).order_by(*columns)).all()
    return [Inexact(force, kind, int(values), n) for force, kind, values, n in rows]
