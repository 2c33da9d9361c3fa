import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select, update

from hub.contracts import Notice
from hub.ledger import notices
from hub.ledger.changes import Author, Move, change
from hub.ledger.confirmations import confirm
from hub.ledger.deliveries import record_results
from hub.ledger.errors import Overtaken
from hub.ledger.lanes import release_lane
from hub.ledger.ledger import Ledger
from hub.ledger.notices import is_owed, next_notice, refused, refused_notice, sent
from hub.ledger.outcomes import Result
from hub.ledger.tables import noticed, reports, submissions
from hub.ledger.tables import notices as table
from hub.words import PayloadState, Purpose, State
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, all_at_once, begun, claimed, own, rows, said, stored, submission_id, waiting

LATER = AT + timedelta(minutes=5)


def code_of(force: str) -> str | None:
    return {"kent": "46"}.get(force)


def delivered(ledger: Ledger, *numbers: int, **others: Any) -> list[int]:
    """Submissions that Kent has received. Returns their report ids."""
    ids = waiting(ledger, *numbers, **others)
    own(ledger, ids)
    claim = claimed(ledger)
    drop, attempt, left = begun(ledger, claim)
    record_results(ledger, claim, drop, attempt, [Result(piece.id, PayloadState.DELIVERED) for piece in left], (), AT)
    release_lane(ledger, claim)
    return ids


def end(ledger: Ledger, state: State, *ids: int) -> None:
    """An operator takes reports that wait to their end."""
    with ledger.write() as connection:
        change(connection, "kent", Author("end", LATER), [Move(report, State.WAITING, state) for report in ids])


def sealed(ledger: Ledger) -> tuple[int, Notice]:
    found = next_notice(ledger, code_of, LATER)
    assert found is not None
    assert found.notice is not None
    return found.id, found.notice


def lines(notice: Notice) -> list[dict[str, Any]]:
    assert hashlib.sha256(notice.body).hexdigest() == notice.digest
    found = [orjson.loads(line) for line in notice.body.splitlines()]
    assert len(found) == notice.outcomes
    return found


def told(ledger: Ledger) -> list[tuple[str, str]]:
    """Everything that is told from now on: submission id and outcome, in order."""
    found: list[tuple[str, str]] = []
    while is_owed(ledger):
        number, notice = sealed(ledger)
        found += [(line["submissionId"], line["outcome"]) for line in lines(notice)]
        sent(ledger, number, LATER)
    return found


def test_a_line_says_whose_report_who_has_it_under_which_reference_and_since_when(ledger: Ledger) -> None:
    delivered(ledger, 1, reference="SOH-1")
    confirm(ledger, "kent", "records-system", [said(1)], LATER)
    _, notice = sealed(ledger)
    assert notice.key == f"outcomes.{ledger.series}.000001"
    whose = {"submissionId": submission_id(1), "customerReferenceNumber": "SOH-1", "forceIdentifier": "46", "force": "kent"}
    assert lines(notice) == [
        whose | {"outcome": "delivered", "reference": "KENT-1", "at": "2026-11-22T06:00:00+00:00"},
        whose | {"outcome": "accepted", "reference": "KENT-1", "at": "2026-11-22T06:05:00+00:00"},
    ]


@pytest.mark.parametrize("state", [State.REROUTED, State.REDIRECTED, State.WITHDRAWN])
def test_what_an_operator_ends_is_told(ledger: Ledger, state: State) -> None:
    end(ledger, state, *waiting(ledger, 1))
    assert told(ledger) == [(submission_id(1), state)]


def test_what_is_worked_on_is_nobodys_business_yet(ledger: Ledger) -> None:
    waiting(ledger, 1)
    waiting(ledger, 1, arrival="again.json")
    waiting(ledger, 2, state=State.HELD, code="force-not-live")
    waiting(ledger, 3, state=State.QUARANTINED, code="not-json", submission_id=None)
    delivered(ledger, 4)
    confirm(ledger, "kent", "records-system", [said(4, accepted=False)], LATER)
    assert told(ledger) == [(submission_id(4), "delivered")]


def test_the_first_of_an_id_is_told_of_and_no_conflict_with_it(ledger: Ledger) -> None:
    (first,) = waiting(ledger, 1)
    (other,) = waiting(ledger, 1, arrival="other.json", body=stored(b"other bytes"))
    with ledger.write() as connection:
        change(connection, "kent", Author("withdraw", LATER), [Move(other, State.QUARANTINED, State.WITHDRAWN)])
    assert not is_owed(ledger)
    end(ledger, State.WITHDRAWN, first)
    assert told(ledger) == [(submission_id(1), "withdrawn")]


def test_a_re_routed_report_is_told_of_at_its_target_though_it_has_no_identity_there(ledger: Ledger) -> None:
    end(ledger, State.REROUTED, *waiting(ledger, 1))
    (again,) = waiting(ledger, 2)
    with ledger.write() as connection:
        target = select(reports.c.submission_id).where(reports.c.id == again).scalar_subquery()
        origin = {"identity": None, "submission_id": submission_id(1), "rerouted_from": 1}
        connection.execute(update(submissions).where(submissions.c.id == target).values(origin))
    end(ledger, State.WITHDRAWN, again)
    assert told(ledger) == [(submission_id(1), "re-routed"), (submission_id(1), "withdrawn")]


