import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.contracts import Absent, CannotTell, Finding, Found, Misconfigured, Payload, Receipt, Refused, Unavailable, Uncertain
from hub.ledger.changes import Author
from hub.ledger.choosing import Wanted, choose
from hub.ledger.errors import LedgerUnavailable, Overtaken
from hub.ledger.lanes import claim_lane
from hub.ledger.ledger import Ledger
from hub.ledger.settling import settle_doubt
from hub.ledger.tables import attempts, drops, lanes, payloads, reports
from hub.reasons import Arrived
from hub.steps.deliver import ENDPOINT_CHANGED, deliver
from hub.steps.retry import Retry
from hub.words import Environment, Lane, PayloadKind, State
from tests.ledger.ledgers import MASTERS
from tests.ledger.making import AT, lapse, rows, shared, submission_id, waiting
from tests.steps.fakes import FarEnd, Lost, broken
from tests.steps.house import ESSEX, KENT, PATIENT, House, sent, wire

URGENT = wire(0)["digitalReport"] | {"safeguarding": {"immediateDanger": True}}
ONCE_MORE = Retry(attempts=9, first=0.0, longest=0.0, jitter=0.0)
DOWN = Unavailable("connection-refused")


def _essex(house: House) -> FarEnd:
    return house.far_ends["essex"]


def _numbers(keys: list[str]) -> list[int]:
    """The submissions whose own payloads these are."""
    return [int(key[-12:]) for key in keys]


def _outcomes(house: House) -> list[tuple[str | None, str | None]]:
    return [(row["outcome"], row["code"]) for row in rows(house.ledger, attempts)]


def test_every_sealed_drop_is_sent_in_order_and_what_was_sealed_arrives(house: House) -> None:
    for number in (1, 2, 3):
        house.sealed(number)
    done = house.deliver()
    assert (done.drops, done.reports, done.last_sequence, done.stopped) == (3, 3, 3, None)
    assert _numbers(_essex(house).sent) == [1, 2, 3]
    assert list(_essex(house).held.values()) == [f"{submission_id(n)}\n".encode() for n in (1, 2, 3)]
    assert house.states() == ["delivered"] * 3
    assert [row["reference"] for row in rows(house.ledger, reports)] == ["REF-1", "REF-2", "REF-3"]
    assert _outcomes(house) == [("delivered", None)] * 3


def test_nothing_sealed_is_nothing_to_do(house: House) -> None:
    done = house.deliver()
    assert (done.drops, done.stopped, _essex(house).sent) == (0, None, [])


def test_the_urgent_lane_goes_first_whenever_it_was_sealed(house: House) -> None:
    house.sealed(1)
    house.pick_up(sent(2, ESSEX, digitalReport=URGENT))
    house.prepare()
    house.deliver()
    assert _numbers(_essex(house).sent) == [2, 1]


def test_attachments_leave_first_and_the_manifest_last(house: House) -> None:
    house.sealed(1, 2, force=KENT, files={"a.txt": b"a"})
    house.deliver("kent")
    kinds = [row["kind"] for row in rows(house.ledger, payloads)]
    assert kinds == ["attachment", "attachment", "records", "manifest"]
    assert house.far_ends["kent"].sent == [row["key"] for row in rows(house.ledger, payloads)]


def test_what_stops_in_the_middle_goes_on_with_the_rest_and_sends_nothing_again(house: House) -> None:
    house.sealed(1, 2, 3, 4)
    _essex(house).faults = [None, None, DOWN]
    done = house.deliver()
    assert (done.stopped, done.again, done.reports) == ("connection-refused", True, 2)
    assert house.states() == ["delivered", "delivered", "sealed", "sealed"]
    house.deliver()
    assert _numbers(_essex(house).sent) == [1, 2, 3, 3, 4]
    assert (_essex(house).asked, house.states()) == ([], ["delivered"] * 4)


