from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from hub.ledger.cells import ERASED
from hub.ledger.deliveries import begin_attempt, end_attempt, open_drops, pieces, record_results
from hub.ledger.drops import Sealing
from hub.ledger.errors import Overtaken
from hub.ledger.lanes import Claim
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Result
from hub.ledger.tables import attempts, contents, drops, payloads
from hub.words import Lane, PayloadKind, PayloadState
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, XML, begun, claimed, lapse, own, rows, sealed, shared, stored, waiting


def _uncertain(ledger: Ledger, claim: Claim) -> list[bool]:
    """Of what is left of the lane's first drop: what may have arrived."""
    return [piece.uncertain for piece in pieces(ledger, open_drops(ledger, claim)[0])]


def test_a_lanes_drops_come_in_their_order_and_only_those_that_are_still_to_go(ledger: Ledger) -> None:
    for number in range(3):
        own(ledger, waiting(ledger, number))
    own(ledger, waiting(ledger, 9), lane=Lane.URGENT)
    claim = claimed(ledger)
    drop, attempt, left = begun(ledger, claim)
    record_results(ledger, claim, drop, attempt, [Result(left[0].id, PayloadState.DELIVERED)], (), AT)
    assert [(each.sequence, each.lane, each.reports) for each in open_drops(ledger, claim)] == [(2, Lane.ROUTINE, 1), (3, Lane.ROUTINE, 1)]


def test_pieces_leave_in_their_order_with_the_bytes_that_were_sealed(ledger: Ledger) -> None:
    ids = waiting(ledger, 1, 2)
    shared(ledger, ids, {ids[0]: 1}, tables=2)
    _, _, left = begun(ledger, claimed(ledger))
    assert [(piece.payload.kind, piece.shared) for piece in left] == [
        (PayloadKind.ATTACHMENT, False),
        (PayloadKind.RECORDS, True),
        (PayloadKind.RECORDS, True),
        (PayloadKind.MANIFEST, True),
    ]
    for piece in left:
        for _ in range(2):
            with piece.payload.open() as body:
                assert len(body.read()) == piece.payload.size


def test_a_payload_of_its_own_is_not_shared(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2))
    assert [piece.shared for piece in begun(ledger, claimed(ledger))[2]] == [False, False]


def test_attempts_are_counted_from_one_with_who_began_them(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1))
    claim = claimed(ledger)
    for number in (1, 2, 3):
        drop, attempt, _ = begun(ledger, claim)
        assert (drop.attempts, attempt.number) == (number - 1, number)
        end_attempt(ledger, claim, drop, attempt, "unavailable", "connection-refused", wait=timedelta(seconds=60))
    found = rows(ledger, attempts)
    assert [(row["number"], row["worker"], row["outcome"], row["code"]) for row in found] == [
        (number, "first", "unavailable", "connection-refused") for number in (1, 2, 3)
    ]
    assert all(row["ended_at"] >= row["began_at"] for row in found)


def test_how_an_attempt_ended_and_when_the_next_may_begin_stands_with_the_drop(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1))
    claim = claimed(ledger)
    drop, attempt, _ = begun(ledger, claim)
    again_at = end_attempt(ledger, claim, drop, attempt, "unavailable", "http-503", wait=timedelta(seconds=90))
    (row,) = rows(ledger, drops)
    assert (row["error"], row["next_attempt_at"], row["state"], row["attempts"]) == ("http-503", again_at, "sealed", 1)
    assert timedelta(seconds=89) < again_at - rows(ledger, attempts)[0]["began_at"] < timedelta(seconds=120)
    assert open_drops(ledger, claim)[0].next_attempt_at == again_at


@pytest.mark.parametrize("outcome", ["unavailable", "misconfigured"])
def test_after_an_attempt_that_certainly_brought_nothing_nothing_needs_looking_up(ledger: Ledger, outcome: str) -> None:
    own(ledger, waiting(ledger, 1, 2))
    claim = claimed(ledger)
    assert _uncertain(ledger, claim) == [False, False]
    drop, attempt, _ = begun(ledger, claim)
    end_attempt(ledger, claim, drop, attempt, outcome, "code")
    assert _uncertain(ledger, claim) == [False, False]


