"""The REST transport: what each answer means, and what happens when there is none."""

import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.registry import make_transport
from adapters.transports.rest.transport import RestTransport
from hub.contracts import Absent, CannotTell, DeliveryError, Differs, Found, Misconfigured, Refused, Unavailable, Uncertain
from hub.words import PayloadKind
from tests.adapters.transports.of_many import WAYS
from tests.conformance.payloads import payload
from tests.servers.endpoint import Certificates, Endpoint, Scripted, digest_of

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
BRISK = {"connect": 1, "answer": 0.3}
ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint.start() as endpoint:
        yield endpoint


@pytest.fixture(params=WAYS)
def transport(endpoint: Endpoint, request: pytest.FixtureRequest) -> Iterator[RestTransport]:
    transport = request.param(endpoint.settings(timeouts=BRISK), now=lambda: NOW)
    yield transport
    transport.close()


def errors(*codes: object) -> bytes:
    return json.dumps(
        {"errors": [{"status": "422", "code": code, "detail": "canary: Siân Jones, 07700 900123"} for code in codes]}
    ).encode()


# --- what is sent


def test_a_report_is_posted_as_the_contract_has_it(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "made-up-key")
    transport = RestTransport(endpoint.settings(api_key="env:A_KEY", headers={"X-Force": "46"}))
    sent = replace(payload("Ŵyn".encode()), media_type="application/json")
    receipt = transport.send(sent)
    transport.close()
    (request,) = endpoint.requests
    assert (request.method, request.path, request.body) == ("POST", "/incidents", "Ŵyn".encode())
    assert request.headers["idempotency-key"] == sent.key
    assert request.headers["content-digest"] == digest_of(sent.open().read())
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == "4"
    assert "transfer-encoding" not in request.headers
    assert request.headers["x-api-key"] == "made-up-key"
    assert request.headers["x-force"] == "46"
    assert request.headers["accept-encoding"] == "identity"
    assert receipt.detail == "http-201"
    assert receipt.reference is not None
    assert receipt.reference.startswith("RMS-")


def test_an_attachment_is_put_below_its_key(transport: RestTransport, endpoint: Endpoint) -> None:
    sent = replace(payload(b"jpeg", PayloadKind.ATTACHMENT), key="kent.x.routine.k7q2.000017/a b?#%")
    transport.send(sent)
    assert (endpoint.requests[0].method, endpoint.requests[0].path) == (
        "PUT",
        "/incidents/attachments/kent.x.routine.k7q2.000017%2Fa%20b%3F%23%25",
    )
    assert isinstance(transport.find(sent), Found)
    assert endpoint.requests[1].method == "HEAD"


def test_a_manifest_has_no_place_in_rest(transport: RestTransport) -> None:
    with pytest.raises(Misconfigured) as caught:
        transport.send(payload(b"{}", PayloadKind.MANIFEST))
    assert caught.value.code == "no-manifest"


def test_connections_are_kept_and_never_more_than_allowed(endpoint: Endpoint) -> None:
    transport = RestTransport(endpoint.settings(connections=3))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(transport.send, [payload(b"report") for _ in range(60)]))
    transport.close()
    assert len(endpoint.reports) == 60
    assert 1 <= endpoint.connections <= 3


def test_a_large_attachment_is_streamed(transport: RestTransport, endpoint: Endpoint) -> None:
    largest = 0

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            nonlocal largest
            largest = max(largest, size or -1)
            return super().read(size)

        def seekable(self) -> bool:
            return False

    body = b"video" * 1_000_000
    sent = payload(body, PayloadKind.ATTACHMENT)
    transport.send(replace(sent, open=lambda: Counted(body)))
    assert endpoint.attachments == {sent.key: body}
    assert largest <= 65_536


# --- what an answer means


