"""Voiding: only what certainly did not arrive is taken back, and a force hears of every number that is void."""

from datetime import timedelta

from hub.ledger.confirmations import confirm
from hub.ledger.deliveries import end_attempt, open_drops
from hub.ledger.drops import header_for, voided
from hub.ledger.ledger import Ledger
from hub.ledger.troubles import unmatched
from hub.ledger.voids import void
from hub.words import Lane
from tests.ledger.making import AT, a_route, begun, claimed, said, shared, states, waiting


def test_a_number_that_only_a_void_drop_has_named_is_announced_again(ledger: Ledger) -> None:
    first, second, third = waiting(ledger, 1, 2, 3)
    shared(ledger, [first])
    claim = claimed(ledger)
    assert void(ledger, claim, open_drops(ledger, claim)[0], AT, route="fallback", reason="outage")
    shared(ledger, [second])
    assert voided(ledger, a_route(), Lane.ROUTINE) == ()
    assert void(ledger, claim, open_drops(ledger, claim)[0], AT, route="fallback", reason="outage")
    assert header_for(ledger, a_route(), Lane.ROUTINE, AT).voided == (1, 2)
    shared(ledger, [third])
    assert voided(ledger, a_route(), Lane.ROUTINE) == ()


def test_a_drop_of_which_a_report_was_acknowledged_is_not_taken_back(ledger: Ledger) -> None:
    shared(ledger, waiting(ledger, 1, 2))
    claim = claimed(ledger)
    drop, attempt, _ = begun(ledger, claim)
    end_attempt(ledger, claim, drop, attempt, "unavailable", "connection-refused")
    assert confirm(ledger, "kent", "records-system", [said(1)], AT).accepted == 1
    assert not void(ledger, claim, drop, AT, route="fallback", reason="outage")
    assert states(ledger) == ["accepted", "sealed"]


def test_an_acknowledgement_of_a_drop_that_was_never_tried_is_an_alarm(ledger: Ledger) -> None:
    shared(ledger, waiting(ledger, 1))
    assert confirm(ledger, "kent", "records-system", [said(1)], AT).unmatched == 1
    assert [trouble.number for trouble in unmatched(ledger, AT - timedelta(days=1))] == [1]
