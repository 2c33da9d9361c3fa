import threading
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection

from hub.contracts import Acknowledgement
from hub.ledger.confirmations import Confirmed, advance, confirm, cursor, safe_reason
from hub.ledger.deliveries import record_results
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Result
from hub.ledger.tables import acknowledgements, changes, history, reports
from hub.words import PayloadState
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, all_at_once, balanced, begun, claimed, own, rows, said, states, submission_id, waiting


def _sent(ledger: Ledger, *numbers: int, arrived: bool = True) -> None:
    """These submissions were sent to Kent; `arrived` where its receipts came back."""
    own(ledger, waiting(ledger, *numbers))
    claim = claimed(ledger)
    drop, attempt, left = begun(ledger, claim)
    if arrived:
        record_results(ledger, claim, drop, attempt, [Result(piece.id, PayloadState.DELIVERED) for piece in left], (), AT)


def _told(ledger: Ledger, *acknowledgements: Acknowledgement) -> Confirmed:
    return confirm(ledger, "kent", "records-system", acknowledgements, AT)


def test_what_a_force_accepts_has_its_reference_and_what_it_rejects_its_reason(ledger: Ledger) -> None:
    _sent(ledger, 1, 2)
    assert _told(ledger, said(1), said(2, accepted=False)) == Confirmed(accepted=1, rejected=1)
    assert states(ledger) == ["accepted", "quarantined rejected"]
    assert [(row["reference"], row["where"]) for row in rows(ledger, reports)] == [("KENT-1", None), (None, "not-our-area")]
    assert balanced(ledger)


