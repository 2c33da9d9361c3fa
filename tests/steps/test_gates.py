"""An open circuit is found well again by whatever may leave: a drop that may not is none to probe with."""

from copy import copy

from hub.contracts import Unavailable
from hub.ledger.changes import Author
from hub.ledger.circuits import open_circuits
from hub.ledger.holds import pause
from hub.steps.retry import Retry
from tests.steps.house import AT, ESSEX, House, sent

SHORT = Retry(attempts=1, first=0.0, longest=0.0, jitter=0.0)


def _kent_is_down(house: House) -> None:
    """Kent's drop waits for the instance that it shares with Essex, whose circuit is open."""
    house.pick_up(sent(1))
    house.prepare()
    house.far_ends["kent"].faults = [Unavailable("connection-refused")]
    house.deliver("kent", SHORT)
    assert len(open_circuits(house.ledger)) == 1


def test_what_comes_for_an_endpoint_that_is_not_well_is_held_while_there_is_a_drop_to_probe_with(house: House) -> None:
    _kent_is_down(house)
    house.pick_up(sent(2, ESSEX))
    house.prepare()
    assert house.states() == ["held circuit-open", "held circuit-open"]


def test_a_drop_of_a_paused_force_is_none_to_probe_with(house: House) -> None:
    _kent_is_down(house)
    pause(house.ledger, "kent", Author("pause", AT, "an operator"))
    house.pick_up(sent(2, ESSEX))
    house.prepare()
    assert house.states()[1] == "sealed"
    assert house.deliver("essex", SHORT).reports == 1
    assert open_circuits(house.ledger) == {}


def test_a_drop_of_a_route_that_is_gone_is_none_to_probe_with(house: House) -> None:
    _kent_is_down(house)
    house.registry = copy(house.registry)
    house.registry.forces = {slug: force for slug, force in house.registry.forces.items() if slug != "kent"}  # its file was taken away
    house.pick_up(sent(2, ESSEX))
    house.prepare()
    assert house.deliver("essex", SHORT).reports == 1
