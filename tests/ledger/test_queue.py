import threading
from dataclasses import replace
from typing import Any

from hub.ledger.arrivals import record
from hub.ledger.changes import Author, Move
from hub.ledger.errors import Overtaken
from hub.ledger.ledger import Ledger
from hub.ledger.queue import HeldGroup, NotYet, claim, give_back, held, let_go, move, opened, still_claimed
from hub.ledger.tables import reports
from hub.words import Lane, Purpose, State
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, a_file, all_at_once, an_arrival, balanced, lapse, rows, states, submission_id, taken, waiting


def _names(ledger: Ledger, *asked: Any) -> list[str]:
    """The submissions that are claimed."""
    return [one.claimed.submission_id for one in opened(ledger, claim(ledger, *asked))]


def test_urgent_ones_come_first_and_by_themselves_then_all_in_the_order_of_their_arrival(ledger: Ledger) -> None:
    waiting(ledger, 1, 2)
    waiting(ledger, 3, 4, lane=Lane.URGENT)
    assert _names(ledger, 3) == [submission_id(n) for n in (3, 4)]
    assert _names(ledger, 1) == [submission_id(1)]
    assert _names(ledger, 3) == [submission_id(2)]


def test_a_claim_brings_the_submission_with_its_files(ledger: Ledger) -> None:
    record(ledger, [an_arrival(1, attachments=(a_file(2, b"two"), a_file(1)), lane=Lane.URGENT)], AT)
    (found,) = taken(ledger, 1)
    one = found.claimed
    assert (found.body, one.force, one.service, one.lane, one.route) == (b"submission 1", "kent", "crime", Lane.URGENT, None)
    assert [(kept.number, kept.media_type, kept.stored.size) for kept in one.attachments] == [(1, "image/jpeg", 4), (2, "image/jpeg", 3)]


def test_only_what_waits_is_claimed(ledger: Ledger) -> None:
    record(ledger, [an_arrival(1, state=State.HELD, code="force-not-live"), an_arrival(2, state=State.QUARANTINED, code="not-json")], AT)
    assert claim(ledger, 10) == []


def test_a_claim_can_be_for_some_forces_and_leave_others_to_wait_for_their_slot(ledger: Ledger) -> None:
    record(ledger, [an_arrival(1), an_arrival(2, force="essex"), an_arrival(3, force="essex", lane=Lane.URGENT)], AT)
    assert _names(ledger, 10, set()) == []
    assert _names(ledger, 10, {"essex"}, {Lane.ROUTINE: NotYet({"essex"})}) == [submission_id(3)]
    assert _names(ledger, 10) == [submission_id(2), submission_id(1)]  # force by force


def test_nobody_gets_what_another_has_claimed_until_its_lease_is_over(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    waiting(first, 1, 2)
    ids = claim(first, 10)
    assert claim(second, 10) == []
    lapse(first)
    assert claim(second, 10) == ids
    assert still_claimed(first, ids) == set()
    assert still_claimed(second, ids) == set(ids)


def test_what_is_given_back_is_free_at_once_and_only_its_own_worker_gives_it(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    waiting(first, 1)
    ids = claim(first, 10)
    give_back(second, ids)
    assert claim(second, 10) == []
    give_back(first, ids)
    assert _names(second, 10) == [submission_id(1)]


def test_a_change_of_state_ends_the_claim(ledger: Ledger) -> None:
    waiting(ledger, 1)
    (one,) = claim(ledger, 1)
    move(ledger, Author("prepare", AT), {"kent": [Move(one, State.WAITING, State.HELD, code="no-route")]})
    (row,) = rows(ledger, reports)
    assert (row["worker"], row["lease_until"]) == (None, None)


def test_many_workers_at_once_never_claim_one_report_twice(open_ledger: OpenLedger) -> None:
    ledgers = [open_ledger(worker=str(number)) for number in range(4)]
    ids = waiting(ledgers[0], *range(60))
    found: list[int] = []

    def work(ledger: Ledger) -> None:
        while some := claim(ledger, 7):
            found.extend(some)

    all_at_once(work, ledgers)
    assert sorted(found) == ids


def test_bytes_that_are_gone_are_told_and_hold_up_nobody_else(ledger: Ledger) -> None:
    large = ledger.store.put("kent", b"x" * 100_000)
    record(ledger, [an_arrival(1, body=replace(large, uri="kent/00/gone")), an_arrival(2)], AT)
    assert [one.body for one in taken(ledger, 10)] == [None, b"submission 2"]


def test_a_large_body_comes_from_the_store(ledger: Ledger) -> None:
    record(ledger, [an_arrival(1, body=ledger.store.put("kent", b"x" * 100_000))], AT)
    assert taken(ledger, 1)[0].body == b"x" * 100_000


def test_more_than_one_statement_holds_is_claimed_and_given_back(ledger: Ledger) -> None:
    ids = waiting(ledger, *range(1_100))
    assert claim(ledger, 2_000) == ids
    assert [one.claimed.submission_id for one in opened(ledger, ids)] == [submission_id(n) for n in range(1_100)]
    give_back(ledger, ids)
    assert len(claim(ledger, 2_000)) == 1_100


def test_held_reports_are_counted_by_force_service_and_code_and_let_go_together(ledger: Ledger) -> None:
    record(ledger, [an_arrival(n, state=State.HELD, code="service-not-live") for n in (1, 2)], AT)
    record(ledger, [an_arrival(3, state=State.HELD, code="no-route"), an_arrival(4, state=State.HELD, code="no-route", force="essex")], AT)
    groups = held(ledger)
    same = (Lane.ROUTINE, Purpose.PRIMARY, None)
    assert groups == [
        HeldGroup("essex", "crime", *same, "no-route", False, 1),
        HeldGroup("kent", "crime", *same, "no-route", False, 1),
        HeldGroup("kent", "crime", *same, "service-not-live", False, 2),
    ]
    assert [let_go(ledger, group, AT) for group in groups[1:]] == [1, 2]
    assert states(ledger) == ["waiting", "waiting", "held no-route", "waiting"]  # force by force
    assert let_go(ledger, groups[1], AT) == 0
    assert balanced(ledger)


def test_two_workers_let_one_group_go_without_standing_in_each_others_way(open_ledger: OpenLedger) -> None:
    ledgers = [open_ledger(worker=str(number)) for number in range(3)]
    record(ledgers[0], [an_arrival(n, state=State.HELD, code="no-route") for n in range(50)], AT)
    (group,), start, let = held(ledgers[0]), threading.Barrier(3), list[int | Overtaken]()

    def go(ledger: Ledger) -> None:
        start.wait()
        try:
            let.append(let_go(ledger, group, AT))
        except Overtaken as overtaken:
            let.append(overtaken)

    all_at_once(go, ledgers)
    assert sorted(let, key=str) == [0, 0, 50]
    assert balanced(ledgers[0])
