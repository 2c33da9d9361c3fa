"""What the programme is told of: reports by month and service, and how many of them reached a force, by itself or by a person's hand."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, distinct, func, select

from hub.ledger.ledger import Ledger
from hub.ledger.tables import changes, history, reports
from hub.words import Purpose, State

HUB = "hub"  # who does what no person does
WHOLE_FORCE = ("pause", "resume")  # a person's acts that are about no one report
NEVER = (State.DUPLICATE, State.WITHDRAWN, State.REDIRECTED, State.REROUTED)  # what no force is to have from here
HAS = (State.DELIVERED, State.ACCEPTED)
Place = tuple[str, str]  # force, route


@dataclass
class Month:
    """The reports of a service first picked up in a month (Europe/London), on their primary route.

    Of the `due` ones `delivered` are with the force, of which `by_hand` a person had to do something to, and `emailed` went by email alone.
    """

    due: int = 0
    delivered: int = 0
    by_hand: int = 0
    emailed: int = 0

    @property
    def automatic(self) -> int:
        """Delivered into a system of the force, and no person had to do anything."""
        return self.delivered - self.by_hand - self.emailed

    def __add__(self, other: "Month") -> "Month":
        return Month(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def months(ledger: Ledger, emails: Collection[Place] = ()) -> dict[tuple[str, str], Month]:
    """By month (`2026-11`) and service. `emails` are the routes that go to a mailbox, where somebody keys the report in."""
    found: dict[tuple[str, str], Month] = defaultdict(Month)
    with ledger.read() as connection:
        for day, service, place, state, n in _counted(connection, _all()):
            month = found[f"{day:%Y-%m}", service]
            month.due += n
            if state in HAS:
                month.delivered += n
                month.emailed += n if place in emails else 0
        for day, service, place, state, n in _counted(connection, _by_hand()):
            if state in HAS and place not in emails:
                found[f"{day:%Y-%m}", service].by_hand += n
    return dict(sorted(found.items()))


_COLUMNS = (reports.c.day, reports.c.service, reports.c.force, reports.c.route, reports.c.state)


def _all() -> Select[Any]:
    return select(*_COLUMNS, func.count())


def _by_hand() -> Select[Any]:
    query = select(*_COLUMNS, func.count(distinct(reports.c.id))).join(history, history.c.report_id == reports.c.id)
    a_person = (changes.c.actor != HUB, changes.c.action.not_in(WHOLE_FORCE))
    return query.join(changes, changes.c.id == history.c.change_id).where(*a_person)


def _counted(connection: Connection, query: Select[Any]) -> list[tuple[date, str, Place, str, int]]:
    some = query.where(reports.c.purpose == Purpose.PRIMARY, reports.c.state.not_in(NEVER)).group_by(*_COLUMNS)
    return [(day, service, (force, route or ""), state, n) for day, service, force, route, state, n in connection.execute(some)]
