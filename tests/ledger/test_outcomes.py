"""What results of payloads do to reports, memberships and drops. Each test says what the far end did with which piece."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from hub.ledger.confirmations import confirm
from hub.ledger.deliveries import Attempt, OpenDrop, Piece, open_drops, pieces, record_results
from hub.ledger.lanes import Claim
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Outcome, Result
from hub.ledger.tables import drops, members, payloads, reports
from hub.words import DropState, PayloadKind, PayloadState
from tests.ledger.making import AT, balanced, begun, claimed, own, rows, said, shared, states, submission_id, waiting

P = PayloadState


@dataclass
class Sending:
    """A drop on its way: `got` records what the far end did with some of its pieces."""

    ledger: Ledger
    claim: Claim
    drop: OpenDrop
    attempt: Attempt
    left: Sequence[Piece]

    @classmethod
    def of(cls, ledger: Ledger) -> "Sending":
        claim = claimed(ledger)
        return cls(ledger, claim, *begun(ledger, claim))

    def got(self, *results: Result) -> Outcome:
        outcome = record_results(self.ledger, self.claim, self.drop, self.attempt, results, (), AT)
        assert balanced(self.ledger)
        return outcome

    def ids(self, kind: PayloadKind) -> list[int]:
        return [piece.id for piece in self.left if piece.payload.kind == kind]

    @property
    def records(self) -> list[int]:
        return self.ids(PayloadKind.RECORDS)

    @property
    def files(self) -> list[int]:
        return self.ids(PayloadKind.ATTACHMENT)

    @property
    def manifest(self) -> int:
        return self.ids(PayloadKind.MANIFEST)[0]


def _outcomes(ledger: Ledger) -> list[str | None]:
    return [row["outcome"] for row in rows(ledger, members)]


def _payloads(ledger: Ledger) -> list[str]:
    return [row["state"] for row in rows(ledger, payloads)]


def _drop(ledger: Ledger) -> str:
    return str(rows(ledger, drops)[0]["state"])


def test_a_report_with_a_payload_of_its_own_goes_where_that_goes_at_once(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2, 3))
    sending = Sending.of(ledger)
    first, second, third = sending.records
    told = sending.got(Result(first, P.DELIVERED, "http-201", "KENT-1"), Result(second, P.REFUSED, code="bad-postcode"))
    assert states(ledger) == ["delivered", "quarantined refused", "sealed"]
    assert (told.ends, told.voided, told.drop) == ({P.DELIVERED: 1, P.REFUSED: 1}, frozenset(), DropState.SEALED)
    assert [(row["reference"], row["where"]) for row in rows(ledger, reports)] == [("KENT-1", None), (None, "bad-postcode"), (None, None)]
    assert sending.got(Result(third, P.IN_DOUBT)).drop == DropState.IN_DOUBT
    assert states(ledger)[2] == "in doubt"
    assert _outcomes(ledger) == ["delivered", "refused", "in doubt"]


def test_a_partial_drop_is_finished_by_what_is_left_of_it(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2))
    sending = Sending.of(ledger)
    sending.got(Result(sending.records[0], P.DELIVERED))
    assert [piece.id for piece in pieces(ledger, sending.drop)] == sending.records[1:]
    assert (_drop(ledger), rows(ledger, drops)[0]["delivered_at"]) == ("sealed", None)
    sending.got(Result(sending.records[1], P.DELIVERED))
    assert (_drop(ledger), rows(ledger, drops)[0]["delivered_at"]) == ("delivered", AT)
    assert open_drops(ledger, sending.claim) == []


def test_a_result_told_twice_counts_once(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2))
    sending = Sending.of(ledger)
    sending.got(Result(sending.records[0], P.DELIVERED, "http-201", "KENT-1"))
    assert sending.got(Result(sending.records[0], P.REFUSED, code="late")).ends == {}
    assert states(ledger) == ["delivered", "sealed"]
    assert _payloads(ledger) == ["delivered", "sealed"]


def test_reports_that_share_a_drop_are_delivered_with_its_last_piece(ledger: Ledger) -> None:
    shared(ledger, waiting(ledger, 1, 2), tables=2)
    sending = Sending.of(ledger)
    for table in sending.records:
        assert sending.got(Result(table, P.DELIVERED, "renamed")).ends == {}
    assert states(ledger) == ["sealed", "sealed"]
    assert sending.got(Result(sending.manifest, P.DELIVERED, "renamed")).ends == {P.DELIVERED: 2}
    assert states(ledger) == ["delivered", "delivered"]
    assert (_drop(ledger), _outcomes(ledger)) == ("delivered", ["delivered"] * 2)
    assert {row["receipt"] for row in rows(ledger, payloads)} == {"renamed"}


@pytest.mark.parametrize(("state", "report", "drop"), [(P.REFUSED, "quarantined refused", "voided"), (P.IN_DOUBT, "in doubt", "in doubt")])
def test_a_shared_piece_that_does_not_arrive_takes_the_whole_drop_and_nothing_more_is_sent(
    ledger: Ledger, state: PayloadState, report: str, drop: str
) -> None:
    shared(ledger, waiting(ledger, 1, 2), tables=2)
    sending = Sending.of(ledger)
    sending.got(Result(sending.records[0], P.DELIVERED))
    told = sending.got(Result(sending.records[1], state, code="too-many" if state == P.REFUSED else None))
    assert told.voided == {sending.manifest}
    assert states(ledger) == [report] * 2
    assert (_drop(ledger), _outcomes(ledger)) == (drop, [state] * 2)
    assert open_drops(ledger, sending.claim) == []
    assert rows(ledger, drops)[0]["delivered_at"] is None


def test_reports_of_a_batch_that_the_far_end_would_not_take_are_quarantined_alone(ledger: Ledger) -> None:
    shared(ledger, waiting(ledger, 1, 2, 3))
    sending = Sending.of(ledger)
    sending.got(Result(sending.records[0], P.DELIVERED, refused=((submission_id(2), "bad-date"),)))
    assert states(ledger) == ["sealed", "quarantined refused", "sealed"]
    assert rows(ledger, reports)[1]["where"] == "bad-date"
    sending.got(Result(sending.manifest, P.DELIVERED))
    assert states(ledger) == ["delivered", "quarantined refused", "delivered"]
    assert _outcomes(ledger) == ["delivered", "refused", "delivered"]


@pytest.mark.parametrize(("state", "report"), [(P.REFUSED, "quarantined refused"), (P.IN_DOUBT, "in doubt")])
def test_an_attachment_that_does_not_arrive_takes_its_own_report_with_it(ledger: Ledger, state: PayloadState, report: str) -> None:
    ids = waiting(ledger, 1, 2)
    own(ledger, ids, {ids[0]: 3, ids[1]: 1})
    sending = Sending.of(ledger)
    told = sending.got(
        Result(sending.files[0], P.DELIVERED), Result(sending.files[1], state, code="http-413" if state == P.REFUSED else None)
    )
    assert told.voided == {sending.files[2], sending.records[0]}
    assert states(ledger) == [report, "sealed"]
    sending.got(Result(sending.files[3], P.DELIVERED), Result(sending.records[1], P.DELIVERED))
    assert states(ledger) == [report, "delivered"]
    assert _payloads(ledger) == ["delivered", state, "voided", "delivered", "voided", "delivered"]
    assert _drop(ledger) == ("in doubt" if state == P.IN_DOUBT else "delivered")
    assert rows(ledger, reports)[0]["where"] == ("attachment http-413" if state == P.REFUSED else "attachment")


def test_an_attachment_that_is_refused_sends_back_those_that_were_sealed_into_the_same_bytes(ledger: Ledger) -> None:
    ids = waiting(ledger, 1, 2, 3)
    shared(ledger, ids, {ids[1]: 2, ids[2]: 1})
    sending = Sending.of(ledger)
    told = sending.got(Result(sending.files[0], P.REFUSED, code="permission"), Result(sending.files[1], P.DELIVERED))
    assert told.voided == {sending.files[2], *sending.records, sending.manifest}
    assert told.ends == {P.REFUSED: 1, P.VOIDED: 2}
    assert states(ledger) == ["waiting", "quarantined refused", "waiting"]
    assert (_drop(ledger), _outcomes(ledger)) == ("voided", ["voided", "refused", "voided"])
    again = [row["id"] for row in rows(ledger, reports) if row["state"] == "waiting"]
    shared(ledger, again)
    assert [row["sequence"] for row in rows(ledger, drops)] == [1, 2]


def test_a_drop_of_which_no_report_arrived_is_void(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2))
    sending = Sending.of(ledger)
    told = sending.got(*(Result(record, P.REFUSED, code="closed") for record in sending.records))
    assert (told.drop, _drop(ledger)) == (DropState.VOIDED, "voided")


def test_a_report_that_an_acknowledgement_has_taken_further_stays_there(ledger: Ledger) -> None:
    shared(ledger, waiting(ledger, 1, 2))
    sending = Sending.of(ledger)
    confirm(ledger, "kent", "records-system", [said(1)], AT)
    sending.got(Result(sending.records[0], P.DELIVERED))
    sending.got(Result(sending.manifest, P.DELIVERED))
    assert states(ledger) == ["accepted", "delivered"]
    assert (_drop(ledger), _outcomes(ledger)) == ("delivered", ["delivered"] * 2)


def test_an_acknowledged_payload_is_never_sent_again(ledger: Ledger) -> None:
    """The receipt of the first report was lost, and its worker with it; the force says that it has it."""
    own(ledger, waiting(ledger, 1, 2))
    sending = Sending.of(ledger)
    confirm(ledger, "kent", "records-system", [said(1)], AT)
    assert [piece.id for piece in pieces(ledger, sending.drop)] == sending.records[1:]
    assert rows(ledger, payloads)[0]["receipt"] == "acknowledged"
    sending.got(Result(sending.records[1], P.DELIVERED))
    assert (states(ledger), _drop(ledger)) == (["accepted", "delivered"], "delivered")


def test_a_drop_in_doubt_is_delivered_when_every_one_of_its_reports_is_acknowledged(ledger: Ledger) -> None:
    shared(ledger, waiting(ledger, 1, 2))
    sending = Sending.of(ledger)
    sending.got(Result(sending.records[0], P.IN_DOUBT))
    confirm(ledger, "kent", "records-system", [said(1)], AT)
    assert (states(ledger), _drop(ledger)) == (["accepted", "in doubt"], "in doubt")
    confirm(ledger, "kent", "records-system", [said(2, accepted=False)], AT)
    assert (states(ledger), _drop(ledger)) == (["accepted", "quarantined rejected"], "delivered")
    assert balanced(ledger)


def test_nothing_is_recorded_for_no_results(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1))
    told = Sending.of(ledger).got()
    assert (told.ends, told.voided, told.drop) == ({}, frozenset(), DropState.SEALED)
