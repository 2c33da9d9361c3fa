import re
import threading
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, event, select, text

from hub.ledger.arrivals import Arrival, Recorded, _digests, record
from hub.ledger.confirmations import _named
from hub.ledger.ledger import Ledger
from hub.ledger.queue import claim
from hub.ledger.tables import MEDIA_TYPE, WHERE, attachments, bodies, changes, history, of_ids, reports, signals, submissions
from hub.mapping.record import Signal
from hub.settings import PROJECT
from hub.words import UNKNOWN, Lane, State
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, a_file, all_at_once, an_arrival, balanced, rows, states, stored, submission_id


def _conflict(number: int, arrival: str) -> Arrival:
    return an_arrival(number, arrival=arrival, body=stored(b"other bytes of %d" % number))


def test_a_new_arrival_has_its_row_its_bytes_its_report_and_its_history(ledger: Ledger) -> None:
    told = record(ledger, [an_arrival(1, reference="SOH-1", signals=(Signal("boolean-as-text", "people.disability"),) * 2)], AT)
    assert told.settled == {"1.json"}
    (submission,), (body,), (report,), (step,) = (rows(ledger, table) for table in (submissions, bodies, reports, history))
    assert (submission["identity"], submission["reference"], submission["day"].isoformat()) == (submission_id(1), "SOH-1", "2026-11-22")
    assert (body["version"], body["body"]) == (1, b"submission 1")
    assert (report["state"], report["purpose"], report["route"], report["since"]) == ("waiting", "primary", None, AT)
    assert (step["from_state"], step["to_state"], step["report_id"]) == (None, "waiting", report["id"])
    assert [(row["kind"], row["field"], row["count"]) for row in rows(ledger, signals)] == [("boolean-as-text", "people.disability", 2)]


def test_nothing_to_record_is_no_trouble(ledger: Ledger) -> None:
    assert record(ledger, [], AT) == Recorded(frozenset(), ())
    assert rows(ledger, changes) == []


def test_the_same_arrival_again_is_settled_and_writes_nothing(ledger: Ledger) -> None:
    first = record(ledger, [an_arrival(1)], AT)
    again = record(ledger, [an_arrival(1)], AT)
    assert (again.settled, again.entered) == (first.settled, ())
    assert len(rows(ledger, submissions)) == 1


def test_one_arrival_twice_in_a_chunk_is_one_arrival(ledger: Ledger) -> None:
    told = record(ledger, [an_arrival(1), an_arrival(1)], AT)
    assert (told.settled, len(told.entered)) == (frozenset({"1.json"}), 1)
    assert states(ledger) == ["waiting"]


def test_the_same_id_and_bytes_in_another_arrival_is_a_duplicate_without_bytes_of_its_own(ledger: Ledger) -> None:
    record(ledger, [an_arrival(1)], AT)
    told = record(ledger, [an_arrival(1, arrival="again", attachments=(a_file(1),), signals=(Signal("kind", "field"),))], AT)
    assert [a.state for a in told.entered] == [State.DUPLICATE]
    assert states(ledger) == ["waiting", "duplicate"]
    assert [row["identity"] for row in rows(ledger, submissions)] == [submission_id(1), None]
    assert len(rows(ledger, bodies)) == 1
    assert rows(ledger, attachments) == rows(ledger, signals) == []


def test_the_same_id_and_other_bytes_is_a_conflict_that_keeps_its_bytes(ledger: Ledger) -> None:
    record(ledger, [an_arrival(1)], AT)
    record(ledger, [_conflict(1, "other")], AT)
    assert states(ledger) == ["waiting", "quarantined conflict"]
    assert rows(ledger, reports)[1]["where"] == "submissionId"
    assert [row["body"] for row in rows(ledger, bodies)] == [b"submission 1", b"other bytes of 1"]


def test_a_conflict_sent_again_is_a_duplicate(ledger: Ledger) -> None:
    for arrival in (an_arrival(1), _conflict(1, "second"), _conflict(1, "third"), an_arrival(1, arrival="fourth")):
        record(ledger, [arrival], AT)
    assert states(ledger) == ["waiting", "quarantined conflict", "duplicate", "duplicate"]


