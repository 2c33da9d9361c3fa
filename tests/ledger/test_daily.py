"""The account line by line, and what contradicts it, on both databases."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, update

from hub.discrepancies import Kind
from hub.ledger.account import Cell, account
from hub.ledger.arrivals import record
from hub.ledger.changes import Author, Move
from hub.ledger.confirmations import confirm
from hub.ledger.daily import Times, lines
from hub.ledger.deliveries import end_attempt, record_results
from hub.ledger.evidence import contradictions
from hub.ledger.histories import broken
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Result
from hub.ledger.queue import move
from hub.ledger.tables import changes, drops, history, noticed, reports
from hub.words import PayloadState, State
from tests.ledger.making import AT, DAY, an_arrival, begun, claimed, own, rows, said, submission_id
from tests.ledger.tampering import by_hand

HOUR = timedelta(hours=1)
SECONDS = 3600.0


def _a_day(ledger: Ledger, heard_at: datetime = AT) -> None:
    """Three are delivered at the second attempt, one, two and three hours old; one is accepted, one rejected; two more never leave."""
    record(ledger, [an_arrival(number, submitted_at=AT - number * HOUR) for number in (1, 2, 3)], AT)
    unread = an_arrival(4, state=State.QUARANTINED, code="not-json", submission_id=None)
    record(ledger, [unread], AT)
    record(ledger, [an_arrival(1, arrival="again")], AT + HOUR)
    own(ledger, [1, 2, 3])
    claim = claimed(ledger)
    drop, attempt, _ = begun(ledger, claim)
    end_attempt(ledger, claim, drop, attempt, "unavailable", "connection-refused")
    drop, attempt, left = begun(ledger, claim)
    record_results(ledger, claim, drop, attempt, [Result(piece.id, PayloadState.DELIVERED) for piece in left], (), AT)
    confirm(ledger, "kent", "records-system", [said(1, at=heard_at), said(3, accepted=False)], heard_at)


def test_a_line_says_what_became_of_its_reports_and_how_long_it_took(ledger: Ledger) -> None:
    _a_day(ledger, AT + 2 * HOUR)
    (line,) = lines(ledger, account(ledger), [("kent", "records-system")], DAY)
    assert (line.cell, line.picked_up) == (Cell("kent", "crime", DAY), 5)
    assert line.states == {State.ACCEPTED: 1, State.DELIVERED: 1, State.QUARANTINED: 2, State.DUPLICATE: 1}
    assert (dict(line.quarantined), line.rejected) == ({"not-json": 1, "rejected": 1}, 1)
    assert line.delivered == Times(3, 2 * SECONDS, 3 * SECONDS, 3 * SECONDS)
    assert line.accepted == Times(1, 3 * SECONDS, 3 * SECONDS, 3 * SECONDS)
    assert (line.retried, line.fell_back) == (3, 3)
    tomorrow = DAY + timedelta(days=1)
    assert lines(ledger, account(ledger, tomorrow), (), tomorrow) == []
    assert (contradictions(ledger), broken(ledger), contradictions(ledger, DAY), broken(ledger, DAY)) == ([], [], [], [])


def test_times_are_by_nearest_rank() -> None:
    assert Times.of([float(n) for n in range(100, 0, -1)]) == Times(100, 50.0, 95.0, 100.0)
    assert (Times.of([7.0]), Times.of([])) == (Times(1, 7.0, 7.0, 7.0), None)


def test_what_the_ledger_contradicts_is_named(ledger: Ledger) -> None:
    """Of the far end's clock, of an acknowledgement for nothing, of a platform whose clock is fast; and what somebody wrote in."""
    _a_day(ledger, AT + 2 * HOUR)
    confirm(ledger, "kent", "records-system", [said(2, at=AT + HOUR), said(9)], AT)
    record(ledger, [an_arrival(number, source="feed", submitted_at=AT + HOUR) for number in (5, 6)], AT)
    move(ledger, Author("prepare", AT), {"kent": [Move(6, State.WAITING, State.HELD)]})
    with ledger.write() as connection:
        connection.execute(update(reports).where(reports.c.id == 7).values(state=State.ACCEPTED))
        connection.execute(update(drops).values(state="delivered"))
    (drop,) = rows(ledger, drops)
    found = {(one.kind, one.force, one.subject): one.detail for one in contradictions(ledger)}
    assert found == {
        (Kind.NEVER_SENT, "kent", submission_id(6)): "it is accepted, and no drop delivered it",
        (Kind.UNPROVED, "kent", submission_id(6)): "",
        (Kind.FOR_NOTHING, "kent", submission_id(9)): "accepted, heard at 2026-11-22T06:00:00Z",
        (Kind.CLOCK, "kent", drop["key"]): "1 acknowledgements are dated up to 60 minutes after they were heard",
        (Kind.CLOCK, "hub", "feed 2026-11-22"): "2 of 2 submissions are dated up to 60 minutes after they were picked up",
    }
    assert [(one.kind, one.subject) for one in broken(ledger)] == [(Kind.MOVED, submission_id(6))]


def test_a_history_that_was_cut_or_written_into_is_told_from_a_state_that_was_moved(ledger: Ledger) -> None:
    _a_day(ledger, AT + 2 * HOUR)
    by_report = {n: [row for row in rows(ledger, history) if row["report_id"] == n] for n in range(1, 6)}
    forged = {"change_id": by_report[5][0]["change_id"], "report_id": 5, "from_state": State.DUPLICATE, "to_state": State.ACCEPTED}

    def write(connection: Connection) -> None:
        for line in (by_report[1][-1], by_report[2][0], by_report[4][0]):  # an end, a beginning, and all there is
            connection.execute(delete(noticed).where(noticed.c.history_id == line["id"]))
            connection.execute(delete(history).where(history.c.id == line["id"]))
        connection.execute(insert(history).values(**forged))

    by_hand(ledger, write)
    found = [(one.kind, one.subject, one.detail) for one in broken(ledger)]
    assert found[:5] == [
        (Kind.TRUNCATED, submission_id(2), "a step from waiting follows one to nothing"),
        (Kind.MOVED, submission_id(1), "a step from duplicate to accepted"),
        (Kind.TRUNCATED, submission_id(1), "it is accepted, and its history ends with delivered"),
        (Kind.MOVED, submission_id(1), "it is duplicate, and its history ends with accepted"),
        (Kind.TRUNCATED, "#4", "it is quarantined, and has no history"),
    ]
    lost = {row["id"]: row["action"] for row in rows(ledger, changes)}
    assert {(kind, lost[int(subject.removeprefix("change "))]) for kind, subject, _ in found[5:]} == {
        (Kind.TRUNCATED, "pick up"),
        (Kind.TRUNCATED, "confirm"),
    }
    assert broken(ledger, DAY + timedelta(days=1)) == []
