"""What became of every arrival, and what was sealed for whom: for judging a run from outside."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from hub.ledger.ledger import Ledger
from hub.ledger.tables import drops, payloads, reports, submissions
from hub.words import PayloadState, Purpose

_AT_ONCE = 5_000  # rows


@dataclass(frozen=True, slots=True)
class Standing:
    """One arrival, where it stands on its primary route, or a copy of it on its own."""

    name: str  # what its source called it: `0000400.ndjson:12`
    submission_id: str | None
    force: str
    service: str
    state: str
    code: str | None
    lane: str
    route: str | None = None  # None: not chosen yet


@dataclass(frozen=True, slots=True)
class SealedPayload:
    """A payload that the ledger says was delivered."""

    force: str
    route: str
    key: str
    name: str
    digest: str


def fates(ledger: Ledger, purpose: Purpose = Purpose.PRIMARY) -> Iterator[Standing]:
    """Every arrival, in order; or every copy."""
    s, r = submissions.c, reports.c
    query = (
        select(s.name, s.submission_id, r.force, r.service, r.state, r.code, r.lane, r.route)
        .join(reports, r.submission_id == s.id)
        .where(r.purpose == purpose)
        .order_by(s.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    with ledger.read() as connection:
        for row in connection.execute(query):
            yield Standing(*row)


def delivered_payloads(ledger: Ledger) -> Iterator[SealedPayload]:
    """Every payload that was delivered, as it was sealed."""
    d, p = drops.c, payloads.c
    query = (
        select(d.force, d.route, p.key, p.name, p.digest)
        .join(drops, d.id == p.drop_id)
        .where(p.state == PayloadState.DELIVERED)
        .order_by(p.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    with ledger.read() as connection:
        for row in connection.execute(query):
            yield SealedPayload(*row)
