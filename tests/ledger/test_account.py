from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, delete, insert, text, update

from hub.ledger.account import Cell, Difference, account
from hub.ledger.arrivals import record
from hub.ledger.changes import Author, Move
from hub.ledger.copies import copy
from hub.ledger.ledger import Ledger
from hub.ledger.queue import move
from hub.ledger.tables import bodies, history, reports, submissions
from hub.words import UNKNOWN, Lane, Purpose, State
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, DAY, an_arrival, own, waiting
from tests.ledger.tampering import by_hand

KENT = Cell("kent", "crime", DAY)


def _a_day(ledger: Ledger) -> None:
    """Seven submissions: two wait, two are sealed, and one each is held, unreadable and a duplicate."""
    own(ledger, waiting(ledger, 1, 2))
    waiting(ledger, 3)
    record(
        ledger,
        [
            an_arrival(4, force="essex", service="complaint"),
            an_arrival(5, state=State.HELD, code="no-route"),
            an_arrival(6, force=UNKNOWN, service=UNKNOWN, state=State.QUARANTINED, code="not-json", submission_id=None),
            an_arrival(1, arrival="again", lane=Lane.URGENT),
        ],
        AT,
    )


def test_an_empty_ledger_balances(ledger: Ledger) -> None:
    empty = account(ledger)
    assert (empty.balanced, empty.total, empty.totals(), empty.forces()) == (True, 0, {}, [])


def test_every_submission_is_in_one_state_and_the_sums_agree(ledger: Ledger) -> None:
    _a_day(ledger)
    found = account(ledger)
    assert found.balanced
    assert found.total == 7
    assert found.totals() == {State.DUPLICATE: 1, State.HELD: 1, State.QUARANTINED: 1, State.WAITING: 2, State.SEALED: 2}
    assert found.of_force("kent") == {State.DUPLICATE: 1, State.HELD: 1, State.WAITING: 1, State.SEALED: 2}
    assert found.forces() == ["essex", "kent", UNKNOWN]
    assert found.codes == {("kent", State.HELD, "no-route"): 1, (UNKNOWN, State.QUARANTINED, "not-json"): 1}
    assert found.picked_up[KENT] == 5


def test_a_day_is_accounted_for_by_itself(ledger: Ledger) -> None:
    _a_day(ledger)
    record(ledger, [an_arrival(7)], AT + timedelta(days=1))
    assert (account(ledger, DAY).total, account(ledger, date(2026, 11, 23)).total, account(ledger).total) == (7, 1, 8)
    assert account(ledger, date(2026, 11, 23)).totals() == {State.WAITING: 1}


def test_a_rerouted_report_counts_once_in_the_nation_and_at_both_forces(ledger: Ledger) -> None:
    (report,) = waiting(ledger, 1)
    move(ledger, Author("re-route", AT), {"kent": [Move(report, State.WAITING, State.REROUTED)]})
    waiting(ledger, 2, force="essex")
    with ledger.write() as connection:
        connection.execute(update(submissions).where(submissions.c.force == "essex").values(rerouted_from=1))
    found = account(ledger)
    assert (found.balanced, found.total) == (True, 1)
    assert (found.of_force("kent"), found.of_force("essex")) == ({State.REROUTED: 1}, {State.WAITING: 1})


def test_the_account_follows_the_primary_route_alone(ledger: Ledger) -> None:
    (report,) = waiting(ledger, 1)
    assert copy(ledger, {report: ["control-room"]}, AT) == 1
    found = account(ledger)
    assert (found.balanced, found.total, found.totals()) == (True, 1, {State.WAITING: 1})
    assert found.copies == {("kent", "control-room", State.WAITING): 1}


def test_a_copy_that_was_changed_by_hand_is_found(ledger: Ledger) -> None:
    (report,) = waiting(ledger, 1)
    copy(ledger, {report: ["control-room"]}, AT)
    step = update(reports).where(reports.c.purpose == Purpose.COPY).values(state=State.SEALED)
    by_hand(ledger, lambda connection: connection.execute(step))
    (first, second) = account(ledger).differences
    assert (first.state, first.by_states, first.by_history) == ("control-room: sealed", 1, 0)
    assert (second.state, second.by_states, second.by_history) == ("control-room: waiting", 0, 1)


@pytest.mark.parametrize("state", ["delivered", "gone"])
def test_a_state_that_was_changed_by_hand_is_found(ledger: Ledger, state: str) -> None:
    _a_day(ledger)
    by_hand(ledger, lambda connection: connection.execute(update(reports).where(reports.c.id == 3).values(state=state)))
    found = account(ledger)
    assert not found.balanced
    assert Difference(KENT, State.WAITING, by_states=0, by_history=1) in found.differences


def test_a_force_that_was_changed_by_hand_is_found(ledger: Ledger) -> None:
    _a_day(ledger)
    by_hand(ledger, lambda connection: connection.execute(update(reports).where(reports.c.id == 3).values(force="essex")))
    assert {difference.cell.force for difference in account(ledger).differences} == {"kent", "essex"}


def test_a_removed_line_of_the_history_is_found(ledger: Ledger) -> None:
    _a_day(ledger)
    by_hand(ledger, lambda connection: connection.execute(delete(history).where(history.c.report_id == 3)))
    assert account(ledger).differences == (Difference(KENT, State.WAITING, by_states=1, by_history=0),)


def test_an_added_line_of_the_history_is_found(ledger: Ledger) -> None:
    _a_day(ledger)
    row = {"change_id": 1, "report_id": 3, "from_state": State.WAITING, "to_state": State.ACCEPTED}
    by_hand(ledger, lambda connection: connection.execute(insert(history).values(**row)))
    assert {difference.state for difference in account(ledger).differences} == {State.WAITING, State.ACCEPTED}


def test_a_removed_report_is_found_with_or_without_its_history(ledger: Ledger) -> None:
    _a_day(ledger)

    def remove(connection: Connection) -> None:
        connection.execute(delete(history).where(history.c.report_id == 3))
        connection.execute(delete(reports).where(reports.c.id == 3))

    by_hand(ledger, remove)
    assert account(ledger).differences == (Difference(KENT, "picked up", by_states=4, by_history=5),)


def test_a_removed_submission_is_found(ledger: Ledger) -> None:
    """The foreign keys do not let it go; where they are switched off, the account does."""
    _a_day(ledger)

    def remove(connection: Connection) -> None:
        connection.execute(delete(bodies).where(bodies.c.submission_id == 3))
        connection.execute(delete(submissions).where(submissions.c.id == 3))

    by_hand(ledger, remove)
    assert account(ledger).differences == (Difference(KENT, "picked up", by_states=5, by_history=4),)


def test_the_account_is_of_one_instant_whatever_others_do_meanwhile(open_ledger: OpenLedger) -> None:
    """Another worker commits between two of the account's questions: it must not look as if something were lost."""
    ours, theirs = open_ledger(worker="first"), open_ledger(worker="second")
    waiting(ours, *range(5))
    read = ours.database.read
    with read() as connection:
        before = connection.scalar(text("SELECT count(*) FROM submissions"))
        record(theirs, [an_arrival(9)._replace(arrival="between")], AT)
        assert connection.scalar(text("SELECT count(*) FROM reports")) == before
    assert account(ours).total == 6
