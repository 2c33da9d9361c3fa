"""What keeps drops back, and lets them go again: an open circuit, a pause, a delivery window."""

from datetime import timedelta

from hub.ledger.circuits import claim_probe, close, end_probe, open_circuits, trip
from hub.ledger.holds import hold_lane, hold_sealed, let_go_sealed, pause, paused, resume
from hub.ledger.queue import held, let_go
from hub.words import State
from tests.ledger.machine.model import FORCE, PRIMARY, Model, Operation, lane_of

_CIRCUIT, _WINDOW = "circuit-open", "outside-window"


def _trip(m: Model) -> None:
    assert trip(m.ledger, PRIMARY.endpoint, "timeout", m.at, m.at + timedelta(seconds=m.one((-1, 3600)))) != m.is_open
    m.is_open = True
    there = {drop["id"] for drop in m.open_drops() if drop["instance"] == PRIMARY.endpoint.instance}
    must = {row["id"] for row in m.reports(State.SEALED) if row["drop_id"] in there}
    assert hold_sealed(m.ledger, PRIMARY.endpoint, _CIRCUIT, m.at) == len(must)
    m.drained |= {row["drop_id"] for row in m.reports(State.SEALED) if row["id"] in must}


def _probe(m: Model) -> None:
    first, second = (worker.ledger for worker in m.workers)
    if claim_probe(first, PRIMARY.endpoint):
        assert m.is_open
        assert not claim_probe(second, PRIMARY.endpoint)
        assert not claim_probe(first, PRIMARY.endpoint)
        end_probe(first, PRIMARY.endpoint)
        assert claim_probe(second, PRIMARY.endpoint)
        end_probe(second, PRIMARY.endpoint)
        m.reached["probes given back"] += 1


def _is_well_again(m: Model) -> None:
    assert close(m.ledger, PRIMARY.endpoint) == m.is_open
    m.is_open = False
    assert open_circuits(m.ledger) == {}
    let_go_sealed(m.ledger, PRIMARY.endpoint, _CIRCUIT, m.at)
    m.look()
    assert [row["id"] for row in m.reports(State.HELD) if row["code"] == _CIRCUIT] == []


def _pause(m: Model) -> None:
    assert pause(m.ledger, FORCE, m.person) != m.is_paused
    m.is_paused = True
    assert FORCE in paused(m.ledger)
    m.look()
    assert m.reports(State.SEALED) == []


def _resume(m: Model) -> None:
    assert resume(m.ledger, FORCE, m.person) == m.is_paused
    m.is_paused = False
    m.look()
    assert [row["id"] for row in m.reports(State.HELD) if row["code"] == "paused"] == []


def _close_window(m: Model) -> None:
    lane = lane_of(m.one(m.open_drops()))
    there = {drop["id"] for drop in m.open_drops(lane)}
    must = len([row for row in m.reports(State.SEALED) if row["drop_id"] in there])
    assert hold_lane(m.ledger, FORCE, *lane, _WINDOW, m.at) == must
    m.reached["reports held for a window"] += must


def _open_window(m: Model) -> None:
    for group in held(m.ledger):
        if group.code == _WINDOW:
            assert let_go(m.ledger, group, m.at) == group.reports
    m.look()
    assert [row["id"] for row in m.reports(State.HELD) if row["code"] == _WINDOW] == []


OPERATIONS = (
    Operation(_trip, lambda m: int(bool(m.open_drops()))),
    Operation(_is_well_again, lambda m: 3 * m.is_open),
    Operation(_probe, lambda m: int(m.is_open)),
    Operation(_pause, lambda m: int(not m.is_paused and bool(m.open_drops()))),
    Operation(_resume, lambda m: 3 * m.is_paused),
    Operation(_close_window, lambda m: int(bool(m.open_drops()))),
    Operation(_open_window, lambda m: 2 * any(row["code"] == _WINDOW for row in m.reports(State.HELD))),
)