def test_what_forces_say_lets_others_write_first(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    _sent(ledger, 1)
    asked: list[dict[str, bool]] = []
    write = ledger.write

    def noted(**how: bool) -> AbstractContextManager[Connection]:
        asked.append(how)
        return write(**how)

    monkeypatch.setattr(ledger, "write", noted)
    assert _told(ledger, said(1)) == Confirmed(accepted=1)
    assert asked == [{"patient": True}]


def test_an_acknowledgement_that_is_read_again_changes_nothing(ledger: Ledger) -> None:
    _sent(ledger, 1, 2)
    _told(ledger, said(1), said(2, accepted=False))
    before = [rows(ledger, table) for table in (acknowledgements, reports, changes, history)]
    assert _told(ledger, said(1), said(2, accepted=False)) == Confirmed(repeated=2)
    assert [rows(ledger, table) for table in (acknowledgements, reports, changes, history)] == before


def test_one_that_stands_twice_in_a_batch_counts_once(ledger: Ledger) -> None:
    _sent(ledger, 1)
    assert _told(ledger, said(1, "same"), said(1, "same"), said(1, "another")) == Confirmed(accepted=1, repeated=2)
    assert [row["identity"] for row in rows(ledger, acknowledgements)] == ["same", "another"]


def test_the_same_identity_of_another_force_is_another_acknowledgement(ledger: Ledger) -> None:
    _sent(ledger, 1)
    assert confirm(ledger, "essex", "records-system", [said(1)], AT) == Confirmed(unmatched=1)
    assert _told(ledger, said(1)) == Confirmed(accepted=1)


def test_one_for_nothing_that_was_ever_sent_is_kept_as_an_alarm(ledger: Ledger) -> None:
    waiting(ledger, 1)
    own(ledger, waiting(ledger, 2))  # sealed, but never attempted
    assert _told(ledger, said(1), said(2), said(3)) == Confirmed(unmatched=3)
    assert states(ledger) == ["waiting", "sealed"]
    assert [row["submission_id"] for row in rows(ledger, acknowledgements)] == [submission_id(n) for n in (1, 2, 3)]
    assert [row["report_id"] is None for row in rows(ledger, acknowledgements)] == [True, True, True]


def test_one_that_overtakes_the_receipt_proves_that_the_report_arrived(ledger: Ledger) -> None:
    _sent(ledger, 1, 2, arrived=False)
    assert _told(ledger, said(1), said(2, accepted=False)) == Confirmed(accepted=1, rejected=1)
    assert states(ledger) == ["accepted", "quarantined rejected"]
    steps = [(row["from_state"], row["to_state"]) for row in rows(ledger, history)][-4:]
    assert steps == [("sealed", "delivered")] * 2 + [("delivered", "accepted"), ("delivered", "quarantined")]


@pytest.mark.parametrize(("first", "then", "stands"), [(True, False, "accepted"), (False, True, "quarantined rejected")])
def test_a_contradiction_is_kept_and_changes_nothing(ledger: Ledger, first: bool, then: bool, stands: str) -> None:
    _sent(ledger, 1)
    _told(ledger, said(1, "first", accepted=first))
    assert _told(ledger, said(1, "second", accepted=then)) == Confirmed(repeated=1)
    assert states(ledger) == [stands]
    assert [row["accepted"] for row in rows(ledger, acknowledgements)] == [first, then]


def test_of_a_contradiction_within_a_batch_the_first_counts(ledger: Ledger) -> None:
    _sent(ledger, 1)
    assert _told(ledger, said(1, "first", accepted=False), said(1, "second")) == Confirmed(rejected=1, repeated=1)
    assert states(ledger) == ["quarantined rejected"]


def test_an_empty_batch_is_no_trouble(ledger: Ledger) -> None:
    assert _told(ledger) == Confirmed()


def test_two_workers_that_read_the_same_file_at_once_count_it_once(open_ledger: OpenLedger) -> None:
    ledgers = [open_ledger(worker=str(number)) for number in range(3)]
    _sent(ledgers[0], *range(30))
    start, told = threading.Barrier(3), list[Confirmed]()

    def work(number: int) -> None:
        batch = [said(n, accepted=n % 3 > 0) for n in range(30)]
        start.wait()
        told.append(confirm(ledgers[number], "kent", "records-system", batch[::-1] if number % 2 else batch, AT))

    all_at_once(work, range(3))
    assert sum(one.accepted for one in told) == 20
    assert sum(one.rejected for one in told) == 10
    assert len(rows(ledgers[0], acknowledgements)) == 30
    assert balanced(ledgers[0])


def test_receipts_and_acknowledgements_of_one_drop_at_once_neither_clash_nor_block(open_ledger: OpenLedger) -> None:
    ours, theirs = open_ledger(worker="deliver"), open_ledger(worker="confirm")
    own(ours, waiting(ours, *range(40)))
    claim = claimed(ours)
    drop, attempt, left = begun(ours, claim)
    start = threading.Barrier(2)

    def receipts() -> None:
        start.wait()
        for piece in left:
            record_results(ours, claim, drop, attempt, [Result(piece.id, PayloadState.DELIVERED)], (), AT)

    def answers() -> None:
        start.wait()
        for number in range(0, 40, 4):
            confirm(theirs, "kent", "records-system", [said(n) for n in reversed(range(number, number + 4))], AT)

    all_at_once(lambda work: work(), (receipts, answers))
    assert states(ours) == ["accepted"] * 40
    assert balanced(ours)


def test_a_cursor_is_kept_by_its_name_and_moves_on(ledger: Ledger) -> None:
    assert cursor(ledger, "kent/records-system/acknowledgements") is None
    for value in ("1", "2"):
        advance(ledger, "kent/records-system/acknowledgements", value)
        advance(ledger, "another", "x")
    assert (cursor(ledger, "kent/records-system/acknowledgements"), cursor(ledger, "another")) == ("2", "x")


@pytest.mark.parametrize("reason", [None, "", "Mrs Example of 1 Example Street", "x" * 61, "a\nb"])
def test_a_reason_that_is_no_plain_word_is_never_shown(reason: str | None) -> None:
    assert safe_reason(reason) == "other"


def test_a_reason_that_is_a_plain_word_is_shown() -> None:
    assert safe_reason("not-our-area") == "not-our-area"
