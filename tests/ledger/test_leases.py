"""Leases and waits that would last far too long: of workers that are dead, and from before the clock was set back."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from hub.forces.force import Endpoint
from hub.ledger import circuits
from hub.ledger.deliveries import end_attempt
from hub.ledger.dispatching import lanes_ready_to_send, take_watch
from hub.ledger.dispatching import waiting as waits
from hub.ledger.errors import LedgerUnavailable, Overtaken
from hub.ledger.lanes import Claim, Lease, claim_lane, kept, release_lane
from hub.ledger.leases import LONGEST, QUIET, cut_claims, cut_leases, holder, holders, with_others
from hub.ledger.ledger import Ledger
from hub.ledger.queue import claim
from hub.ledger.tables import drops, lanes
from hub.settings import PROJECT
from hub.words import Environment, Lane
from tests.ledger.ledgers import MASTERS, OpenLedger
from tests.ledger.making import begun, claimed, lapse, own, rows, waiting

HOUR = timedelta(hours=1)
ROUTE = ("kent", "records-system")


@pytest.fixture(scope="module")
def dead() -> str:
    """The name of a process of this machine that has ended."""
    named = "from hub.ledger.workers import name_of_this_process; print(name_of_this_process())"
    return subprocess.run([sys.executable, "-c", named], cwd=PROJECT, capture_output=True, text=True, check=True).stdout.strip()


class Machine:
    """The machine's clock, by which an SQLite ledger's leases go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def set_back(self, by: timedelta) -> None:
        class Earlier(datetime):
            @classmethod
            def now(cls, _zone: object = None) -> datetime:  # type: ignore[override]  # in every zone
                return datetime.now(UTC) - by

        self._patch.setattr("hub.ledger.engine.datetime", Earlier)


@pytest.fixture
def ledger(new_file: Path, tmp_path: Path) -> Iterator[Ledger]:
    """On SQLite, whose clock can be set for one test."""
    ledger = Ledger.open(f"sqlite:///{shutil.copy(new_file, tmp_path / 'ledger.db')}", str(tmp_path / "store"))
    yield ledger
    ledger.close()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@contextmanager
def another(ledger: Ledger, worker: str | None = None) -> Iterator[Ledger]:
    """One more worker on this ledger."""
    opened = Ledger(str(ledger.database.url), ledger.store.url, worker=worker, masters=MASTERS)
    opened.series = ledger.series
    try:
        yield opened
    finally:
        opened.close()


def _until(ledger: Ledger) -> datetime:
    (row,) = rows(ledger, lanes)
    until: datetime = row["lease_until"]
    return until


def _take(ledger: Ledger) -> Claim | None:
    return claim_lane(ledger, *ROUTE, Lane.ROUTINE)


def test_the_lane_of_a_worker_that_is_certainly_dead_is_free_after_a_quiet_moment(ledger: Ledger, dead: str) -> None:
    own(ledger, waiting(ledger, 1))
    with another(ledger, dead) as other:
        claimed(other)
    cut_leases(ledger)
    left = _until(ledger) - datetime.now(UTC)
    assert timedelta(0) < left <= QUIET
    assert _take(ledger) is None
    lapse(ledger)
    assert _take(ledger) is not None


def test_the_lane_of_a_worker_that_may_live_is_its_own_until_its_lease_ends(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1))
    for name in ("elsewhere", None):  # one of which nothing is known, and this very process
        with another(ledger, name) as other:
            claim_ = claimed(other)
            before = _until(ledger)
            cut_leases(ledger)
            assert (_until(ledger), _take(ledger)) == (before, None)
            release_lane(other, claim_)


def test_a_dead_workers_reports_are_taken_over_at_once(ledger: Ledger, dead: str) -> None:
    ids = waiting(ledger, 1, 2)
    with another(ledger, dead) as other:
        assert claim(other, 10) == ids
        told = with_others(ledger)
        assert told
        assert (told[0], told[1].worker) == (2, dead)
    assert claim(ledger, 10) == []
    cut_claims(ledger)
    assert claim(ledger, 10) == ids
    assert with_others(ledger) is None


def test_a_dead_dispatcher_is_followed_at_once(ledger: Ledger, dead: str) -> None:
    with another(ledger, dead) as other:
        assert take_watch(other, 30)
    assert take_watch(ledger, 30)
    with another(ledger, "elsewhere") as other:
        assert not take_watch(other, 30)


def test_who_sends_is_told_with_the_time_and_not_where_nothing_is_to_be_sent(ledger: Ledger) -> None:
    assert (holder(ledger, *ROUTE, Lane.ROUTINE), holders(ledger)) == (None, {})
    own(ledger, waiting(ledger, 1))
    with another(ledger, "elsewhere") as other:
        claimed(other)
    found = holder(ledger, *ROUTE, Lane.ROUTINE)
    assert found
    assert str(found) == f"elsewhere until {_until(ledger):%H:%M:%S} UTC"
    assert holders(ledger) == {"kent": [found]}
    with ledger.write() as connection:
        connection.execute(update(drops).values(state="delivered"))
    assert holder(ledger, *ROUTE, Lane.ROUTINE) is None


