"""What a force acknowledges over the route that it was taken back from has arrived, whatever its far end had said."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.forces.registry import Route
from hub.ledger.changes import Author, Move
from hub.ledger.confirmations import Confirmed, confirm
from hub.ledger.deliveries import begin_attempt, end_attempt, open_drops, pieces, record_results
from hub.ledger.drops import Filled, Member, Sealing, header_for, seal
from hub.ledger.lanes import Claim, claim_lane
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Result
from hub.ledger.queue import move
from hub.ledger.tables import drops, reports
from hub.ledger.troubles import perhaps_twice, unmatched
from hub.ledger.voids import void
from hub.words import Lane, PayloadKind, PayloadState, Purpose, State
from tests.ledger.making import AT, XML, a_route, begun, claimed, own, rows, said, states, stored, taken, waiting
from tests.ledger.making import shared as together
from tests.ledger.promises import broken_promises

BY_MAIL = replace(a_route(), name="by-mail", purpose=Purpose.FALLBACK, endpoint=replace(a_route().endpoint, instance="kent-mail"))
WEEK = timedelta(days=7)


def _taken_back(ledger: Ledger, *numbers: int, shared: bool = False) -> list[int]:
    """These were tried over the records system, which said that it got nothing, and wait for the fallback. Returns their report ids."""
    ids = waiting(ledger, *numbers)
    (together if shared else own)(ledger, ids)
    claim = claimed(ledger)
    drop, attempt, _ = begun(ledger, claim)
    end_attempt(ledger, claim, drop, attempt, "unavailable", "http-503")
    assert void(ledger, claim, drop, AT, route=BY_MAIL.name, reason="http-503: to by-mail")
    return ids


def _sealed_by_mail(ledger: Ledger, ids: Iterable[int], *, shared: bool = False) -> int:
    header = header_for(ledger, BY_MAIL, Lane.ROUTINE, AT)
    each = [Sealing(f"{header.key}/{i}", f"{i}.xml", PayloadKind.RECORDS, XML, stored(b"%d" % i), (i,)) for i in ids]
    whole = [Sealing(header.key, f"{header.key}.xml", PayloadKind.RECORDS, XML, stored(b"all"))]
    return seal(ledger, BY_MAIL, [Filled(header, whole if shared else each, [Member(i) for i in ids])])[0]


def _mail_lane(ledger: Ledger) -> Claim:
    claim = claim_lane(ledger, "kent", BY_MAIL.name, Lane.ROUTINE)
    assert claim
    return claim


def _mailed(ledger: Ledger) -> None:
    """The fallback takes all that is left of its drop."""
    claim = _mail_lane(ledger)
    (drop,) = open_drops(ledger, claim)
    left = pieces(ledger, drop)
    attempt = begin_attempt(ledger, claim, drop, left)
    record_results(ledger, claim, drop, attempt, [Result(piece.id, PayloadState.DELIVERED, "sent") for piece in left], (), AT)


def _told(ledger: Ledger, *numbers: int, route: Route = a_route(), accepted: bool = True) -> Confirmed:  # noqa: B008 - a constant
    return confirm(ledger, "kent", route.name, [said(n, f"{route.name}:{n}", accepted=accepted) for n in numbers], AT)


def _alarms(ledger: Ledger) -> list[tuple[str, int]]:
    assert broken_promises(ledger) == []
    return [(one.subject, one.number) for one in perhaps_twice(ledger, AT - WEEK)]


def _drops(ledger: Ledger) -> list[str]:
    return [f"{row['route']} {row['state']}" for row in rows(ledger, drops)]


@pytest.mark.parametrize("shared", [False, True])
def test_one_that_waits_for_the_fallback_is_accepted_and_goes_by_no_other_way(ledger: Ledger, shared: bool) -> None:
    _taken_back(ledger, 1, 2, shared=shared)
    assert _told(ledger, 1) == Confirmed(accepted=1)
    assert states(ledger) == ["accepted", "waiting"]
    assert [(row["route"], row["reference"]) for row in rows(ledger, reports)] == [("records-system", "KENT-1"), ("by-mail", None)]
    assert [one.claimed.submission_id[-1] for one in taken(ledger, 10)] == ["2"]
    assert (_alarms(ledger), list(unmatched(ledger, AT - WEEK))) == ([], [])


def test_one_that_is_rejected_waits_for_a_person(ledger: Ledger) -> None:
    _taken_back(ledger, 1)
    assert _told(ledger, 1, accepted=False) == Confirmed(rejected=1)
    assert (states(ledger), _alarms(ledger)) == (["quarantined rejected"], [])


def test_a_payload_of_its_own_that_nobody_has_begun_to_send_is_never_sent(ledger: Ledger) -> None:
    _sealed_by_mail(ledger, _taken_back(ledger, 1, 2))
    assert _told(ledger, 1) == Confirmed(accepted=1)
    assert states(ledger) == ["accepted", "sealed"]
    claim = _mail_lane(ledger)
    assert [piece.payload.key[-1] for piece in pieces(ledger, open_drops(ledger, claim)[0])] == ["2"]
    assert _alarms(ledger) == []
    assert _told(ledger, 2) == Confirmed(accepted=1)
    assert _drops(ledger) == ["records-system voided", "by-mail voided"]
    assert (open_drops(ledger, claim), _alarms(ledger)) == ([], [])


def test_a_worker_that_is_sending_the_drop_leaves_out_what_was_acknowledged_meanwhile(ledger: Ledger) -> None:
    _sealed_by_mail(ledger, _taken_back(ledger, 1, 2, 3))
    claim = _mail_lane(ledger)
    (drop,) = open_drops(ledger, claim)
    first, second, third = pieces(ledger, drop)
    attempt = begin_attempt(ledger, claim, drop, [first])
    assert _told(ledger, 1, 2) == Confirmed(accepted=2)
    outcome = record_results(ledger, claim, drop, attempt, [Result(first.id, PayloadState.DELIVERED, "sent")], [second, third], AT)
    assert outcome.voided == {second.id}
    record_results(ledger, claim, drop, attempt, [Result(third.id, PayloadState.DELIVERED, "sent")], (), AT)
    assert states(ledger) == ["accepted", "accepted", "delivered"]
    assert _alarms(ledger) == [("records-system", 1)]  # the first was on its way


def test_a_worker_that_begins_a_drop_leaves_out_what_was_acknowledged_since_it_looked(ledger: Ledger) -> None:
    _sealed_by_mail(ledger, _taken_back(ledger, 1, 2))
    claim = _mail_lane(ledger)
    (drop,) = open_drops(ledger, claim)
    left = pieces(ledger, drop)
    _told(ledger, 1)
    assert begin_attempt(ledger, claim, drop, left).gone == {left[0].id}
    assert _alarms(ledger) == []


@pytest.mark.parametrize("mailed", [False, True])
def test_one_that_leaves_or_left_with_the_others_is_accepted_and_an_alarm(ledger: Ledger, mailed: bool) -> None:
    _sealed_by_mail(ledger, _taken_back(ledger, 1, 2, shared=True), shared=True)
    if mailed:
        _mailed(ledger)
    assert _told(ledger, 1) == Confirmed(accepted=1)
    if not mailed:
        _mailed(ledger)
    assert states(ledger) == ["accepted", "delivered"]
    assert _alarms(ledger) == [("records-system", 1)]
    assert _told(ledger, 1, route=BY_MAIL) == Confirmed(repeated=1)


def test_what_the_fallback_was_acknowledged_for_first_is_an_alarm_too(ledger: Ledger) -> None:
    _sealed_by_mail(ledger, _taken_back(ledger, 1))
    _mailed(ledger)
    assert (_told(ledger, 1, route=BY_MAIL), _alarms(ledger)) == (Confirmed(accepted=1), [])
    assert (_told(ledger, 1), _alarms(ledger)) == (Confirmed(repeated=1), [("records-system", 1)])
    assert states(ledger) == ["accepted"]


def test_what_a_person_withdrew_meanwhile_is_an_acknowledgement_for_nothing(ledger: Ledger) -> None:
    (report,) = _taken_back(ledger, 1)
    move(ledger, Author("withdraw", AT, "operator"), {"kent": [Move(report, State.WAITING, State.WITHDRAWN)]})
    assert (_told(ledger, 1), states(ledger)) == (Confirmed(unmatched=1), ["withdrawn"])
    assert [trouble.number for trouble in unmatched(ledger, AT - WEEK)] == [1]


def test_what_a_person_sends_anew_after_the_force_has_spoken_is_no_alarm(ledger: Ledger) -> None:
    (report,) = _taken_back(ledger, 1)
    _told(ledger, 1, accepted=False)
    move(ledger, Author("release", AT, "operator"), {"kent": [Move(report, State.QUARANTINED, State.WAITING)]})
    later = replace(header_for(ledger, BY_MAIL, Lane.ROUTINE, AT), sealed_at=AT + timedelta(minutes=1))
    pieces = [Sealing(later.key, "1.xml", PayloadKind.RECORDS, XML, stored(b"1"), (report,))]
    seal(ledger, BY_MAIL, [Filled(later, pieces, [Member(report)])])
    _mailed(ledger)
    assert (states(ledger), _alarms(ledger)) == (["delivered"], [])