@pytest.mark.parametrize(
    ("status", "detail"),
    [(200, "http-200"), (201, "http-201"), (409, "duplicate")],
)
def test_delivered(transport: RestTransport, endpoint: Endpoint, status: int, detail: str) -> None:
    endpoint.script.append(Scripted(status, body=b'{"data": {"type": "incidents", "id": "RMS-1"}}'))
    receipt = transport.send(payload(b"report"))
    assert (receipt.detail, receipt.reference) == (detail, "RMS-1")


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (202, Uncertain, "http-202"),
        (204, Uncertain, "http-204"),
        (301, Misconfigured, "http-301"),
        (307, Misconfigured, "http-307"),
        (400, Refused, "http-400"),
        (401, Misconfigured, "http-401"),
        (403, Misconfigured, "http-403"),
        (404, Misconfigured, "http-404"),
        (405, Misconfigured, "http-405"),
        (408, Uncertain, "http-408"),
        (413, Refused, "http-413"),
        (415, Refused, "http-415"),
        (422, Refused, "http-422"),
        (429, Unavailable, "http-429"),
        (500, Uncertain, "http-500"),
        (502, Uncertain, "http-502"),
        (503, Unavailable, "http-503"),
        (504, Uncertain, "http-504"),
        (599, Uncertain, "http-599"),
    ],
)
def test_every_other_status_is_its_own_error(
    transport: RestTransport, endpoint: Endpoint, status: int, expected: type[Exception], code: str
) -> None:
    endpoint.script.append(Scripted(status, {"Location": endpoint.url}))
    with pytest.raises((DeliveryError, Misconfigured)) as caught:
        transport.send(payload(b"report"))
    assert isinstance(caught.value, DeliveryError | Misconfigured)
    assert (type(caught.value), caught.value.code) == (expected, code)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (errors("missing-field"), "missing-field"),
        (errors("first", "second"), "first"),
        (errors("Siân Jones"), "http-422"),
        (errors("x" * 61), "http-422"),
        (errors("two\r\nlines"), "http-422"),
        (errors(7), "7"),
        (errors(True), "http-422"),
        (b'{"errors": []}', "http-422"),
        (b'{"errors": {"code": "a"}}', "http-422"),
        (b"[" * 50_000, "http-422"),
        (b"<html>", "http-422"),
        (b"", "http-422"),
    ],
)
def test_a_refusal_carries_the_forces_code_and_never_its_text(transport: RestTransport, endpoint: Endpoint, body: bytes, code: str) -> None:
    endpoint.script.append(Scripted(422, body=body))
    with pytest.raises(Refused) as caught:
        transport.send(payload(b"report"))
    assert caught.value.code == code
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Sun, 22 Nov 2026 06:02:00 GMT", 120.0),
        ("Sun, 22 Nov 2026 05:00:00 GMT", 0.0),
        ("999999999999", 86_400.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("Sun, 99 Nov 2026 06:02:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -1400", 86_400.0),
        ("Thu, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Thu, 01 Jan 2026 00:00:00 +99999999999999", None),
        ("9" * 400, 86_400.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_far_ends_own_wish_to_wait_is_kept(
    transport: RestTransport, endpoint: Endpoint, status: int, header: str, seconds: float | None
) -> None:
    endpoint.script.append(Scripted(status, {"Retry-After": header}))
    with pytest.raises(Unavailable) as caught:
        transport.send(payload(b"report"))
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"null", b"{", b'{"data": []}', b'{"data": {"id": ["x"]}}', b'{"data": {"id": "a\\nb"}}', b'{"data": {"id": true}}'],
)
def test_a_report_is_delivered_whether_or_not_its_reference_can_be_read(transport: RestTransport, endpoint: Endpoint, body: bytes) -> None:
    endpoint.script.append(Scripted(201, body=body))
    assert transport.send(payload(b"report")).reference is None


def test_a_page_that_is_not_the_apis_own_is_no_receipt(transport: RestTransport, endpoint: Endpoint) -> None:
    for body in (b"<html>sign in</html>", b"<html>" + b"x" * 2_000_000):
        endpoint.script.append(Scripted(200, HTML, body))
        with pytest.raises(Uncertain) as caught:
            transport.send(payload(b"report"))
        assert caught.value.code == "not-the-api"


