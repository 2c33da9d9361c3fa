"""The REST stand-ins, met with httpx."""

from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest

from hub.words import PayloadKind
from sandbox.holdings import Held, Refusal
from sandbox.stand_ins import StandIns
from sandbox.stands import Stand
from tests.sandbox.far_ends import (
    JSON_POSTS,
    SOMEBODY,
    XML_POSTS,
    Poster,
    content_digest,
    identity,
    json_report,
    occurrence,
    outcomes,
    reached,
)

Holds = Callable[[Stand], Held]
DROP = "lancashire.records-system.routine.k7q2.000001"


def new_key() -> tuple[str, str]:
    submission_id = identity()
    return submission_id, f"{DROP}/{submission_id}"


def of(held: Held, key: str) -> list[tuple[str, str, bool]]:
    return outcomes([report for report in held.reports if report.payload == key])


@pytest.mark.parametrize(
    ("stand", "body"),
    [(JSON_POSTS, json_report), (XML_POSTS, occurrence)],
)
def test_201_means_persisted_byte_for_byte(stand_ins: StandIns, held: Holds, stand: Stand, body: Callable[[str, str], bytes]) -> None:
    submission_id, key = new_key()
    with Poster(stand_ins, stand) as poster:
        answer = poster.post(key, body(submission_id, "SOH-AB12"))
    assert answer.status_code == 201
    mine = held(stand)
    report = {report.payload: report for report in mine.reports}[key]
    assert answer.json() == {"data": {"type": "incidents", "id": report.their_reference}}
    assert of(mine, key) == [(submission_id, "SOH-AB12", True)]
    assert [payload.read() for payload in mine.payloads if payload.key == key] == [body(submission_id, "SOH-AB12")]


def test_the_same_key_again_is_answered_alike_and_held_once(stand_ins: StandIns, held: Holds) -> None:
    submission_id, key = new_key()
    body = json_report(submission_id, "SOH-AB12")
    with Poster(stand_ins, JSON_POSTS) as poster:
        first, second, looked_up = poster.post(key, body), poster.post(key, body), poster.look_up(key)
    assert [first.status_code, second.status_code, looked_up.status_code] == [201, 200, 200]
    assert first.content == second.content == looked_up.content
    assert looked_up.headers["Content-Digest"] == content_digest(body)
    assert of(held(JSON_POSTS), key) == [(submission_id, "SOH-AB12", True)]
    assert Refusal(key, "already-taken") in held(JSON_POSTS).refusals


def test_another_report_under_the_same_key_is_refused(stand_ins: StandIns, held: Holds) -> None:
    submission_id, key = new_key()
    with Poster(stand_ins, JSON_POSTS) as poster:
        poster.post(key, json_report(submission_id, "SOH-AB12"))
        answer = poster.post(key, json_report(submission_id, "SOH-AB13"))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "key-reused")
    assert of(held(JSON_POSTS), key) == [(submission_id, "SOH-AB12", True)]


def test_one_submission_under_two_keys_is_held_twice_so_that_a_judge_sees_it(stand_ins: StandIns, held: Holds) -> None:
    submission_id, key = new_key()
    with Poster(stand_ins, JSON_POSTS) as poster:
        for drop in ("000002", "000003"):
            poster.post(key.replace("000001", drop), json_report(submission_id, "SOH-AB12"))
    assert [report.submission_id for report in held(JSON_POSTS).reports].count(submission_id) == 2


def test_what_breaks_a_rule_is_refused_and_not_held(stand_ins: StandIns, held: Holds) -> None:
    submission_id, key = new_key()
    with Poster(stand_ins, JSON_POSTS) as poster:
        answer = poster.post(key, json_report(submission_id, "SOH-YY01"))
        assert poster.look_up(key).status_code == 404
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["status"], error["code"]) == (422, "422", "business-rule")
    assert error["source"] == {"pointer": "/data/attributes/reference"}
    assert of(held(JSON_POSTS), key) == []
    assert Refusal(key, "business-rule") in held(JSON_POSTS).refusals


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"{", {}, "not-json"),
        (b"[]", {}, "report-without-id"),
        (b'{"data": {"id": 5}}', {}, "report-without-id"),
        (json_report(SOMEBODY, "SOH-AB12"), {"Content-Digest": content_digest(b"other")}, "digest-differs"),
        (json_report(SOMEBODY, "SOH-AB12"), {"Idempotency-Key": ""}, "key-missing"),
    ],
)
def test_a_request_that_is_not_as_agreed_is_refused(
    stand_ins: StandIns, held: Holds, body: bytes, headers: dict[str, str], code: str
) -> None:
    _, key = new_key()
    with Poster(stand_ins, JSON_POSTS) as poster:
        answer = poster.post(key, body, **headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)
    assert of(held(JSON_POSTS), key) == []


def test_a_wrong_api_key_and_an_unknown_endpoint_are_told(stand_ins: StandIns) -> None:
    _, key = new_key()
    with Poster(stand_ins, JSON_POSTS) as poster:
        assert poster.post(key, b"{}", **{"X-API-Key": "no"}).status_code == 401
        elsewhere = reached(stand_ins, JSON_POSTS)["url"].replace("lancashire", "nowhere")
        assert poster.client.post(elsewhere, content=b"{}").status_code == 404


def test_acknowledgements_are_read_on_from_a_cursor(stand_ins: StandIns) -> None:
    with Poster(stand_ins, XML_POSTS) as poster:
        before = poster.acknowledgements()["data"]
        cursor = before[-1]["id"] if before else None
        reports = [(identity(), "SOH-AB12"), (identity(), "SOH-ZZ12")]
        for submission_id, reference in reports:
            poster.post(f"{DROP}/{submission_id}", occurrence(submission_id, reference))
        page = poster.acknowledgements(cursor)
        assert poster.acknowledgements(page["data"][-1]["id"]) == {"data": [], "next": None}
    rows = [(row["submission_id"], row["outcome"], row["reason"], row["reference"] is None) for row in page["data"]]
    assert rows == [(reports[0][0], "accepted", None, False), (reports[1][0], "rejected", "not-recordable", True)]
    assert page["next"] is None


def test_an_attachment_is_held_once_and_found_by_its_key(stand_ins: StandIns, held: Holds) -> None:
    key, video = f"{DROP}/{identity()}.1.mp4", bytes(range(256)) * 4096
    with Poster(stand_ins, JSON_POSTS) as poster:
        assert poster.attachment("HEAD", key).status_code == 404
        assert [poster.attachment("PUT", key, video).status_code for _ in range(2)] == [201, 200]
        found = poster.attachment("HEAD", key)
    assert (found.status_code, found.headers["Content-Digest"]) == (200, content_digest(video))
    taken = [payload for payload in held(JSON_POSTS).payloads if payload.key == key]
    assert [(payload.kind, payload.read() == video) for payload in taken] == [(PayloadKind.ATTACHMENT, True)]


def test_a_report_that_is_too_large_is_refused(stand_ins: StandIns) -> None:
    _, key = new_key()
    with Poster(stand_ins, JSON_POSTS) as poster:
        with suppress(httpx.WriteError):  # it may answer and close before all of it was sent
            assert poster.post(key, b" " * (9 * 1024 * 1024)).status_code == 413
        assert poster.look_up(key).status_code == 404