def test_the_next_drop_never_goes_before_the_one_that_stopped(house: House) -> None:
    house.sealed(1)
    house.sealed(2)
    _essex(house).faults = [DOWN, DOWN]
    for _ in range(2):
        assert house.deliver().drops == 0
    assert _numbers(_essex(house).sent) == [1, 1]
    house.deliver()
    assert _numbers(_essex(house).sent) == [1, 1, 1, 2]


def test_a_lane_that_stops_keeps_the_other_from_beginning(house: House) -> None:
    house.pick_up(sent(1, ESSEX), sent(2, ESSEX, digitalReport=URGENT))
    house.prepare()
    _essex(house).faults = [DOWN]
    house.deliver()
    assert _numbers(_essex(house).sent) == [2]


def test_an_answer_that_was_lost_is_looked_up_at_once_and_not_sent_again(house: House) -> None:
    house.sealed(1, 2)
    _essex(house).faults = [Lost(kept=True)]
    done = house.deliver()
    assert (done.stopped, house.states(), _numbers(_essex(house).asked)) == (None, ["delivered"] * 2, [1])
    assert _essex(house).sends().most_common(1)[0][1] == 1
    assert [row["receipt"] for row in rows(house.ledger, payloads)] == ["found", "http-201"]


def test_what_is_absent_a_moment_later_is_looked_up_again_before_it_is_sent(house: House) -> None:
    """It was still on its way when we asked."""
    house.sealed(1, 2)
    _essex(house).faults, _essex(house).findings = [Lost(kept=True)], [Absent()]
    done = house.deliver()
    assert (done.stopped, done.again, house.states()) == ("timeout", True, ["sealed", "sealed"])
    house.deliver()
    assert (_numbers(_essex(house).sent), _numbers(_essex(house).asked)) == ([1, 2], [1, 1])
    assert house.states() == ["delivered"] * 2


def test_what_is_absent_at_the_next_attempt_is_sent_and_only_then(house: House) -> None:
    house.sealed(1, 2)
    _essex(house).faults = [Lost(kept=False)]
    house.deliver()
    house.deliver()
    assert (_numbers(_essex(house).sent), _numbers(_essex(house).asked)) == ([1, 1, 2], [1, 1])
    assert house.states() == ["delivered"] * 2


def test_a_look_up_that_gets_no_answer_sends_nothing_and_is_asked_again(house: House) -> None:
    house.sealed(1)
    _essex(house).faults = [Lost(kept=True)]
    _essex(house).findings = [DOWN, Uncertain("timeout"), Unavailable("http-503", retry_after=7), Found()]
    for stopped in ("timeout", "timeout", "http-503"):
        assert house.deliver().stopped == stopped
    house.deliver()
    assert (_numbers(_essex(house).sent), house.states()) == ([1], ["delivered"])
    assert _outcomes(house) == [("uncertain", "timeout"), ("unavailable", "timeout"), ("unavailable", "http-503"), ("delivered", None)]


@pytest.mark.parametrize("finding", [CannotTell("no look-up"), Refused("http-400")], ids=["cannot-tell", "refuses-to-say"])
def test_what_the_far_end_cannot_tell_is_in_doubt_and_never_sent_again(house: House, finding: Finding | Exception) -> None:
    house.sealed(1, 2)
    _essex(house).faults, _essex(house).findings = [Lost(kept=True)], [Absent(), finding]
    house.deliver()
    done = house.deliver()
    assert (done.in_doubt, house.states()) == (1, ["in doubt", "delivered"])
    assert _numbers(_essex(house).sent) == [1, 2]
    assert rows(house.ledger, drops)[0]["state"] == "in doubt"
    house.deliver()
    assert _numbers(_essex(house).sent) == [1, 2]


def test_only_what_was_tried_is_in_doubt_at_a_far_end_that_offers_no_look_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.sealed(*range(1, 9))
    _essex(house).faults = [None, Lost(kept=False)]
    monkeypatch.setattr(_essex(house), "find", lambda _: CannotTell("no look-up"))
    house.deliver()
    house.deliver()
    assert house.states() == ["delivered", "in doubt", *["delivered"] * 6]


