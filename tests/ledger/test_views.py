"""What people and judges ask the ledger: where things stand, what became of every arrival, and the whole way of one."""

from datetime import timedelta

from hub.ledger.arrivals import record
from hub.ledger.confirmations import confirm
from hub.ledger.deliveries import begin_attempt, end_attempt, open_drops, pieces, record_results
from hub.ledger.fates import SealedPayload, delivered_payloads, fates
from hub.ledger.lanes import release_lane
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Result
from hub.ledger.standing import Work, routes_to_confirm, routes_with_work, standing
from hub.ledger.tables import payloads
from hub.ledger.trace import trace
from hub.mapping.record import Signal
from hub.words import UNKNOWN, Lane, PayloadState, State
from tests.ledger.making import AT, a_piece, an_arrival, begun, claimed, own, rows, said, sealed, shared, submission_id, waiting


def _delivered(ledger: Ledger) -> None:
    """Everything that is sealed for Kent's routine lane arrives."""
    claim = claimed(ledger)
    while open_drops(ledger, claim):
        drop, attempt, left = begun(ledger, claim)
        record_results(ledger, claim, drop, attempt, [Result(p.id, PayloadState.DELIVERED, "http-201") for p in left], (), AT)
        end_attempt(ledger, claim, drop, attempt, "delivered")
    release_lane(ledger, claim)


def test_nothing_stands_in_an_empty_ledger(ledger: Ledger) -> None:
    told = [*standing(ledger), *fates(ledger), *delivered_payloads(ledger), *trace(ledger, submission_id(1))]
    assert told == []
    assert {**routes_with_work(ledger), **routes_to_confirm(ledger)} == {}


def test_a_force_stands_where_its_reports_and_drops_stand(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2))
    _delivered(ledger)
    own(ledger, waiting(ledger, 3))
    record(ledger, [an_arrival(4, state=State.HELD, code="no-route")], AT - timedelta(days=9))
    record(ledger, [an_arrival(5)], AT - timedelta(hours=1))
    claim = claimed(ledger)
    drop, attempt, _ = begun(ledger, claim)
    end_attempt(ledger, claim, drop, attempt, "unavailable", "http-503", wait=timedelta(seconds=9))
    (kent,) = standing(ledger)
    assert (kent.force, kent.states) == ("kent", {State.DELIVERED: 2, State.SEALED: 1, State.HELD: 1, State.WAITING: 1})
    assert (kent.open, kent.sealed_drops, kent.last_delivery, kent.error) == (5, 1, AT, "http-503")
    assert kent.oldest == AT - timedelta(hours=1)


def test_the_error_of_a_force_is_that_of_the_last_attempt_at_any_of_its_drops(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1))
    own(ledger, waiting(ledger, 2, lane=Lane.URGENT), lane=Lane.URGENT)
    for lane, code in ((Lane.ROUTINE, "timed-out"), (Lane.URGENT, "connection-refused")):
        claim = claimed(ledger, lane)
        drop, attempt, _ = begun(ledger, claim)
        end_attempt(ledger, claim, drop, attempt, "unavailable", code, wait=timedelta(seconds=9))
    assert (standing(ledger)[0].sealed_drops, standing(ledger)[0].error) == (2, "connection-refused")


def test_a_drop_in_doubt_is_no_delivery(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1))
    claim = claimed(ledger)
    drop, attempt, left = begun(ledger, claim)
    record_results(ledger, claim, drop, attempt, [Result(left[0].id, PayloadState.IN_DOUBT)], (), AT)
    assert (standing(ledger)[0].last_delivery, standing(ledger)[0].sealed_drops) == (None, 0)


def test_a_route_has_work_while_a_drop_is_to_go(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2))
    own(ledger, waiting(ledger, 3))
    sealed(ledger, waiting(ledger, 4, force="essex"), [a_piece("essex")], Lane.URGENT, "essex")
    assert routes_with_work(ledger) == {("kent", "records-system"): Work(3, 1), ("essex", "records-system"): Work(1, 1)}
    assert routes_with_work(ledger, {"essex"}).keys() == {("essex", "records-system")}
    _delivered(ledger)
    assert routes_with_work(ledger).keys() == {("essex", "records-system")}


