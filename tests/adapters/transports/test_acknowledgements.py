"""Acknowledgements are untrusted input."""

import pytest

from adapters.transports.acknowledgements import Malformed, parse_line
from hub.contracts import Acknowledgement

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def test_a_line_as_published_is_read() -> None:
    line = f'{{"submission_id": "{ID}", "outcome": "accepted", "reference": "NICHE-1", "at": "2026-11-22T06:00:07Z", "more": [1]}}'.encode()
    said = parse_line(line, "a.ack.json:3", "a.ack.json")
    assert isinstance(said, Acknowledgement)
    assert said.identity.startswith("a.ack.json:3:")
    assert (said.submission_id, said.accepted, said.their_reference, said.batch) == (ID, True, "NICHE-1", "a.ack.json")


def test_the_identity_is_the_same_for_the_same_line_and_another_for_another() -> None:
    lines = [f'{{"submission_id": "{ID}", "outcome": "{outcome}"}}'.encode() for outcome in ("accepted", "accepted", "rejected")]
    first, again, other = (parse_line(line, "a:1", "a").identity for line in lines)
    assert first == again
    assert first != other


_NO_TIMES = ('"06:00"', '"2026-11-22T06:00:07"', "7", "null", '"99999-01-01T00:00:00Z"', "[]")
_BEYOND_UTC = ('"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-14:00"')
_BEYOND_A_ZONE = ('"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59Z"')


@pytest.mark.parametrize("at", [*_NO_TIMES, *_BEYOND_UTC, *_BEYOND_A_ZONE])
def test_a_time_that_cannot_be_used_does_not_lose_the_acknowledgement(at: str) -> None:
    assert parse_line(f'{{"submission_id": "{ID}", "outcome": "accepted", "at": {at}}}'.encode(), "a:1", "a").at is None


def test_a_time_is_kept_in_utc() -> None:
    line = f'{{"submission_id": "{ID}", "outcome": "accepted", "at": "2026-11-22T07:00:07+01:00"}}'.encode()
    at = parse_line(line, "a:1", "a").at
    assert at is not None
    assert at.isoformat() == "2026-11-22T06:00:07+00:00"


@pytest.mark.parametrize("text", ['""', '"a\\u0000b"', '"a\\u202eb"', '"a\\r\\nb"', f'"{"x" * 201}"', "7", "{}"])
@pytest.mark.parametrize("outcome", ["accepted", "rejected"])
def test_a_reference_or_a_reason_that_cannot_be_kept_is_none_and_what_was_decided_counts(text: str, outcome: str) -> None:
    line = f'{{"submission_id": "{ID}", "outcome": "{outcome}", "reference": {text}, "reason": {text}}}'.encode()
    said = parse_line(line, "a:1", "a")
    assert (said.submission_id, said.accepted, said.their_reference, said.reason) == (ID, outcome == "accepted", None, None)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", "not-json"),
        (b"accepted", "not-json"),
        (b"\xff", "not-json"),
        (b"[" * 5_000, "not-json"),
        (b'{"a": "\\ud800"}', "not-json"),
        (b"NaN", "not-json"),
        (b"1e999999", "not-json"),
        (b" " * 20_000, "line-too-long"),
        (b"[]", "not-an-object"),
        (b"7", "not-an-object"),
        (b"null", "not-an-object"),
        (b'{"outcome": "accepted"}', "submission-id-unreadable"),
        (b'{"submission_id": "1; drop table", "outcome": "accepted"}', "submission-id-unreadable"),
        (f'{{"submission_id": "{ID}"}}'.encode(), "outcome-unknown"),
        (f'{{"submission_id": "{ID}", "outcome": "ACCEPTED"}}'.encode(), "outcome-unknown"),
        (f'{{"submission_id": "{ID}", "outcome": true}}'.encode(), "outcome-unknown"),
    ],
)
def test_a_line_that_is_not_as_published_has_a_code_and_no_text(line: bytes, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_line(line, "a:1", "a")
    assert caught.value.code == code
    assert str(caught.value) == code