def test_after_an_attempt_that_broke_off_what_it_tried_must_be_looked_up_and_nothing_else(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2, 3))
    claim = claimed(ledger)
    drop = open_drops(ledger, claim)[0]
    left = pieces(ledger, drop)
    attempt = begin_attempt(ledger, claim, drop, left[:1])
    assert _uncertain(ledger, claim) == [True, False, False]
    record_results(ledger, claim, drop, attempt, [Result(left[0].id, PayloadState.DELIVERED)], left[1:2], AT)
    assert _uncertain(ledger, claim) == [True, False]


def test_after_an_uncertain_attempt_only_the_uncertain_payloads_must_be_looked_up(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2, 3))
    claim = claimed(ledger)
    drop, attempt, left = begun(ledger, claim)
    end_attempt(ledger, claim, drop, attempt, "uncertain", "timeout", uncertain=[left[1].id])
    assert _uncertain(ledger, claim) == [False, True, False]


def test_what_may_have_arrived_once_is_looked_up_until_it_has_an_end(ledger: Ledger) -> None:
    own(ledger, waiting(ledger, 1, 2))
    claim = claimed(ledger)
    drop, attempt, left = begun(ledger, claim)
    end_attempt(ledger, claim, drop, attempt, "uncertain", "timeout", uncertain=[left[0].id])
    drop, attempt, left = begun(ledger, claim)
    end_attempt(ledger, claim, drop, attempt, "unavailable", "connection-refused")
    assert _uncertain(ledger, claim) == [True, False]
    drop, attempt, left = begun(ledger, claim)
    record_results(ledger, claim, drop, attempt, [Result(left[0].id, PayloadState.DELIVERED, "found")], (), AT)
    end_attempt(ledger, claim, drop, attempt, "unavailable", "connection-refused")
    assert _uncertain(ledger, claim) == [False]


def test_a_worker_that_was_overtaken_begins_ends_and_records_nothing(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(worker="first"), open_ledger(worker="second")
    own(first, waiting(first, 1))
    claim = claimed(first)
    drop, attempt, left = begun(first, claim)
    lapse(first)
    claimed(second)
    before = [rows(second, table) for table in (attempts, drops, payloads)]
    for write in (
        lambda: begin_attempt(first, claim, drop, left),
        lambda: record_results(first, claim, drop, attempt, [Result(left[0].id, PayloadState.DELIVERED)], (), AT),
        lambda: end_attempt(first, claim, drop, attempt, "delivered"),
    ):
        with pytest.raises(Overtaken):
            write()
    assert [rows(second, table) for table in (attempts, drops, payloads)] == before


def test_the_bytes_of_what_was_sent_can_be_erased_to_the_last_one_in_an_sqlite_file(ledger: Ledger) -> None:
    """Rows that get longer are moved, and SQLite leaves on a page what it moved from there: these get no longer."""
    if not ledger.database.is_sqlite:
        pytest.skip("PostgreSQL leaves what was overwritten until its pages are used again: docs/security.md")
    mark, ids = b"Sian Canary-Example ", waiting(ledger, *range(1, 401))
    bodies = {number: stored(mark * (20 + 37 * number % 40)) for number in ids}
    sealed(ledger, ids, [Sealing(f"{n}", f"{n}.xml", PayloadKind.RECORDS, XML, body, (n,)) for n, body in bodies.items()])
    claim = claimed(ledger)
    drop, attempt, left = begun(ledger, claim)
    for at in range(0, len(left), 50):
        told = [Result(one.id, PayloadState.DELIVERED, "http-201", f"KENT-{one.id:015}") for one in left[at : at + 50]]
        record_results(ledger, claim, drop, attempt, told, (), AT)
    with ledger.write() as connection:
        ledger.database.overwrites(connection)
        connection.execute(update(contents).values(**ERASED))
    ledger.database.clear_log()
    assert mark not in Path(ledger.database.url.database or "").read_bytes()