def test_a_report_that_the_force_refuses_is_quarantined_alone_with_its_reason(house: House) -> None:
    house.sealed(1, 2, 3)
    _essex(house).refuses = {submission_id(2): Refused("postcode-unknown", "https://force.example refused it: postcode-unknown")}
    done = house.deliver()
    assert (done.refused, done.reports, done.stopped) == (1, 2, None)
    assert house.states() == ["delivered", "quarantined refused", "delivered"]
    assert house.where()[1] == "postcode-unknown"


def test_a_report_whose_attachment_the_force_refuses_is_not_sent_without_it(house: House) -> None:
    house.sealed(1, 2, files={"a.txt": b"a", "b.txt": b"b"})
    _essex(house).refuses = {f"{submission_id(1)}.2.txt": Refused("http-413")}
    done = house.deliver()
    assert (done.refused, done.reports) == (1, 1)
    assert house.states() == ["quarantined refused", "delivered"]
    assert house.where()[0] == "attachment http-413"
    assert not any(key.endswith(f"/{submission_id(1)}") for key in _essex(house).sent)


def test_an_attachment_that_a_force_of_drops_refuses_takes_out_its_report_and_the_others_come_with_the_next_drop(house: House) -> None:
    kent = house.far_ends["kent"]
    house.sealed(1, 2, 3, force=KENT, files={"a.txt": b"a"})
    kent.refuses = {f"{submission_id(2)}.1.txt": Refused("virus")}
    done = house.deliver("kent")
    assert (done.refused, done.waiting, done.reports) == (1, 2, 0)
    assert house.states() == ["waiting", "quarantined refused", "waiting"]
    assert not any(key.endswith(("manifest.json", ".000001")) for key in kent.sent)
    kent.refuses, kent.held = {}, {}
    house.prepare()
    house.deliver("kent")
    assert house.states() == ["delivered", "quarantined refused", "delivered"]
    assert [(row["sequence"], row["state"]) for row in rows(house.ledger, drops)] == [(1, "voided"), (2, "delivered")]
    assert b'"voided": [\n    1\n  ]' in kent.held[kent.sent[-1]]


def test_a_drop_whose_records_are_refused_sends_no_manifest(house: House) -> None:
    house.sealed(1, 2, force=KENT)
    house.far_ends["kent"].refuses = {".000001": Refused("quota")}
    house.deliver("kent")
    assert len(house.far_ends["kent"].sent) == 1
    assert house.states() == ["quarantined refused"] * 2


def test_a_wrong_setting_stops_the_route_without_trying_again(house: House) -> None:
    house.sealed(1)
    house.sealed(2)
    _essex(house).faults = [Misconfigured("host-key-differs", "ask the force why")]
    done = house.deliver()
    assert (done.stopped, done.again, len(_essex(house).sent)) == ("host-key-differs", False, 1)
    assert house.states() == ["sealed", "sealed"]
    assert _outcomes(house) == [("misconfigured", "host-key-differs")]
    house.deliver()
    assert house.states() == ["delivered", "delivered"]
    assert _essex(house).asked == []


def test_attempts_are_counted_over_runs_and_the_last_of_them_asks_for_no_more(house: House) -> None:
    house.sealed(1)
    _essex(house).faults = [DOWN] * 3
    retry = Retry(attempts=3, first=10.0, longest=15.0, jitter=0.0)
    told = [house.deliver(retry=retry) for _ in range(3)]
    assert [one.again for one in told] == [True, True, False]
    assert rows(house.ledger, drops)[0]["attempts"] == 3
    waits = [one.again_at - row["ended_at"] for one, row in zip(told, rows(house.ledger, attempts), strict=True) if one.again_at]
    assert waits == [timedelta(seconds=10), timedelta(seconds=15), timedelta(seconds=15)]


def test_the_far_ends_own_wish_to_wait_is_honoured(house: House) -> None:
    house.sealed(1)
    _essex(house).faults = [Unavailable("http-429", retry_after=600)]
    done = house.deliver(retry=Retry(attempts=3, first=1.0, jitter=0.0))
    assert done.again_at is not None
    assert done.again_at - rows(house.ledger, attempts)[0]["ended_at"] == timedelta(seconds=600)


