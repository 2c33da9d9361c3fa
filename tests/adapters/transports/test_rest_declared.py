"""What a profile declares of a REST interface: paths, signs, templates and secrets, and what is refused when it is loaded."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from adapters.registry import make_transport
from adapters.transports.rest.answers import Answer
from adapters.transports.rest.declared import Answers, Meaning
from adapters.transports.rest.paths import items_at, value_at, value_in
from adapters.transports.rest.transport import RestTransport
from hub.contracts import Absent, CannotTell, Carried, Found, Misconfigured, Refused, Unavailable, Uncertain
from hub.words import PayloadKind
from tests.conformance.payloads import payload
from tests.servers.endpoint import Endpoint, Scripted

IDS = [f"0f8fad5b-d9cb-469f-a165-70867728950{last}" for last in range(4)]
BATCH = tuple(Carried(one, f"SOH-{number}", "crime") for number, one in enumerate(IDS))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint.start() as endpoint:
        yield endpoint


def said(body: object, status: int = 200, **headers: str) -> Answer:
    whole = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, whole)


# --- paths

XML = b'<?xml version="1.0"?><a:r xmlns:a="urn:a"><!-- x --><a:e n="1"><a:c>one</a:c></a:e><a:e n="2"><a:c>two</a:c></a:e></a:r>'
BOMB = b'<!DOCTYPE r [<!ENTITY e "x">]><r><c>&e;</c></r>'


@pytest.mark.parametrize(
    ("path", "answer", "found"),
    [
        ("/0/id", said([{"id": "A-1"}]), "A-1"),
        ("/a~1b/c~0d", said({"a/b": {"c~d": 7}}), "7"),
        ("", said("whole"), "whole"),
        ("/", said({"": "empty name"}), "empty name"),
        ("/ok", said({"ok": True}), None),
        ("/9", said([1]), None),
        ("/-1", said([1]), None),
        ("/01", said([1, 2]), None),
        ("/id", said({"id": {"x": 1}}), None),
        ("/id", said({"id": "x" * 2001}), None),
        ("/id", said(b"[" * 50_000), None),
        ("xml:r/e/c", said(XML), "one"),
        ("xml:r/e/@n", said(XML), "1"),
        ("xml:other/e", said(XML), None),
        ("xml:r/c", said(BOMB), None),
        ("xml:r", said(b"<r>"), None),
        ("header:X-Case", said(b"", x_case="C-7"), "C-7"),
        ("header:X-Other", said(b"", x_case="C-7"), None),
        ("body", said(b" C-7\n"), "C-7"),
        ("body", said(b"\xff"), None),
    ],
)
def test_a_path_leads_to_its_value_and_a_hostile_answer_to_none(path: str, answer: Answer, found: str | None) -> None:
    assert value_at(path, answer) == found


def test_items_of_a_list_are_read_by_paths_that_begin_at_the_item() -> None:
    rows = items_at("/rows", said({"rows": [{"n": 1, "bad": True}, {"n": 2}]})) or []
    assert [value_in("/n", row) for row in rows] == ["1", "2"]
    assert [value_in("/bad", row, flags=True) for row in rows] == ["true", None]
    elements = items_at("xml:r/e", said(XML)) or []
    assert [(value_in("xml:@n", one), value_in("xml:c", one)) for one in elements] == [("1", "one"), ("2", "two")]
    assert items_at("/rows", said({"rows": {}})) is None
    assert items_at("xml:r/none", said(XML)) == []


# --- signs


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (200, None, Meaning.DELIVERED),
        (202, None, Meaning.UNCERTAIN),
        (400, "DUPLICATE", Meaning.DUPLICATE),
        (500, "DUPLICATE", Meaning.DUPLICATE),
        (200, "BUSY", Meaning.BUSY),
        (422, "BUSY", Meaning.REFUSED),
        (500, "LOCKED", Meaning.REFUSED),
        (500, None, Meaning.UNCERTAIN),
        (400, "409", Meaning.REFUSED),
        (409, None, Meaning.REFUSED),
        (302, None, Meaning.MISCONFIGURED),
    ],
)
def test_a_code_goes_before_a_status_and_both_before_a_code(status: int, code: str | None, meaning: Meaning) -> None:
    declared = {"duplicate": ["DUPLICATE"], "busy": ["BUSY", "503"], "refused": ["422 BUSY", "500 LOCKED"], "code": "/code"}
    assert Answers.model_validate(declared).meaning(said({"code": code}, status)) is meaning


# --- batches


@pytest.mark.parametrize(
    ("by", "named"),
    [
        ("submission", [IDS[1].upper(), IDS[3]]),
        ("reference", ["SOH-1", "SOH-3"]),
        ("number", [1, "3"]),
        ("pointer", ["/data/1/attributes/x", "/data/3"]),
    ],
)
@pytest.mark.parametrize("status", [200, 409])
def test_what_names_a_refused_report_is_declared(endpoint: Endpoint, by: str, named: list[object], status: int) -> None:
    refusals = {"list": "/bad", "report": "/who", "by": by, "code": "/why", "partial": ["409"]}
    transport = RestTransport(endpoint.settings(answers={"refusals": refusals, "duplicate": []}))
    body = {"bad": [{"who": named[0], "why": "no-officer"}, {"who": named[1], "why": "Siân Jones said so"}]}
    endpoint.script.append(Scripted(status, body=json.dumps(body).encode()))
    receipt = transport.send(replace(payload(b"batch"), reports=BATCH))
    assert receipt.refused == ((IDS[1], "no-officer"), (IDS[3], "refused-in-batch"))
    transport.close()


@pytest.mark.parametrize("named", [None, "", "nobody", -1, 4, "1e0", {"x": 1}, "9" * 30])
def test_a_refusal_of_who_is_not_in_the_batch_is_never_called_delivered(endpoint: Endpoint, named: object) -> None:
    transport = RestTransport(endpoint.settings(answers={"refusals": {"list": "/bad", "report": "/who", "by": "number"}}))
    endpoint.script.extend([Scripted(status, body=json.dumps({"bad": [{"who": named}]}).encode()) for status in (200, 422)])
    with pytest.raises(Uncertain) as caught:
        transport.send(replace(payload(b"batch"), reports=BATCH))
    assert caught.value.code == "refusals-unreadable"
    with pytest.raises(Refused) as refused:
        transport.send(replace(payload(b"batch"), reports=BATCH))
    assert refused.value.reports == ()
    transport.close()


@pytest.mark.parametrize(
    ("status", "bad", "refused"),
    [
        (409, [{"who": 1, "why": "no-officer"}], ((IDS[1], "no-officer"),)),
        (409, [{"who": 1, "why": "no-officer"}, {"who": 2, "why": "ALREADY_THERE"}], ((IDS[1], "no-officer"),)),
        (409, [{"why": "ALREADY_THERE"}], ()),  # about the batch, and so about no report of it
        (409, [], ()),
        (200, [{"who": 1, "why": "no-officer"}, {"who": 2, "why": "ALREADY_THERE"}], ((IDS[1], "no-officer"),)),
    ],
)
def test_a_refusal_counts_in_a_batch_that_was_there_before_and_a_duplicate_is_none(
    endpoint: Endpoint, status: int, bad: list[object], refused: object
) -> None:
    refusals = {"list": "/bad", "report": "/who", "by": "number", "code": "/why"}
    transport = RestTransport(endpoint.settings(answers={"duplicate": ["409", "ALREADY_THERE"], "refusals": refusals}))
    endpoint.script.append(Scripted(status, body=json.dumps({"bad": bad}).encode()))
    assert transport.send(replace(payload(b"batch"), reports=BATCH)).refused == refused
    transport.close()


def test_a_batch_that_is_found_does_not_say_whom_it_refused(endpoint: Endpoint) -> None:
    transport = RestTransport(endpoint.settings(answers={"refusals": {"list": "/bad", "report": "/who"}}))
    batch = replace(payload(b"batch"), reports=BATCH)
    assert isinstance(transport.find(batch), Absent)
    transport.send(batch)
    assert isinstance(transport.find(batch), CannotTell)
    transport.close()


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b'{"found": []}', Absent), (b'{"found": [{"id": "C-7"}]}', Found), (b"{}", CannotTell), (b"<html>", CannotTell)],
)
def test_a_search_finds_or_finds_nothing_or_cannot_tell(endpoint: Endpoint, body: bytes, expected: type[object]) -> None:
    endpoint.script.append(Scripted(200, body=body))
    transport = RestTransport(endpoint.settings(lookup={"query": {"key": "{key}"}, "list": "/found", "reference": "/found/0/id"}))
    finding = transport.find(payload(b"report"))
    assert type(finding) is expected
    assert getattr(finding, "reference", None) == ("C-7" if expected is Found else None)
    transport.close()


# --- templates


def test_identifiers_are_percent_encoded_whole(endpoint: Endpoint) -> None:
    settings = endpoint.settings(query={"q": "{submission_id}&x={key}"}, headers={"X-Service": "{service}"})
    transport = RestTransport(settings | {"url": f"{endpoint.url}/{{key}}/{{name}}"})
    transport.send(replace(payload(b"report", name="a b"), key="../x?y#z/%41&", reports=BATCH[:1]))
    (request,) = endpoint.requests
    assert request.path == f"/incidents/..%2Fx%3Fy%23z%2F%2541%26/a%20b?q={IDS[0]}%26x%3D..%2Fx%3Fy%23z%2F%2541%26"
    assert request.headers["x-service"] == "crime"
    transport.close()


@pytest.mark.parametrize("key", ["a\r\nX-API-Key: hunter2", "Ŵyn", "a\0b"])
def test_nothing_breaks_out_of_a_header(endpoint: Endpoint, key: str) -> None:
    transport = RestTransport(endpoint.settings(headers={"X-Case": "{key}"}))
    with pytest.raises(Misconfigured) as caught:
        transport.send(replace(payload(b"report"), key=key))
    assert caught.value.code == "bad-template"
    assert endpoint.requests == []


def test_what_is_known_of_one_report_alone_has_no_place_in_a_batch(endpoint: Endpoint) -> None:
    transport = RestTransport(endpoint.settings(headers={"X-Case": "{submission_id}"}))
    with pytest.raises(Misconfigured) as caught:
        transport.send(replace(payload(b"batch"), reports=BATCH))
    assert (caught.value.code, "{submission_id}" in str(caught.value)) == ("bad-template", True)


def test_an_endpoint_without_attachments_says_so(endpoint: Endpoint) -> None:
    transport = RestTransport(endpoint.settings() | {"attachments": None})
    with pytest.raises(Misconfigured) as caught:
        transport.send(payload(b"jpeg", PayloadKind.ATTACHMENT))
    assert caught.value.code == "no-attachments"


# --- several parts


def test_attachments_inside_are_streamed_and_what_cannot_be_opened_is_told_before_anything_is_sent(endpoint: Endpoint) -> None:
    asked: list[int] = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            asked.append(-1 if size is None else size)
            return super().read(size)

    def gone() -> BinaryIO:
        raise FileNotFoundError("store/0f8f")

    transport = RestTransport(endpoint.settings(multipart={"records": "report", "files": "file"}))
    body = b"video" * 1_000_000
    video = replace(payload(body, PayloadKind.ATTACHMENT, 'a"b.mp4'), open=lambda: Watched(body))
    with pytest.raises(Unavailable) as caught:
        transport.send(replace(payload(b"report"), attachments=(video, replace(video, open=gone))))
    assert (caught.value.code, endpoint.requests, asked) == ("payload-unreadable", [], [])
    transport.send(replace(payload(b"report"), attachments=(video,)))
    assert 0 < min(asked) <= max(asked) <= 65_536
    (request,) = endpoint.requests
    assert int(request.headers["content-length"]) == len(request.body)
    assert body in request.body
    assert b'filename="a%22b.mp4"' in request.body
    assert "transfer-encoding" not in request.headers
    transport.close()


# --- what is refused when the route is made

HTTPS = "https://force.example/requests"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"answer": {}}, "did you mean 'answers'"),
        ({"answers": {"reference": "data.id"}}, "JSON Pointer"),
        ({"answers": {"duplicate": ["4 09"]}}, "status"),
        ({"answers": {"refusals": {"list": "body", "report": "/x"}}}, "list"),
        ({"headers": {"X-Case": "{refrence}"}}, "there is no {refrence}"),
        ({"headers": {"X-Case": "{text}"}}, "there is no {text}"),
        ({"headers": {"X-Case": "a\r\nb"}}, "X-Case"),
        ({"headers": {"Authorization": "hunter2"}}, "header"),
        ({"headers": {"X-Key": "a"}, "auth": {"name": "api-key", "key": "env:K", "header": "x-key"}}, "auth"),
        ({"url": "https://{key}.example/x"}, "host"),
        ({"url": "https://force.example/{"}, "brace"),
        ({"url": "https://force.example/x?key=hunter2"}, "query"),
        ({"idempotency": "X\r\nY"}, "header"),
        ({"auth": {"name": "api-key", "key": "hunter2", "header": "X-Key"}}, "reference"),
        ({"auth": {"name": "api-key", "key": "env:K"}}, "one of the two"),
        ({"auth": {"name": "oauth2", "token_url": "http://login.example/t", "credentials": "env:C"}}, "https"),
        ({"auth": {"name": "oauth", "token_url": HTTPS, "credentials": "env:C"}}, "oauth2"),
        ({"auth": {"name": "basic", "credentials": "env:C"}, "api_key": "env:K"}, "one of the two"),
        ({"multipart": {"records": "a"}}, "files"),
        ({"lookup": "maybe"}, "lookup"),
        ({"method": "GET"}, "method"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_named_without_a_value(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(Misconfigured, match=r"transport 'rest': ") as caught:
        make_transport("rest", {"url": HTTPS, **settings})
    assert caught.value.code == "bad-settings"
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


# --- secrets


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500, 503])
def test_a_key_in_the_address_shows_in_no_log_and_no_error(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("A_KEY", "canary&key=1")
    transport = RestTransport(endpoint.settings(auth={"name": "api-key", "key": "env:A_KEY", "parameter": "key"}))
    endpoint.script.extend([Scripted(status), Scripted(status), Scripted(cut=True)])
    told = ""
    for ask in (transport.send, transport.find, transport.send):
        try:
            ask(payload(b"report"))
        except (Refused, Unavailable, Uncertain, Misconfigured) as error:
            told += f"{error!r} {error} {error.__cause__!r}"
    assert {request.path.partition("?")[2] for request in endpoint.requests} == {"key=canary%26key%3D1"}
    assert "canary" not in told + caplog.text + repr(transport._settings)
    transport.close()


@pytest.mark.parametrize("secret", ["two\nlines", "Ŵ"])
def test_a_secret_that_would_break_out_of_its_header_is_not_sent(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("A_TOKEN", secret)
    transport = RestTransport(endpoint.settings(auth={"name": "bearer", "token": "env:A_TOKEN"}))
    with pytest.raises(Misconfigured) as caught:
        transport.send(payload(b"report"))
    assert caught.value.code == "bad-credentials"
    assert secret not in str(caught.value)
    assert endpoint.requests == []


@pytest.mark.parametrize(
    ("scripted", "expected", "code"),
    [
        (Scripted(503), Unavailable, "token-http-503"),
        (Scripted(500), Unavailable, "token-http-500"),
        (Scripted(400, body=b'{"error": "invalid_scope"}'), Misconfigured, "token-refused"),
        (Scripted(200, body=b'{"access_token": "a b"}'), Misconfigured, "token-refused"),
        (Scripted(200, body=b'{"access_token": "a\\r\\nb"}'), Misconfigured, "token-refused"),
        (Scripted(200, body=b"<html>"), Misconfigured, "token-refused"),
        (Scripted(302), Misconfigured, "token-refused"),
        (Scripted(cut=True), Unavailable, "connection-lost"),
    ],
)
def test_a_token_that_cannot_be_had_never_makes_a_report_uncertain(
    endpoint: Endpoint, tmp_path: Path, scripted: Scripted, expected: type[Exception], code: str
) -> None:
    (tmp_path / "client.json").write_text('{"username": "hub", "password": "canary"}')
    auth = {"name": "oauth2", "token_url": f"{endpoint.url}/token", "credentials": f"file:{tmp_path}/client.json", "secret_in": "body"}
    transport = RestTransport(endpoint.settings(auth=auth))
    endpoint.script.append(scripted)
    with pytest.raises((Unavailable, Misconfigured)) as caught:
        transport.send(payload(b"report"))
    assert isinstance(caught.value, Unavailable | Misconfigured)
    assert (type(caught.value), caught.value.code) == (expected, code)
    assert "canary" not in str(caught.value)
    assert [request.path for request in endpoint.requests] == ["/incidents/token"]
    transport.close()