def test_a_route_is_to_be_asked_while_something_may_have_arrived(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2))
    assert routes_to_confirm(ledger) == {}
    claim = claimed(ledger)
    drop = open_drops(ledger, claim)[0]
    begin_attempt(ledger, claim, drop, pieces(ledger, drop))
    assert routes_to_confirm(ledger) == {("kent", "records-system"): 2}
    confirm(ledger, "kent", "records-system", [said(1), said(2)], AT)
    assert routes_to_confirm(ledger) == {}


def test_every_arrival_has_its_fate_in_the_order_of_their_coming(ledger: Ledger) -> None:
    unreadable = an_arrival(9, state=State.QUARANTINED, code="not-json", submission_id=None, force=UNKNOWN, service=UNKNOWN)
    record(ledger, [an_arrival(1, name="a.ndjson:1", lane=Lane.URGENT), unreadable._replace(name="b.json")], AT)
    assert [(f.name, f.submission_id, f.force, f.service, f.state, f.code, f.lane) for f in fates(ledger)] == [
        ("a.ndjson:1", submission_id(1), "kent", "crime", "waiting", None, "urgent"),
        ("b.json", None, UNKNOWN, UNKNOWN, "quarantined", "not-json", "routine"),
    ]


def test_what_was_delivered_is_told_as_it_was_sealed(ledger: Ledger) -> None:
    shared(ledger, waiting(ledger, 1))
    assert list(delivered_payloads(ledger)) == []
    _delivered(ledger)
    told = [SealedPayload("kent", "records-system", row["key"], row["name"], row["digest"]) for row in rows(ledger, payloads)]
    assert list(delivered_payloads(ledger)) == told


def test_a_trace_tells_the_whole_way_and_no_value(ledger: Ledger) -> None:
    record(ledger, [an_arrival(1, reference="SOH-1", signals=(Signal("boolean-as-text", "people.disability"),))], AT)
    own(ledger, [1])
    claim = claimed(ledger)
    drop, attempt, _ = begun(ledger, claim)
    end_attempt(ledger, claim, drop, attempt, "unavailable", "connection-refused")
    release_lane(ledger, claim)
    _delivered(ledger)
    confirm(ledger, "kent", "records-system", [said(1)], AT)
    (told,) = trace(ledger, submission_id(1))
    assert trace(ledger, "SOH-1") == [told]
    assert (told.force, told.service, told.day, told.name, told.states) == (
        "kent",
        "crime",
        "2026-11-22",
        "1.json",
        {"records-system": "accepted"},
    )
    assert [(step.what, step.action, step.actor) for step in told.steps] == [
        ("waiting", "pick up", "hub"),
        ("waiting → sealed", "seal", "hub"),
        ("sealed → delivered", "deliver", "hub"),
        ("delivered → accepted", "confirm", "hub"),
    ]
    (journey,) = told.drops
    assert (journey.drop, journey.state, journey.receipt) == (drop.key, "delivered", "http-201")
    assert journey.attempts == ("1 unavailable (connection-refused)", "2 delivered")
    assert told.signals == {"boolean-as-text people.disability": 1}
    assert told.acknowledgements == ("records-system: accepted as KENT-1",)
    assert "submission 1" not in repr(told)


def test_a_trace_shows_every_arrival_of_an_id(ledger: Ledger) -> None:
    record(ledger, [an_arrival(1), an_arrival(1, arrival="again", name="again.json")], AT)
    assert [(told.name, told.states) for told in trace(ledger, submission_id(1))] == [
        ("1.json", {"not chosen yet": "waiting"}),
        ("again.json", {"not chosen yet": "duplicate"}),
    ]


def test_an_attempt_whose_worker_died_is_told_as_broken_off(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1))
    begun(ledger, claimed(ledger))
    assert trace(ledger, submission_id(1))[0].drops[0].attempts == ("1 broken off",)