@pytest.mark.parametrize("parallel", [2, 5])
def test_a_far_end_that_takes_many_at_once_gets_each_once(house: House, parallel: int) -> None:
    house.sealed(*range(150))
    _essex(house).parallel = parallel
    done = house.deliver()
    assert (done.reports, house.states()) == (150, ["delivered"] * 150)
    assert sorted(_numbers(_essex(house).sent)) == list(range(150))


def test_with_many_at_once_nothing_more_is_begun_after_the_first_that_stops(house: House) -> None:
    house.sealed(*range(60))
    end = _essex(house)
    end.parallel = 3
    end.faults = [None] * 5 + [DOWN] * 60
    house.deliver()
    assert len(end.sent) < 5 + 3 + 3
    end.faults = []
    house.deliver()
    assert house.states() == ["delivered"] * 60
    assert end.asked == []


def test_with_many_at_once_what_is_uncertain_outweighs_what_is_not(house: House) -> None:
    """One answer was lost while the others were turned away: the one is looked up, the others are simply sent."""
    house.sealed(1, 2, 3, 4)
    end, both = _essex(house), threading.Barrier(2)
    end.parallel = 2
    really = end.send

    def send(payload: object) -> object:
        number = int(payload.key[-12:])  # type: ignore[attr-defined]  # a payload
        if number in (1, 2):
            both.wait(5)
        if number == 1:
            end.faults = [Lost(kept=False)]
            return really(payload)  # type: ignore[arg-type]  # handed on as it came
        raise DOWN

    end.send = send  # type: ignore[method-assign, assignment]  # for this attempt
    house.deliver()
    assert _outcomes(house) == [("uncertain", "timeout")]
    end.send, end.parallel = really, 1  # type: ignore[method-assign]  # well again
    end.asked.clear()
    house.deliver()
    assert (_numbers(end.asked), house.states()) == ([1], ["delivered"] * 4)


def test_an_error_that_the_transport_should_not_have_raised_counts_as_uncertain(house: House) -> None:
    """A defect of an adapter: nobody knows what it did, so it is looked up before anything is sent again."""
    house.sealed(1)
    _essex(house).faults = [ZeroDivisionError()]
    with pytest.raises(ZeroDivisionError):
        house.deliver()
    assert (house.states(), _outcomes(house)) == (["sealed"], [(None, None)])
    house.deliver()
    assert (_numbers(_essex(house).asked), house.states()) == ([1], ["delivered"])


def test_a_ledger_that_goes_away_after_the_send_leads_to_a_look_up_and_no_second_send(house: House) -> None:
    house.sealed(1, 2)
    with broken("hub.steps.deliver.record_results", LedgerUnavailable("it went away")), pytest.raises(LedgerUnavailable):
        house.deliver()
    house.deliver()
    assert (_numbers(_essex(house).sent), _numbers(_essex(house).asked)) == ([1, 2], [1, 2])
    assert house.states() == ["delivered"] * 2


