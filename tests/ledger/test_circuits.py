"""One probe at a time: claimed by one worker, given back when there was nothing to probe with, put off when it failed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.ledger.circuits import claim_probe, close, end_probe, open_circuits, took_something_since, trip
from hub.ledger.deliveries import end_attempt, record_results
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Result
from hub.ledger.tables import circuits
from hub.words import PayloadState
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, a_route, begun, claimed, own, rows, waiting

KENT = a_route().endpoint
DUE, LATER = AT.replace(year=2000), AT.replace(year=2100)


def test_one_worker_probes_at_a_time_and_what_it_gives_back_another_may_have_at_once(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    trip(first, KENT, "timeout", AT, DUE)
    assert (claim_probe(first, KENT), claim_probe(second, KENT)) == (True, False)
    assert not claim_probe(first, KENT)  # another thread of the same process
    end_probe(second, KENT)  # not its own
    assert not claim_probe(second, KENT)
    end_probe(first, KENT)
    assert (claim_probe(second, KENT), claim_probe(first, KENT)) == (True, False)


def test_a_probe_that_could_not_be_given_back_is_this_workers_again_and_nobody_elses(open_ledger: OpenLedger) -> None:
    """The database was gone for the moment in which a delivery ended."""
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    trip(first, KENT, "timeout", AT, DUE)
    assert claim_probe(first, KENT)
    write = first.write

    def gone() -> None:
        raise LedgerUnavailable("it was restarted")

    first.write = gone  # type: ignore[assignment]  # as a database that is not there
    with pytest.raises(LedgerUnavailable):
        end_probe(first, KENT)
    with pytest.raises(LedgerUnavailable):
        claim_probe(first, KENT)
    first.write = write
    assert (claim_probe(second, KENT), claim_probe(first, KENT), claim_probe(first, KENT)) == (False, True, False)


def test_a_probe_that_failed_is_put_off_and_is_the_same_incident(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    assert trip(first, KENT, "timeout", AT, DUE)
    assert claim_probe(first, KENT)
    assert not trip(first, KENT, "http-503", AT + timedelta(hours=1), LATER)
    assert (claim_probe(first, KENT), claim_probe(second, KENT)) == (False, False)
    (circuit,) = open_circuits(first).values()
    assert (circuit.incident, circuit.code, circuit.opened_at, circuit.probes) == (1, "timeout", AT, 1)


def test_a_circuit_that_closed_leaves_nobody_at_it_and_opens_anew_as_another_incident(ledger: Ledger) -> None:
    trip(ledger, KENT, "timeout", AT, DUE)
    claim_probe(ledger, KENT)
    assert (close(ledger, KENT), close(ledger, KENT), open_circuits(ledger)) == (True, False, {})
    assert [(row["worker"], row["lease_until"], row["probe_at"]) for row in rows(ledger, circuits)] == [(None, None, None)]
    assert not claim_probe(ledger, KENT)
    assert trip(ledger, KENT, "http-503", AT, DUE)
    assert [(row["incidents"], row["code"]) for row in rows(ledger, circuits)] == [(2, "http-503")]


def test_whether_an_endpoint_took_something_since_goes_by_the_order_of_the_attempts(ledger: Ledger) -> None:
    """Two drops of one lane, the first tried in vain, then delivered: since the first try it took something, since its own last not."""
    own(ledger, waiting(ledger, 1))
    own(ledger, waiting(ledger, 2))
    claim = claimed(ledger)
    first, attempt, left = begun(ledger, claim)
    end_attempt(ledger, claim, first, attempt, "unavailable", "timeout")
    assert not took_something_since(ledger, KENT, first.id)
    _, attempt, left = begun(ledger, claim)
    record_results(ledger, claim, first, attempt, [Result(piece.id, PayloadState.DELIVERED) for piece in left], (), AT)
    end_attempt(ledger, claim, first, attempt, "delivered")
    second, _, _ = begun(ledger, claim)
    assert took_something_since(ledger, KENT, first.id)
    assert not took_something_since(ledger, KENT, second.id)
    assert not took_something_since(ledger, replace(KENT, instance="another"), first.id)
