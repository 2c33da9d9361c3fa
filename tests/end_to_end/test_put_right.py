"""What an operator puts right arrives: at real far ends, accepted, and the account balances."""

from pathlib import Path

from hub.ledger.account import account
from hub.ledger.choosing import Wanted
from hub.steps import operate
from hub.steps.operate import Desk
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import carry, held_of, holders
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.intake import crime, put
from tests.ledger.making import states


def test_what_is_rerouted_or_amended_and_released_is_accepted(hub_of: OpenHub, stand_ins: StandIns, tmp_path: Path) -> None:
    hub, intake = hub_of(), tmp_path / "intake"
    lost, spoilt = crime("99"), crime("46", submitTime="yesterday")
    for wire in (lost, spoilt):
        put(intake, f"{wire['submissionId']}.json", wire)
    carry(hub, intake)
    assert sorted(states(hub.ledger)) == ["quarantined envelope-incomplete", "quarantined unknown-force"]

    desk = Desk(hub.ledger, hub.registry, hub.clock, "alex", "force-unknown")
    assert operate.reroute(desk, Wanted((lost["submissionId"],)), "essex").changed == 1
    assert operate.amend(desk, spoilt["submissionId"], b'{"submitTime": "2026-11-21T18:15:00+00:00"}').changed == 1
    assert operate.release(desk, Wanted((spoilt["submissionId"],))).changed == 1
    carry(hub)

    assert sorted(states(hub.ledger)) == ["accepted", "accepted", "re-routed"]
    found = account(hub.ledger)
    assert (found.balanced, found.total) == (True, 2)
    assert holders(held_of(stand_ins, hub.ledger)) == {lost["submissionId"]: ["essex"], spoilt["submissionId"]: ["kent"]}