def test_an_endless_answer_is_not_listened_to(transport: RestTransport, endpoint: Endpoint) -> None:
    endpoint.script.append(Scripted(201, body=b'{"data": {"id": "RMS-1"}, "x": "' + b"x" * 5_000_000 + b'"}'))
    assert transport.send(payload(b"report")).reference is None
    assert transport.send(payload(b"report")).reference is not None


# --- when there is no answer


@pytest.mark.parametrize(
    ("scripted", "code"),
    [
        (Scripted(takes=True, cut=True), "connection-lost"),
        (Scripted(201, takes=True, stall=1), "timeout"),
        (Scripted(201, takes=True, cut=True, body=b'{"data": {"id": "RMS-1"}}'), "connection-lost"),
    ],
    ids=["lost", "late", "cut short"],
)
def test_an_answer_that_never_came_is_uncertain_and_the_look_up_settles_it(
    transport: RestTransport, endpoint: Endpoint, scripted: Scripted, code: str
) -> None:
    endpoint.script.append(scripted)
    sent = payload(b"report")
    with pytest.raises(Uncertain) as caught:
        transport.send(sent)
    assert caught.value.code == code
    found = transport.find(sent)
    assert isinstance(found, Found)
    assert found.reference is not None
    assert list(endpoint.reports.values()) == [b"report"]


def test_a_connection_that_never_comes_about_is_unavailable() -> None:
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    transport = RestTransport({"url": f"http://127.0.0.1:{full.getsockname()[1]}/incidents", "timeouts": {"connect": 0.3, "answer": 0.3}})
    with pytest.raises(Unavailable) as caught:
        transport.send(payload(b"report"))
    assert caught.value.code == "timeout"
    transport.close()
    for one in (*waiting, full):
        one.close()


def test_a_host_without_an_address_is_unavailable() -> None:
    transport = RestTransport({"url": "https://force.invalid/incidents"})
    with pytest.raises(Unavailable) as caught:
        transport.send(payload(b"report"))
    assert caught.value.code in ("host-unknown", "connection-failed")
    transport.close()


def test_a_slow_drip_is_not_listened_to_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()
        thread = threading.Thread(target=_drip, args=(server, stop), daemon=True)
        thread.start()
        transport = RestTransport({"url": f"http://127.0.0.1:{server.getsockname()[1]}/incidents", "timeouts": BRISK})
        with pytest.raises(Uncertain) as caught:
            transport.send(payload(b"report"))
        assert caught.value.code == "timeout"
        stop.set()
        transport.close()
        thread.join(10)


