"""An endpoint is paused, resumed and probed, whichever forces share it; and one drop is replayed."""

from dataclasses import replace

import pytest

from hub.contracts import Unavailable
from hub.ledger.changes import Author
from hub.ledger.choosing import Wanted
from hub.ledger.circuits import open_circuits
from hub.ledger.dispatching import lanes_ready_to_send
from hub.ledger.holds import pause, paused_endpoints, resume
from hub.ledger.tables import changes
from hub.reasons import SEND_AGAIN
from hub.steps.operate import Desk, NotDone, replay_period
from hub.steps.operate_endpoints import endpoints, pause_endpoint, probe, resume_endpoint
from hub.steps.retry import Retry
from tests.ledger.making import rows
from tests.steps.house import AT, ESSEX, House, sent
from tests.steps.plights import rejected

SHORT = Retry(attempts=1, first=0.0, longest=0.0, jitter=0.0)
SHARED = "shared/live"


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house.ledger, house.registry, house.clock, "an operator", "maintenance")


def both_sealed(house: House) -> None:
    house.pick_up(sent(1), sent(2, ESSEX))
    house.prepare()


def told(house: House, action: str) -> list[tuple[str, str, int]]:
    return [(row["force"], row["actor"], row["reports"]) for row in rows(house.ledger, changes) if row["action"] == action]


def test_a_paused_endpoint_gets_nothing_of_any_force_until_it_is_resumed(house: House, desk: Desk) -> None:
    both_sealed(house)
    assert pause_endpoint(replace(desk, dry_run=True), SHARED)
    assert house.states() == ["sealed", "sealed"]
    assert pause_endpoint(desk, SHARED)
    assert not pause_endpoint(desk, SHARED)
    house.pick_up(sent(3))
    house.prepare()
    assert house.states() == ["held paused"] * 3
    assert [house.deliver(force).stopped for force in ("kent", "essex")] == ["paused", "paused"]
    assert lanes_ready_to_send(house.ledger) == {}
    assert told(house, "pause endpoint") == [("essex", "an operator", 1), ("kent", "an operator", 1)]

    assert resume_endpoint(desk, SHARED)
    assert not resume_endpoint(desk, SHARED)
    house.prepare()
    assert [house.deliver(force).reports for force in ("kent", "essex")] == [2, 1]
    assert told(house, "resume endpoint") == [("essex", "an operator", 1), ("kent", "an operator", 1)]


def test_a_force_that_is_paused_itself_stays_so_and_so_does_an_endpoint(house: House, desk: Desk) -> None:
    both_sealed(house)
    pause(house.ledger, "kent", Author("pause", AT))
    pause_endpoint(desk, SHARED)
    resume_endpoint(desk, SHARED)
    assert house.states() == ["sealed", "held paused"]
    pause_endpoint(desk, SHARED)
    resume(house.ledger, "kent", Author("resume", AT))
    assert house.states() == ["held paused", "held paused"]
    resume_endpoint(desk, SHARED)
    assert house.states() == ["sealed", "sealed"]


def test_an_endpoint_that_is_not_on_file_is_named_with_those_that_are(house: House, desk: Desk) -> None:
    assert endpoints(house.registry)[SHARED] == ["essex", "kent"]
    for act in (pause_endpoint, probe):
        with pytest.raises(NotDone, match="There is no endpoint 'nothing/live' on file"):
            act(desk, "nothing/live")
    with pytest.raises(NotDone, match="is no endpoint: write instance/environment"):
        resume_endpoint(desk, "shared")
    assert paused_endpoints(house.ledger) == set()


def test_a_probe_is_due_at_once_where_the_circuit_is_open(house: House, desk: Desk) -> None:
    both_sealed(house)
    assert not probe(desk, SHARED)
    house.far_ends["kent"].faults = [Unavailable("connection-refused")]
    house.deliver("kent", Retry(attempts=1, first=3600.0, longest=3600.0, jitter=0.0))
    assert house.deliver("essex", SHORT).stopped == "circuit-open"  # the next probe is an hour away
    assert lanes_ready_to_send(house.ledger) == {}
    assert probe(replace(desk, dry_run=True), SHARED)
    assert lanes_ready_to_send(house.ledger) == {}
    assert probe(desk, SHARED)
    assert len(lanes_ready_to_send(house.ledger)) == 1
    assert house.deliver("essex", SHORT).reports == 1
    assert open_circuits(house.ledger) == {}
    assert told(house, "probe") == [("essex", "an operator", 0), ("kent", "an operator", 0)]


def test_a_paused_endpoint_is_not_probed(desk: Desk) -> None:
    pause_endpoint(desk, SHARED)
    with pytest.raises(NotDone, match="shared/live is paused: resume it first"):
        probe(desk, SHARED)


def test_one_drop_is_replayed_and_what_the_force_has_only_in_so_many_words(house: House, desk: Desk) -> None:
    rejected(house, 1, 2)
    house.sealed(3)
    house.deliver()
    first, second = (f"essex.records-system.routine.{house.ledger.series}.{number:06d}" for number in (1, 2))
    assert replay_period(desk, Wanted(drop=first)).by_force == {"essex": 2}
    assert house.states()[:3] == ["waiting", "waiting", "delivered"]
    assert replay_period(desk, Wanted(drop=second)).changed == 0
    assert replay_period(desk, Wanted(drop=second), SEND_AGAIN).changed == 1