def test_a_chunk_with_an_original_its_duplicate_and_a_conflict_is_judged_in_order(ledger: Ledger) -> None:
    chunk = [an_arrival(1), an_arrival(1, arrival="again"), _conflict(1, "other"), _conflict(1, "other again"), an_arrival(2)]
    record(ledger, chunk, AT)
    assert states(ledger) == ["waiting", "duplicate", "quarantined conflict", "duplicate", "waiting"]
    assert [row["identity"] for row in rows(ledger, submissions)] == [submission_id(1), None, None, None, submission_id(2)]
    assert balanced(ledger)


def test_what_has_no_readable_id_is_never_a_duplicate(ledger: Ledger) -> None:
    unreadable = an_arrival(1, submission_id=None, force=UNKNOWN, service=UNKNOWN, state=State.QUARANTINED, code="not-json")
    record(ledger, [unreadable, unreadable._replace(arrival="again")], AT)
    assert states(ledger) == ["quarantined not-json"] * 2


def test_an_unreadable_submission_with_an_id_makes_a_duplicate_of_the_same_bytes(ledger: Ledger) -> None:
    broken = an_arrival(1, state=State.QUARANTINED, code="field-missing", where="digitalReport.people")
    record(ledger, [broken], AT)
    record(ledger, [broken._replace(arrival="again")], AT)
    assert states(ledger) == ["quarantined field-missing", "duplicate"]


def test_an_id_is_found_in_an_index_whether_it_came_first_or_again(ledger: Ledger) -> None:
    record(
        ledger,
        [an_arrival(n) for n in range(1, 5)] + [an_arrival(1, arrival="again"), _conflict(2, "other"), an_arrival(9, submission_id=None)],
        AT,
    )
    query = select(submissions.c.arrival).order_by(submissions.c.id)
    with ledger.read() as connection:
        found = connection.scalars(query.where(of_ids([submission_id(n) for n in (1, 2, 3, 8)]))).all()
    assert found == ["1.json", "2.json", "3.json", "again", "other"]


def test_no_step_reads_all_submissions_or_reports_to_find_some_ids(ledger: Ledger) -> None:
    dialect, ids = ledger.database.engine.dialect.name, [submission_id(1)]
    with ledger.read() as connection:
        plans = [_plan(connection, _digests(dialect), b_ids=ids), _plan(connection, select(submissions.c.id).where(of_ids(ids)))]
        if dialect == "sqlite":  # PostgreSQL would begin with the reports, of which there are none here
            plans.append(_plan(connection, _named(dialect), b_names=ids, b_force="kent"))
    for plan in plans:
        assert "ix_submissions_again" in plan
        assert "uq_submissions_identity" in plan or "sqlite_autoindex_submissions_2" in plan
        assert not re.search("(?i)(scan |seq scan on )(submissions|reports)", plan)


def test_whoever_looks_for_an_id_looks_where_an_index_is() -> None:
    alone = re.compile(r"(?:submissions\.c|\bs)\.submission_id(?:\.in_\(| ==)|among\(\w+, (?:submissions\.c|s)\.submission_id")
    told = {file.name for file in (PROJECT / "hub" / "ledger").glob("*.py") if alone.search(file.read_text())}
    assert told == {"trace.py", "choosing.py"}  # which people ask, by a reference too, and that has no index