def test_a_lease_from_before_the_clock_was_set_back_blocks_for_minutes_and_not_for_the_hour(ledger: Ledger, machine: Machine) -> None:
    own(ledger, waiting(ledger, 1))
    with another(ledger, "elsewhere") as other:
        claimed(other)
    machine.set_back(HOUR)
    cut_leases(ledger)
    assert _until(ledger) <= datetime.now(UTC) - HOUR + LONGEST
    assert _take(ledger) is None
    machine.set_back(HOUR - LONGEST - timedelta(seconds=1))
    assert _take(ledger) is not None


def test_a_worker_that_lives_keeps_its_lane_when_the_clock_is_set_back(ledger: Ledger, machine: Machine) -> None:
    own(ledger, waiting(ledger, 1))
    lease = Lease(ledger, claimed(ledger))
    machine.set_back(HOUR)
    with another(ledger, "elsewhere") as other:
        cut_leases(other)
        assert _take(other) is None
        lease.renew()
        lease.check()
        cut_leases(other)
        assert _until(other) <= datetime.now(UTC) - HOUR + timedelta(seconds=ledger.lease_seconds)
        assert _take(other) is None


def test_a_worker_stops_when_the_machines_clock_was_set_forward_over_its_lease(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another may have taken its lease for over."""
    own(ledger, waiting(ledger, 1))
    lease = Lease(ledger, claimed(ledger))
    lease.check()
    later = datetime.now(UTC).timestamp() + ledger.lease_seconds
    monkeypatch.setattr("hub.ledger.lanes.time.time", lambda: later)
    with pytest.raises(Overtaken):
        lease.check()


def test_reports_and_a_watch_from_before_the_clock_was_set_back_are_free(ledger: Ledger, machine: Machine) -> None:
    ids = waiting(ledger, 1)
    with another(ledger, "elsewhere") as other:
        claim(other, 10)
        assert take_watch(other, 30)
    assert waits(ledger) == {}
    machine.set_back(HOUR)
    assert waits(ledger) == {("kent", None, Lane.ROUTINE): (ids[0], ids[0])}
    assert claim(ledger, 10) == ids
    assert take_watch(ledger, 30)


def test_a_drop_that_was_told_to_wait_before_the_clock_was_set_back_waits_no_longer(ledger: Ledger, machine: Machine) -> None:
    own(ledger, waiting(ledger, 1))
    mine = claimed(ledger)
    drop, attempt, _ = begun(ledger, mine)
    end_attempt(ledger, mine, drop, attempt, "unavailable", "timeout", wait=timedelta(minutes=2))
    release_lane(ledger, mine)
    assert lanes_ready_to_send(ledger) == {}
    machine.set_back(HOUR)
    assert [lane[:2] for lane in lanes_ready_to_send(ledger)] == [ROUTE]
    mine = claimed(ledger)
    drop, attempt, _ = begun(ledger, mine)
    end_attempt(ledger, mine, drop, attempt, "unavailable", "timeout", wait=timedelta(minutes=2))
    release_lane(ledger, mine)
    assert lanes_ready_to_send(ledger) == {}  # what was told by the clock as it is now is kept


def test_a_probe_that_was_put_off_before_the_clock_was_set_back_is_due(ledger: Ledger, machine: Machine) -> None:
    own(ledger, waiting(ledger, 1))
    mine = claimed(ledger)
    drop, attempt, _ = begun(ledger, mine)
    again = end_attempt(ledger, mine, drop, attempt, "unavailable", "timeout", wait=timedelta(minutes=2))
    release_lane(ledger, mine)
    (row,) = rows(ledger, drops)
    endpoint = Endpoint(row["instance"], Environment(row["environment"]))
    circuits.trip(ledger, endpoint, "timeout", datetime.now(UTC), again)
    assert (lanes_ready_to_send(ledger), circuits.claim_probe(ledger, endpoint)) == ({}, False)
    machine.set_back(HOUR)
    assert [lane[:2] for lane in lanes_ready_to_send(ledger)] == [ROUTE]
    assert circuits.claim_probe(ledger, endpoint)


def test_a_lane_that_could_not_be_given_back_is_this_workers_again_and_nobody_elses(open_ledger: OpenLedger) -> None:
    """The database was gone for the moment in which a delivery ended."""
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    own(first, waiting(first, 1))
    mine = claimed(first)
    write = first.write

    def gone() -> None:
        raise LedgerUnavailable("it was restarted")

    first.write = gone  # type: ignore[assignment]  # as a database that is not there
    with pytest.raises(LedgerUnavailable):
        release_lane(first, mine)
    first.write = write
    assert _take(second) is None
    again = _take(first)
    assert again
    assert again.fence == mine.fence + 1
    assert _take(first) is None


def test_a_lease_that_is_kept_is_never_cut(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(lease_seconds=3), open_ledger(worker="second")
    own(first, waiting(first, 1))
    with kept(first, claimed(first)) as lease:
        cut_leases(second)
        assert _take(second) is None
        lease.check()
