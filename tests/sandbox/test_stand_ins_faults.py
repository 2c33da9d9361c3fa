"""Faults on demand, as a client meets them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import paramiko
import pytest

from sandbox.faults import Fault
from sandbox.stand_ins import StandIns
from tests.sandbox.conftest import eventually
from tests.sandbox.far_ends import JSON_POSTS, NEIGHBOUR, XML_DROPS, XML_POSTS, Account, Poster, identity, json_report, occurrence


@pytest.fixture
def struck(stand_ins: StandIns) -> Iterator[StandIns]:
    yield stand_ins
    stand_ins.faults()


def new_report() -> tuple[str, bytes]:
    submission_id = identity()
    return f"d.1/{submission_id}", json_report(submission_id, "SOH-AB12")


def test_a_status_comes_as_often_as_it_was_asked_for_and_takes_nothing(struck: StandIns) -> None:
    key, body = new_report()
    struck.faults(Fault("status", force="lancashire", status=429, retry_after=7, times=2))
    with Poster(struck, JSON_POSTS) as poster:
        answers = [poster.post(key, body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 201]
    assert answers[0].headers["Retry-After"] == "7"


def test_another_force_is_not_struck(struck: StandIns) -> None:
    submission_id = identity()
    struck.faults(Fault("status", force="lancashire"))
    with Poster(struck, XML_POSTS) as poster:
        assert poster.post(f"d.1/{submission_id}", occurrence(submission_id, "SOH-AB12")).status_code == 201


def test_a_lost_response_leaves_the_report_taken(struck: StandIns) -> None:
    key, body = new_report()
    struck.faults(Fault("lost-response", times=1))
    with Poster(struck, JSON_POSTS) as poster:
        with pytest.raises(httpx.TransportError):
            poster.post(key, body)
        assert poster.look_up(key).status_code == 200


def test_a_reset_leaves_nothing_taken(struck: StandIns) -> None:
    key, body = new_report()
    struck.faults(Fault("reset", times=1))
    with Poster(struck, JSON_POSTS) as poster:
        with pytest.raises(httpx.TransportError):
            poster.post(key, body)
        assert poster.look_up(key).status_code == 404


def test_every_second_report_of_a_batch_is_refused(struck: StandIns) -> None:
    struck.faults(Fault("refuse", force="lancashire", every=2))
    with Poster(struck, JSON_POSTS) as poster:
        assert [poster.post(*new_report()).status_code for _ in range(4)] == [201, 422, 201, 422]


def test_every_second_report_of_a_drop_is_rejected(struck: StandIns) -> None:
    struck.faults(Fault("reject", force="kent", every=2))
    with Account(struck, XML_DROPS) as account:
        key = account.send(XML_DROPS, 1, *((identity(), "SOH-AB12") for _ in range(4)))
        assert eventually(lambda: f"{key}.ack.json" in account.sftp.listdir("/out/soh"))
    reports = [report for report in struck.holdings()["kent", "records-system"].reports if report.payload == f"{key}.xml"]
    assert [report.accepted for report in reports] == [True, False, True, False]


def test_a_silent_force_takes_the_drop_and_says_nothing(struck: StandIns) -> None:
    struck.faults(Fault("silent", force="sussex"))
    report = (identity(), "SOH-AB12")
    with Account(struck, NEIGHBOUR) as account:
        account.send(NEIGHBOUR, 1, report)
        assert eventually(lambda: report[0] in [held.submission_id for held in struck.holdings()["sussex", "records-system"].reports])
        assert account.sftp.listdir("/out/soh") == []


@pytest.mark.parametrize(
    ("kind", "message"), [("permission-denied", "Permission denied"), ("disk-full", "size mismatch"), ("rename-fails", "Failure")]
)
def test_an_upload_fails_where_the_server_says_so(struck: StandIns, kind: str, message: str) -> None:
    struck.faults(Fault(kind, force="sussex", times=1))
    with Account(struck, NEIGHBOUR) as account:
        with pytest.raises(OSError, match=message):
            account.put("sussex.records-system.routine.k7q2.000009.xml", b"x")
        account.put("sussex.records-system.routine.k7q2.000009.xml", b"x")


def test_a_rename_that_is_not_answered_was_done(struck: StandIns) -> None:
    struck.faults(Fault("lost-response", force="sussex", times=1))
    name = "sussex.records-system.routine.k7q2.000008.xml"
    with Account(struck, NEIGHBOUR) as account, pytest.raises((EOFError, OSError, paramiko.SSHException)):
        account.put(name, b"x")
    with Account(struck, NEIGHBOUR) as account:
        assert name in account.sftp.listdir("/in/soh")


def test_a_password_is_refused_on_demand(struck: StandIns) -> None:
    struck.faults(Fault("password-refused", force="kent"))
    with pytest.raises(paramiko.AuthenticationException):
        Account(struck, XML_DROPS)


def test_a_fault_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no fault 'explode'"):
        StandIns(tmp_path, None).faults(Fault("explode"))