def _plan(connection: Connection, query: Executable, **asked: Any) -> str:
    """How the database goes about it."""
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    if connection.dialect.name != "sqlite":
        connection.execute(text("SET LOCAL enable_seqscan = off"))  # of so few rows PostgreSQL would read all

    def told(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> tuple[str, object]:
        return f"{explain} {statement}", parameters

    event.listen(connection, "before_cursor_execute", told, retval=True)
    try:
        return str(connection.execute(query, asked).cursor.fetchall())
    finally:
        event.remove(connection, "before_cursor_execute", told)


def test_the_history_of_a_chunk_is_one_change_for_each_force(ledger: Ledger) -> None:
    record(ledger, [an_arrival(1), an_arrival(2, force="essex"), an_arrival(3)], AT)
    assert [(row["force"], row["action"], row["reports"]) for row in rows(ledger, changes)] == [
        ("essex", "pick up", 1),
        ("kent", "pick up", 2),
    ]


def test_a_file_that_was_missing_comes_with_the_duplicate_and_is_kept_for_the_one_in_quarantine(ledger: Ledger) -> None:
    lame = an_arrival(1, state=State.QUARANTINED, code="attachment-missing", attachments=(a_file(1),))
    record(ledger, [lame], AT)
    record(ledger, [an_arrival(1, arrival="again", attachments=(a_file(1), a_file(2, b"the missing one")))], AT)
    assert states(ledger) == ["quarantined attachment-missing", "duplicate"]
    assert [(row["submission_id"], row["number"], row["size"]) for row in rows(ledger, attachments)] == [(1, 1, 4), (1, 2, 15)]


def test_a_file_that_was_altered_is_replaced_by_the_one_that_the_submission_names_and_by_no_other(ledger: Ledger) -> None:
    lame = an_arrival(1, state=State.QUARANTINED, code="attachment-altered", attachments=(replace(a_file(1, b"half"), whole=False),))
    record(ledger, [lame], AT)
    record(ledger, [lame._replace(arrival="again", attachments=(replace(a_file(1, b"another half"), whole=False),))], AT)
    assert rows(ledger, attachments)[0]["size"] == len(b"half")
    record(ledger, [lame._replace(arrival="third", attachments=(a_file(1, b"whole"),))], AT)
    assert [row["digest"] for row in rows(ledger, attachments)] == [a_file(1, b"whole").stored.digest]


def test_a_report_that_waits_gets_no_files_from_its_duplicate(ledger: Ledger) -> None:
    record(ledger, [an_arrival(1)], AT)
    record(ledger, [an_arrival(1, arrival="again", attachments=(a_file(1),))], AT)
    assert rows(ledger, attachments) == []


def test_what_is_longer_than_its_column_is_cut_and_stops_no_chunk(ledger: Ledger) -> None:
    long = replace(a_file(1), media_type="image/" + "x" * 5_000)
    signal = Signal("truncated", "a/" * 1_000)
    record(ledger, [an_arrival(1, attachments=(long,), signals=(signal,)), an_arrival(2, where="people." * 200)], AT)
    assert [len(row["media_type"]) for row in rows(ledger, attachments)] == [MEDIA_TYPE]
    assert [len(row["field"]) for row in rows(ledger, signals)] == [WHERE]
    assert len(rows(ledger, reports)[1]["where"]) == WHERE


def test_the_day_is_the_one_in_london_and_the_instant_keeps_its_offset(ledger: Ledger) -> None:
    summer = datetime.fromisoformat("2026-07-01T00:30:00+01:00")
    record(ledger, [an_arrival(1, submitted_at=summer)], summer)
    (row,) = rows(ledger, submissions)
    assert (row["day"].isoformat(), row["submitted_at"], row["submitted_at"].utcoffset()) == ("2026-07-01", summer, AT.utcoffset())


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_that_bring_the_same_ids_at_once_enter_each_once_and_settle_all(open_ledger: OpenLedger, workers: int) -> None:
    """Each worker has its own arrivals of the same twenty submissions, in an order of its own: no circle of waiting, no second original."""
    ledgers = [open_ledger(worker=str(number)) for number in range(workers)]
    start, told = threading.Barrier(workers), list[Recorded]()

    def bring(number: int) -> None:
        chunk = [an_arrival(n, arrival=f"{number}/{n}", lane=Lane.URGENT) for n in range(20)]
        start.wait()
        for order in (chunk[::-1][:10], chunk) if number % 2 else (chunk[:10], chunk):
            told.append(record(ledgers[number], order, AT))

    all_at_once(bring, range(workers))
    assert sorted(states(ledgers[0])) == sorted(["waiting"] * 20 + ["duplicate"] * 20 * (workers - 1))
    assert len({name for one in told for name in one.settled}) == 20 * workers
    assert balanced(ledgers[0])
    assert len(claim(ledgers[0], 100)) == 20
