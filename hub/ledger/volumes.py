"""How many submissions came on some days: what a day's volume is judged by."""

from collections import Counter
from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from hub.ledger.ledger import Ledger
from hub.ledger.tables import submissions

Feed = tuple[str, str]  # force, service


def picked_up_by_feed(ledger: Ledger, days: Collection[date]) -> dict[date, Counter[Feed]]:
    """Submissions by force and service on each of these days (Europe/London) on which the ledger was in use from the beginning."""
    s = submissions.c
    query = select(s.day, s.force, s.service, func.count()).where(s.day.in_(sorted(days))).group_by(s.day, s.force, s.service)
    with ledger.read() as connection:
        first = connection.scalar(select(s.day).order_by(s.id).limit(1))
        found: dict[date, Counter[Feed]] = {day: Counter() for day in days if first and first < day}
        for day, force, service, n in connection.execute(query):
            if day in found:
                found[day][force, service] = n
    return found
