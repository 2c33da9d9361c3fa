"""Viewing: a person is shown what a report in quarantine says. Who, when and why stands in its history before a value is shown."""

from dataclasses import dataclass

from hub.ledger import amending
from hub.ledger.choosing import Chosen
from hub.ledger.queue import opened
from hub.steps.operate import Desk, NotDone, in_quarantine


@dataclass(frozen=True, slots=True)
class Viewed:
    """A report in quarantine with its bytes as last amended, and which version that is."""

    chosen: Chosen
    version: int
    body: bytes


def view(desk: Desk, name: str) -> Viewed:
    """Show one report to the desk's operator, for the desk's reason. Raises NotDone."""
    one = in_quarantine(desk, name)
    if not desk.dry_run and not amending.seen(desk.ledger, one, desk.author("view")):
        raise NotDone(f"{name} is in quarantine no more: nothing of it is shown.")
    return _bytes(desk, one, name)


def again(desk: Desk, name: str) -> Viewed:
    """The same within a viewing that stands in the history already. Raises NotDone."""
    return _bytes(desk, in_quarantine(desk, name), name)


def _bytes(desk: Desk, one: Chosen, name: str) -> Viewed:
    version = amending.version_of(desk.ledger, one.submission)
    (found,) = opened(desk.ledger, [one.report_id])
    if found.body is None:
        raise NotDone(f"The bytes of {name} are not where the ledger put them (body-missing): put the store's back-up in its place.")
    return Viewed(one, version, found.body)
