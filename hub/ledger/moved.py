"""What has moved since it was last shown: which forces, and their newest drops with how each ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from hub.ledger.confirmations import advance, cursor
from hub.ledger.ledger import Ledger
from hub.ledger.tables import changes, drops, payloads
from hub.words import DropState, PayloadKind

_SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Moved:
    """The forces with a change since the last that was shown; `until` is the newest change."""

    forces: tuple[str, ...]
    until: int


def moved(ledger: Ledger) -> Moved:
    """What there is to show anew. Where nothing was shown yet that is every force."""
    since = int(cursor(ledger, _SHOWN) or 0)
    with ledger.read() as connection:
        until = connection.scalar(select(func.max(changes.c.id))) or 0
        found = connection.scalars(select(changes.c.force).distinct().where(changes.c.id > since, changes.c.id <= until))
        return Moved(tuple(sorted(found)), until)


def shown(ledger: Ledger, what: Moved) -> None:
    """This has been shown."""
    advance(ledger, _SHOWN, str(what.until))


@dataclass(frozen=True, slots=True)
class Drop:
    """A drop as people are shown it. `receipt` is the stable word of how we know that it arrived; `error` why it has not."""

    key: str
    state: DropState
    reports: int
    attempts: int
    sealed_at: datetime
    delivered_at: datetime | None
    receipt: str | None
    error: str | None


def newest_drops(ledger: Ledger, at_most: int, force: str | None = None) -> list[Drop]:
    """The newest drops of a force, or of all, the newest first."""
    d = drops.c
    query = select(d.id, d.key, d.state, d.reports, d.attempts, d.sealed_at, d.delivered_at, d.error).order_by(d.id.desc()).limit(at_most)
    query = query if force is None else query.where(d.force == force)
    with ledger.read() as connection:
        rows = connection.execute(query).all()
        receipts = {row.drop_id: row.receipt for row in connection.execute(_receipts([row.id for row in rows]))}
    return [
        Drop(row.key, DropState(row.state), row.reports, row.attempts, row.sealed_at, row.delivered_at, receipts.get(row.id), row.error)
        for row in rows
    ]


def _receipts(ids: Sequence[int]) -> Select[Any]:
    """One word for each drop: its payloads have the same, or the last of them in the alphabet is shown."""
    p = payloads.c
    return (
        select(p.drop_id, func.max(p.receipt).label("receipt")).where(
            p.drop_id.in_(ids), p.receipt.is_not(None), p.kind != PayloadKind.ATTACHMENT
        )
    ).group_by(p.drop_id)
