import threading
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
from sqlalchemy import func, select

from hub.ledger.engine import now
from hub.ledger.errors import LedgerUnavailable, Overtaken
from hub.ledger.lanes import Claim, Lease, claim_lane, hold, kept, release_lane
from hub.ledger.ledger import Ledger
from hub.ledger.tables import lanes
from hub.words import Lane
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import all_at_once, claimed, lapse, own, rows, waiting
from tests.sandbox.conftest import eventually


def _lane(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1))


def _ask(ledger: Ledger, lane: Lane = Lane.ROUTINE) -> Claim | None:
    return claim_lane(ledger, "kent", "records-system", lane)


def test_a_lane_that_nothing_was_ever_sealed_into_cannot_be_claimed(ledger: Ledger) -> None:
    assert _ask(ledger) is None


def test_a_lane_is_one_workers_alone_even_among_the_threads_of_one(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    _lane(first)
    claim = claimed(first)
    assert (_ask(second), _ask(first)) == (None, None)
    release_lane(first, claim)
    assert _ask(second) == Claim("kent", "records-system", Lane.ROUTINE, claim.fence + 1)


def test_of_many_that_ask_at_once_one_gets_it(open_ledger: OpenLedger) -> None:
    ledgers = [open_ledger(worker=str(number)) for number in range(5)]
    _lane(ledgers[0])
    start, got = threading.Barrier(5), list[Claim | None]()

    def ask(ledger: Ledger) -> None:
        start.wait()
        got.append(_ask(ledger))

    all_at_once(ask, ledgers)
    assert len([claim for claim in got if claim]) == 1


def test_a_dead_workers_lane_is_taken_over_and_it_can_write_and_release_nothing_any_more(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    _lane(first)
    old = claimed(first)
    lapse(first)
    new = claimed(second)
    assert new.fence == old.fence + 1
    with pytest.raises(Overtaken, match="another worker has taken over kent records-system routine"), first.write() as connection:
        hold(connection, first, old)
    release_lane(first, old)
    assert [row["worker"] for row in rows(second, lanes)] == ["second"]


def test_a_worker_that_comes_late_but_was_not_overtaken_goes_on(ledger: Ledger) -> None:
    _lane(ledger)
    claim = claimed(ledger)
    lapse(ledger)
    with ledger.write() as connection:
        hold(connection, ledger, claim)
    (row,) = rows(ledger, lanes)
    assert (row["worker"], row["fence"]) == ("first", claim.fence)
    assert row["lease_until"] > datetime.now(UTC)


def test_a_lease_is_kept_as_long_as_something_takes_and_not_longer(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(lease_seconds=0.6)
    _lane(ledger)
    with kept(ledger, claimed(ledger)):
        until = [row["lease_until"] for row in rows(ledger, lanes)]
        assert eventually(lambda: [row["lease_until"] for row in rows(ledger, lanes)] > until)
    assert "lease" not in {thread.name for thread in threading.enumerate()}


class Watch:
    """A clock that a test turns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 1_000.0
        monkeypatch.setattr("hub.ledger.lanes.time.monotonic", lambda: self.seconds)


def test_a_lease_that_could_not_be_renewed_stops_its_worker(open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, watch = open_ledger(lease_seconds=300), Watch(monkeypatch)
    _lane(ledger)
    lease = Lease(ledger, claimed(ledger))
    watch.seconds += 299
    lease.check()
    watch.seconds += 1
    with pytest.raises(Overtaken, match="could not be renewed in time"):
        lease.check()
    lease.renew()
    lease.check()


def test_a_ledger_that_cannot_be_asked_leaves_the_lease_as_long_as_it_was(open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, watch = open_ledger(lease_seconds=300), Watch(monkeypatch)
    _lane(ledger)
    lease = Lease(ledger, claimed(ledger))

    def gone() -> NoReturn:
        raise LedgerUnavailable("the database went away")

    monkeypatch.setattr(ledger, "write", gone)
    watch.seconds += 299
    lease.renew()
    lease.check()
    watch.seconds += 1
    with pytest.raises(Overtaken):
        lease.check()


def test_a_lease_that_was_taken_over_is_not_renewed(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    _lane(first)
    lease = Lease(first, claimed(first))
    lapse(first)
    claimed(second)
    lease.check()
    lease.renew()
    with pytest.raises(Overtaken):
        lease.check()


def test_leases_go_by_the_databases_clock(ledger: Ledger) -> None:
    """On PostgreSQL that is the server's, so that machines whose clocks differ agree; an SQLite ledger has one machine."""
    with ledger.write() as connection:
        told, here = now(connection), datetime.now(UTC)
        if not ledger.database.is_sqlite:
            assert connection.execute(select(func.clock_timestamp())).scalar_one() >= told
    assert told.utcoffset() == timedelta(0)
    assert abs(here - told) < timedelta(seconds=5)


def test_a_machine_whose_clock_is_wrong_takes_no_lane_over(open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    if first.database.is_sqlite:
        return  # one machine, one clock
    _lane(first)
    claimed(first)

    class Ahead(datetime):
        @classmethod
        def now(cls, _zone: object = None) -> datetime:  # type: ignore[override]  # in every zone
            return datetime(2100, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("hub.ledger.engine.datetime", Ahead)
    assert _ask(second) is None