def test_a_copy_on_another_route_is_not_told_of(ledger: Ledger) -> None:
    ids = waiting(ledger, 1, 2)
    with ledger.write() as connection:
        connection.execute(update(reports).where(reports.c.id == ids[0]).values(purpose=Purpose.COPY))
    end(ledger, State.WITHDRAWN, *ids)
    assert told(ledger) == [(submission_id(2), "withdrawn")]


def test_a_notice_is_the_same_bytes_until_the_platform_has_it_whatever_happens_meanwhile(ledger: Ledger) -> None:
    end(ledger, State.WITHDRAWN, *waiting(ledger, 1))
    first = sealed(ledger)
    end(ledger, State.WITHDRAWN, *waiting(ledger, 2))
    assert sealed(ledger) == first
    sent(ledger, first[0], LATER)
    _, second = sealed(ledger)
    assert second.key == f"outcomes.{ledger.series}.000002"
    assert [line["submissionId"] for line in lines(second)] == [submission_id(2)]


def test_each_outcome_is_told_once_in_notices_of_a_limited_size(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "AT_MOST", 2)
    end(ledger, State.WITHDRAWN, *waiting(ledger, *range(1, 6)))
    assert told(ledger) == [(submission_id(n), "withdrawn") for n in range(1, 6)]
    assert [(row["sequence"], row["outcomes"]) for row in rows(ledger, table)] == [(1, 2), (2, 2), (3, 1)]
    assert next_notice(ledger, code_of, LATER) is None


def test_a_large_notice_lies_in_the_store_and_comes_back_whole(ledger: Ledger) -> None:
    end(ledger, State.WITHDRAWN, *waiting(ledger, *range(400)))
    _, notice = sealed(ledger)
    assert len(lines(notice)) == 400
    assert rows(ledger, table)[0]["uri"].startswith("outcomes/")


@pytest.mark.parametrize("spoils", [Path.unlink, Path.touch, lambda path: path.write_bytes(b"{}\n")], ids=["gone", "whole", "other bytes"])
def test_a_notice_is_never_told_with_other_bytes_than_were_sealed(ledger: Ledger, tmp_path: Path, spoils: Callable[[Path], object]) -> None:
    end(ledger, State.WITHDRAWN, *waiting(ledger, *range(400)))
    _, notice = sealed(ledger)
    spoils(tmp_path / "store" / rows(ledger, table)[0]["uri"])
    found = next_notice(ledger, code_of, LATER)
    assert found is not None
    assert found.notice == (notice if spoils is Path.touch else None)


def test_workers_that_look_at_once_see_one_notice(ledger: Ledger, open_ledger: OpenLedger) -> None:
    end(ledger, State.WITHDRAWN, *waiting(ledger, 1, 2, 3))
    found: list[tuple[int, Notice]] = []
    all_at_once(lambda one: found.append(sealed(one)), [open_ledger(worker=f"{n}") for n in range(4)])
    assert [each == found[0] for each in found] == [True] * 4
    assert len(rows(ledger, table)) == 1


def test_a_change_that_is_given_up_is_not_told(ledger: Ledger) -> None:
    (report,) = waiting(ledger, 1)

    def given_up() -> None:
        with ledger.write() as connection:
            change(connection, "kent", Author("withdraw", LATER), [Move(report, State.WAITING, State.WITHDRAWN)])
            raise Overtaken

    with pytest.raises(Overtaken):
        given_up()
    assert (is_owed(ledger), rows(ledger, noticed)) == (False, [])


def test_an_outcome_that_commits_late_is_told_though_others_were_told_before(ledger: Ledger, open_ledger: OpenLedger) -> None:
    """On PostgreSQL histories do not commit in the order of their numbers; a cursor would leave this one behind."""
    late, early = waiting(ledger, 1, 2)
    if ledger.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    other = open_ledger(worker="second")
    with other.write() as connection:
        change(connection, "kent", Author("withdraw", LATER), [Move(late, State.WAITING, State.WITHDRAWN)])
        end(ledger, State.WITHDRAWN, early)
        assert told(ledger) == [(submission_id(2), "withdrawn")]
    assert told(ledger) == [(submission_id(1), "withdrawn")]


def test_what_the_platform_refuses_keeps_nothing_back_and_is_offered_again_later(ledger: Ledger) -> None:
    end(ledger, State.WITHDRAWN, *waiting(ledger, 1))
    number, notice = sealed(ledger)
    refused(ledger, number, "bad-line", AT)
    assert not is_owed(ledger)
    end(ledger, State.WITHDRAWN, *waiting(ledger, 2))
    assert told(ledger) == [(submission_id(2), "withdrawn")]

    assert refused_notice(ledger, AT) is None
    again = refused_notice(ledger, LATER)
    assert again is not None
    assert again.notice == notice
    sent(ledger, number, LATER)
    assert refused_notice(ledger, LATER) is None


def test_what_one_worker_has_told_another_cannot_call_refused(ledger: Ledger) -> None:
    end(ledger, State.WITHDRAWN, *waiting(ledger, 1))
    number, _ = sealed(ledger)
    sent(ledger, number, AT)
    refused(ledger, number, "late", LATER)
    assert [(row["sent_at"], row["refused"]) for row in rows(ledger, table)] == [(AT, None)]