def test_a_worker_that_dies_while_sending_leaves_its_lane_to_the_next_which_looks_first(house: House) -> None:
    """The first of three has arrived when it dies; nothing of that is in the ledger yet."""
    house.sealed(1, 2, 3)
    dead = Ledger(str(house.ledger.database.url), house.ledger.store.url, masters=MASTERS, worker="dead")
    _essex(house).faults = [None, KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        deliver(dead, house.route("essex"), _essex(house), house.clock)
    claim_lane(dead, "essex", "records-system", Lane.ROUTINE)  # its lane was never given back
    dead.close()
    assert house.deliver().drops == 0
    lapse(house.ledger)
    house.deliver()
    assert (_numbers(_essex(house).sent), _numbers(_essex(house).asked)) == ([1, 2, 2, 3], [1, 2, 3])
    assert house.states() == ["delivered"] * 3


def test_a_worker_that_dies_between_the_records_and_the_manifest_leaves_both_to_be_looked_up(house: House) -> None:
    """They are written down together, before the first and after the last of them: in between nobody knows."""
    house.sealed(1, 2, force=KENT)
    kent = house.far_ends["kent"]
    kent.faults = [None, KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        house.deliver("kent")
    assert {row["state"] for row in rows(house.ledger, payloads)} == {"sealed"}
    lapse(house.ledger)
    house.deliver("kent")
    records, manifest = (row["key"] for row in rows(house.ledger, payloads))
    assert (kent.sent, kent.asked) == ([records, manifest, manifest], [records, manifest])
    assert house.states() == ["delivered"] * 2


def _dead_after(house: House, arrived: int) -> FarEnd:
    """The far end of two reports in two tables and a manifest: so many of these had arrived when the worker died, unwritten."""
    shared(house.ledger, waiting(house.ledger, 1, 2), tables=2)
    kent = house.far_ends["kent"]
    kent.faults = [*[None] * arrived, KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        house.deliver("kent")
    lapse(house.ledger)
    return kent


def test_whatever_an_earlier_attempt_may_have_brought_is_looked_up_before_it_counts_as_void(house: House) -> None:
    """All three were sent, and nobody wrote it down; the far end cannot tell. Then a person must be able to say that they arrived."""
    kent = _dead_after(house, 2)
    kent.findings = [CannotTell("moved")] * 3
    house.deliver("kent")
    assert len(kent.sent) == len(kent.asked) == 3
    assert [row["state"] for row in rows(house.ledger, payloads)] == ["in doubt"] * 3
    chosen = choose(house.ledger, Wanted(), {State.IN_DOUBT})
    settled = settle_doubt(house.ledger, chosen, Arrived.ARRIVED, Author("settle", AT, "somebody"))
    assert (settled.by_force.total(), settled.refused) == (2, [])


def test_what_is_not_there_is_void_with_what_is_in_doubt_before_it(house: House) -> None:
    kent = _dead_after(house, 1)
    kent.findings = [CannotTell("moved")]
    house.deliver("kent")
    assert [row["state"] for row in rows(house.ledger, payloads)] == ["in doubt", "voided", "voided"]
    assert (len(kent.sent), len(kent.asked)) == (2, 3)
    assert house.states() == ["in doubt"] * 2


def test_after_a_table_of_which_nothing_was_taken_no_other_leaves_and_its_reports_are_sealed_anew(house: House) -> None:
    shared(house.ledger, waiting(house.ledger, 1, 2), tables=2)
    kent = house.far_ends["kent"]
    kent.faults = [Refused("bad", reports=((submission_id(1), "bad-postcode"),))]
    house.deliver("kent")
    assert (len(kent.sent), kent.held) == (1, {})
    assert [row["state"] for row in rows(house.ledger, payloads)] == ["voided"] * 3
    assert house.states() == ["quarantined refused", "waiting"]


def test_a_table_that_an_earlier_attempt_may_have_brought_is_looked_up_when_one_before_it_is_not_taken(house: House) -> None:
    kent = _dead_after(house, 2)
    kent.findings, kent.faults = [Absent()], [Refused("bad", reports=((submission_id(1), "bad-postcode"),))]
    house.deliver("kent")
    assert (len(kent.sent), len(kent.asked)) == (4, 3)
    assert [row["state"] for row in rows(house.ledger, payloads)] == ["voided", "delivered", "voided"]
    assert house.states() == ["quarantined refused", "waiting"]


@pytest.mark.parametrize("fault", [LedgerUnavailable("the store is away", "wait"), KeyboardInterrupt()], ids=["store", "death"])
def test_what_a_far_end_refused_of_the_records_is_not_lost_with_the_manifest(
    house: House, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    house.sealed(1, 2, force=KENT)
    kent = house.far_ends["kent"]
    really, kent.faults = kent.send, [None, fault]

    def send(payload: Payload) -> Receipt:
        told = really(payload)
        return replace(told, refused=((submission_id(1), "bad-postcode"),)) if payload.kind == PayloadKind.RECORDS else told

    monkeypatch.setattr(kent, "send", send)
    with pytest.raises(type(fault)):
        house.deliver("kent")
    lapse(house.ledger)
    house.deliver("kent")
    assert house.states() == ["quarantined refused", "delivered"]


def test_records_that_may_have_arrived_are_followed_by_no_manifest_before_it_is_known(house: House) -> None:
    house.sealed(1, 2, force=KENT)
    kent = house.far_ends["kent"]
    kent.faults = [Lost(kept=True)]
    kent.findings = [Uncertain("timeout")]
    house.deliver("kent")
    assert len(kent.sent) == 1
    house.deliver("kent")
    records, manifest = (row["key"] for row in rows(house.ledger, payloads))
    assert (kent.sent, kent.asked) == ([records, manifest], [records, records])
    assert house.states() == ["delivered"] * 2


def test_a_worker_that_was_overtaken_while_it_sent_sends_nothing_more(house: House) -> None:
    house.sealed(1, 2, 3)
    end, really = _essex(house), _essex(house).send
    second = Ledger(str(house.ledger.database.url), house.ledger.store.url, masters=MASTERS, worker="second")

    def send(payload: object) -> object:
        if not second.under_way:
            lapse(second)
            assert claim_lane(second, "essex", "records-system", Lane.ROUTINE)
        return really(payload)  # type: ignore[arg-type]  # handed on as it came

    end.send = send  # type: ignore[method-assign, assignment]  # the first of three takes too long
    end.faults = [None, DOWN]
    with pytest.raises(Overtaken):
        house.deliver()
    second.close()
    assert house.states() == ["sealed"] * 3
    assert rows(house.ledger, lanes)[0]["worker"] == "second"


def test_a_lane_that_another_worker_sends_is_left_to_it(house: House) -> None:
    house.sealed(1)
    second = Ledger(str(house.ledger.database.url), house.ledger.store.url, masters=MASTERS, worker="second")
    assert claim_lane(second, "essex", "records-system", Lane.ROUTINE)
    second.close()
    assert (house.deliver().drops, _essex(house).sent) == (0, [])


def test_progress_is_told_drop_by_drop(house: House) -> None:
    house.sealed(1, 2)
    house.sealed(3)
    told: list[int] = []
    deliver(house.ledger, house.route("essex"), _essex(house), house.clock, PATIENT, progress=told.append)
    assert told == [2, 1]


def test_a_route_is_sent_by_its_own_name_alone(house: House) -> None:
    house.sealed(1)
    other = replace(house.route("essex"), name="another")
    assert deliver(house.ledger, other, FarEnd(), house.clock, PATIENT).drops == 0
    assert house.states() == ["sealed"]


def test_a_drop_goes_nowhere_but_where_it_was_sealed_for(house: House) -> None:
    house.sealed(1)
    route = house.route("essex")
    elsewhere = replace(route, endpoint=replace(route.endpoint, environment=Environment.SANDBOX))
    done = deliver(house.ledger, elsewhere, house.far_ends["essex"], house.clock, PATIENT)
    assert (done.stopped, done.reports, house.far_ends["essex"].sent) == (ENDPOINT_CHANGED, 0, [])
    assert house.states() == ["sealed"]
    assert house.deliver().reports == 1


def test_a_refusal_ends_its_own_report_alone_also_where_the_next_try_gets_no_further(house: House) -> None:
    house.sealed(1, 2)
    _essex(house).refuses = {submission_id(1): Refused("no-such-offence"), submission_id(2): Uncertain("timeout")}
    house.deliver(retry=ONCE_MORE)
    _essex(house).refuses = {submission_id(2): DOWN}
    house.deliver(retry=ONCE_MORE)  # nothing came of this attempt
    assert house.states() == ["quarantined refused", "sealed"]
    _essex(house).refuses = {}
    assert house.deliver(retry=ONCE_MORE).reports == 1
    assert house.states() == ["quarantined refused", "delivered"]