@pytest.mark.parametrize("kind", [PayloadKind.RECORDS, PayloadKind.ATTACHMENT])
def test_an_exchange_that_goes_on_and_on_has_an_end(kind: PayloadKind) -> None:
    """A line of a header now and then; or a large attachment, taken a little at a time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stop = threading.Event()
        thread = threading.Thread(target=_drip_headers if kind is PayloadKind.RECORDS else _sip, args=(server, stop), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/incidents"
        timeouts = {"connect": 1, "answer": 1, "transfer": 0.5, "slowest": 100_000_000}
        transport = RestTransport({"url": url, "attachments": {"lookup": "false"}, "timeouts": timeouts})  # no question first
        began = time.monotonic()
        with pytest.raises(Uncertain) as caught:
            transport.send(payload(b"x" * (30_000_000 if kind is PayloadKind.ATTACHMENT else 10), kind))
        assert caught.value.code == "timeout"
        assert time.monotonic() - began < 8
        stop.set()
        transport.close()
        thread.join(10)


def _drip_headers(server: socket.socket, stop: threading.Event) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 201 Created\r\n")
        for number in range(600):
            connection.sendall(f"X-Line-{number}: x\r\n".encode())
            if stop.wait(0.05):
                return


def _sip(server: socket.socket, stop: threading.Event) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        while not stop.wait(0.02):
            connection.recv(20_000)


def _drip(server: socket.socket, stop: threading.Event) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        while not stop.wait(0.05):
            try:
                connection.sendall(b" ")
            except OSError:
                return


# --- looking


@pytest.mark.parametrize(
    ("scripted", "expected"),
    [
        (Scripted(404, body=errors("not-found")), Absent),
        (Scripted(404, body=errors("no-route")), CannotTell),
        (Scripted(404, HTML, b"<html>not found"), CannotTell),
        (Scripted(404), CannotTell),
        (Scripted(405), CannotTell),
        (Scripted(501), CannotTell),
        (Scripted(301), CannotTell),
        (Scripted(410), CannotTell),
        (Scripted(200, HTML, b"<html>sign in"), CannotTell),
        (Scripted(200, {"Content-Digest": digest_of(b"another")}, b"{}"), Differs),
        (Scripted(200, {"Content-Digest": digest_of(b"report")}, b"{}"), Found),
        (Scripted(200, body=b"{}"), Found),
    ],
)
def test_only_the_apis_own_not_found_means_absent(
    transport: RestTransport, endpoint: Endpoint, scripted: Scripted, expected: type[object]
) -> None:
    endpoint.script.append(scripted)
    assert type(transport.find(payload(b"report"))) is expected


@pytest.mark.parametrize(("status", "expected"), [(503, Unavailable), (429, Unavailable), (500, Unavailable), (401, Misconfigured)])
def test_a_look_up_that_fails_says_nothing(transport: RestTransport, endpoint: Endpoint, status: int, expected: type[Exception]) -> None:
    endpoint.script.append(Scripted(status))
    with pytest.raises(expected):
        transport.find(payload(b"report"))


def test_a_look_up_without_an_answer_is_unavailable_not_uncertain(transport: RestTransport, endpoint: Endpoint) -> None:
    endpoint.script.append(Scripted(cut=True))
    with pytest.raises(Unavailable):
        transport.find(payload(b"report"))


def test_a_far_end_without_look_up_is_not_asked(endpoint: Endpoint) -> None:
    transport = RestTransport(endpoint.settings(lookup=False))
    assert isinstance(transport.find(payload(b"report")), CannotTell)
    assert endpoint.requests == []


# --- acknowledgements


def said(number: int, **others: object) -> dict[str, object]:
    return {"id": str(number), "submission_id": f"{ID[:-1]}{number}", "outcome": "accepted", "reference": f"R-{number}", **others}


def test_pages_are_read_to_the_end_and_each_says_where_to_go_on(transport: RestTransport, endpoint: Endpoint) -> None:
    endpoint.acknowledged = [said(number) for number in range(5)]
    read = list(transport.acknowledgements(None))
    assert [(one.identity, one.batch) for one in read] == [("0", "2"), ("1", "2"), ("2", "4"), ("3", "4"), ("4", "4")]
    assert [one.identity for one in transport.acknowledgements("4")] == ["4"]
    assert [one.identity for one in transport.acknowledgements("")] == ["0", "1", "2", "3", "4"]


def test_an_acknowledgement_that_cannot_be_read_is_told_and_hides_no_other(transport: RestTransport, endpoint: Endpoint) -> None:
    endpoint.acknowledged = [said(1), said(2, outcome="perhaps"), {**said(3), "id": None}, said(4)]
    assert [one.identity for one in transport.acknowledgements(None)] == ["1", "4"]
    assert [(fault.line, fault.code) for fault in transport.faults] == [(2, "outcome-unknown"), (1, "id-unreadable")]
    assert [one.identity for one in transport.acknowledgements(None)] == ["1", "4"]
    assert transport.unreadable == 2  # each once, however often its page is read


def test_a_page_of_nothing_that_can_be_read_fills_no_memory(transport: RestTransport, endpoint: Endpoint) -> None:
    endpoint.script.append(Scripted(200, body=b'{"data": [' + b"7," * 50_000 + b'7], "next": null}'))
    assert list(transport.acknowledgements(None)) == []
    assert transport.unreadable == 1_000  # more of one page are not kept


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"data": {}}', b'{"data": [], "next": 7}', b'{"data": [], "next": "a\\nb"}'])
def test_a_page_that_is_none_is_unavailable(transport: RestTransport, endpoint: Endpoint, body: bytes) -> None:
    endpoint.script.append(Scripted(200, body=body))
    with pytest.raises(Unavailable) as caught:
        list(transport.acknowledgements(None))
    assert caught.value.code == "acknowledgements-unreadable"


def test_a_cursor_that_leads_nowhere_is_not_followed_for_ever(transport: RestTransport, endpoint: Endpoint) -> None:
    endpoint.script.extend([Scripted(200, body=b'{"data": [], "next": "7"}')] * 10)
    assert list(transport.acknowledgements(None)) == []
    assert len(endpoint.requests) == 2


# --- TLS, addresses and secrets


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("tls"))


def test_a_certificate_of_an_unknown_authority_is_a_matter_of_settings(certificates: Certificates) -> None:
    with Endpoint.start(certificates.context()) as endpoint:
        _expect_misconfigured(endpoint.settings(), "certificate-not-trusted")
        assert endpoint.requests == []


def test_an_expired_certificate_is_a_matter_of_settings(tmp_path: Path) -> None:
    expired = Certificates.make(tmp_path, days=-1)
    with Endpoint.start(expired.context()) as endpoint:
        _expect_misconfigured(endpoint.settings(ca=expired.ca), "certificate-not-trusted")


def test_a_client_without_the_certificate_that_is_asked_for_is_told_so(certificates: Certificates) -> None:
    with Endpoint.start(certificates.context(mutual=True)) as endpoint:
        _expect_misconfigured(endpoint.settings(ca=f"file:{certificates.ca}"), "tls-refused")


def test_a_certificate_that_cannot_be_read_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "junk.pem").write_text("junk")
    for ca in (tmp_path / "missing.pem", tmp_path / "junk.pem"):
        _expect_misconfigured({"url": "https://127.0.0.1:1/incidents", "ca": str(ca)}, "bad-certificate")


def _expect_misconfigured(settings: dict[str, Any], code: str) -> None:
    transport = RestTransport(settings)
    with pytest.raises(Misconfigured) as caught:
        transport.send(payload(b"report"))
    assert caught.value.code == code
    transport.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "http://force.example/incidents"},
        {"url": "http://10.0.0.1/incidents"},
        {"url": "http://127.0.0.1.evil.example/incidents"},
        {"url": "https://hub:hunter2@force.example/incidents"},
        {"url": "https://force.example/incidents?key=hunter2"},
        {"url": "ftp://force.example/"},
        {"url": "incidents"},
        {"url": "https://force.example", "acknowledgements": "http://force.example/acknowledgements"},
        {"url": "https://force.example", "api_key": "hunter2"},
        {"url": "https://force.example", "headers": {"X-Force": "a\r\nX-API-Key: hunter2"}},
        {"url": "https://force.example", "headers": {"Idempotency-Key": "hunter2"}},
        {"url": "https://force.example", "headers": {"Ŵ": "hunter2"}},
        {"url": "https://force.example", "client_key": "key.pem"},
        {"url": "https://force.example", "connections": "0"},
    ],
)
def test_an_address_or_header_that_would_leak_is_refused_when_the_route_is_made(settings: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured) as caught:
        make_transport("rest", settings)
    assert caught.value.code == "bad-settings"
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://localhost:1/x", "http://[::1]:1/x", "http://127.0.0.2/x", "https://force.example/x/"])
def test_an_address_that_is_safe_is_taken(url: str) -> None:
    make_transport("rest", {"url": url}).close()


def test_a_key_that_is_not_set_is_named_and_nothing_is_sent(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_KEY", raising=False)
    _expect_misconfigured(endpoint.settings(api_key="env:NO_KEY"), "no-credentials")
    assert endpoint.requests == []


def test_neither_proxies_nor_passwords_of_the_environment_are_used(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    transport = RestTransport(endpoint.settings())
    assert transport.send(payload(b"report")).detail == "http-201"
    transport.close()
