"""Many reports over REST by one thread: as many requests at once as connections, and each is told as if it were alone."""

import io
import socket
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

import pytest

from adapters.transports.rest.connections import Connection
from adapters.transports.rest.transport import RestTransport
from adapters.transports.rest.waiting import READS, Wait, together
from hub.contracts import Absent, Became, Found, Misconfigured, Payload, Receipt, Refused, Spoilt, Unavailable, Uncertain
from hub.words import PayloadKind
from tests.conformance.payloads import payload
from tests.servers.endpoint import Certificates, Endpoint, Scripted
from tests.servers.outspoken import TAKEN, Outspoken, Say

BRISK = {"connect": 1, "answer": 0.5}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint.start() as endpoint:
        yield endpoint


@contextmanager
def to(settings: dict[str, object]) -> Iterator[RestTransport]:
    transport = RestTransport({"timeouts": BRISK, **settings})
    yield transport
    transport.close()


def reports(count: int) -> list[Payload]:
    return [payload(f"report {number}".encode()) for number in range(count)]


def sent(transport: RestTransport, payloads: list[Payload]) -> list[Became | None]:
    return transport.send_together(payloads, lambda: None)


def words(told: list[Became | None]) -> list[str | None]:
    return [None if one is None else one.detail if isinstance(one, Receipt) else one.code for one in told]


# --- how many, and by whom


@pytest.mark.parametrize("connections", [1, 3, 5])
def test_there_are_as_many_requests_at_once_as_connections_and_one_thread_carries_them(endpoint: Endpoint, connections: int) -> None:
    threads: set[int] = set()

    def watched(one: Payload) -> Payload:
        def opened() -> BinaryIO:
            threads.add(threading.get_ident())
            return one.open()

        return replace(one, open=opened)

    many = reports(100)
    endpoint.script.extend([Scripted(201, stall=0.1)] * connections)
    with to(endpoint.settings(connections=connections)) as transport:
        told = sent(transport, [watched(one) for one in many])
    assert words(told) == ["http-201"] * 100
    assert Counter(request.headers["idempotency-key"] for request in endpoint.requests) == Counter(one.key for one in many)
    assert endpoint.connections == connections
    assert threads == {threading.get_ident()}


def test_no_request_leaves_over_a_connection_before_the_answer_to_the_last_is_whole() -> None:
    with Outspoken.start(*[Say(TAKEN)] * 20) as server, to({"url": server.url, "connections": 2}) as transport:
        assert words(sent(transport, reports(20))) == ["http-201"] * 20
    assert sorted(body for bodies in server.taken for body in bodies) == sorted(f"report {number}".encode() for number in range(20))
    assert len(server.taken) == 2


def test_an_answer_that_is_late_holds_up_no_other(endpoint: Endpoint) -> None:
    endpoint.script.append(Scripted(201, takes=True, stall=0.3))
    with to(endpoint.settings(connections=2)) as transport:
        told = sent(transport, reports(60))
    assert words(told) == ["http-201"] * 60
    late = endpoint.requests[0].headers["idempotency-key"]
    assert list(endpoint.reports).index(late) == 0  # taken first, and its answer came last
    assert endpoint.connections == 2


def test_large_and_small_go_at_once_and_each_arrives_whole(endpoint: Endpoint) -> None:
    bodies = [bytes([number]) * size for number, size in enumerate((3_000_000, 10, 70_000, 0, 1_000_000, 65_536))]
    many = [payload(body, PayloadKind.ATTACHMENT) for body in bodies]
    with to(endpoint.settings(connections=3)) as transport:
        assert words(sent(transport, many)) == ["http-201"] * 6
    assert [endpoint.attachments[one.key] for one in many] == bodies


# --- what stops, and what does not


def test_one_that_is_refused_or_there_already_touches_no_other(endpoint: Endpoint) -> None:
    many = reports(40)
    with to(endpoint.settings()) as transport:
        transport.send(many[7])
        endpoint.script.extend([Scripted(422), Scripted(201, takes=True, body=b'{"data": {"id": "A"}}'), Scripted(413)])
        told = sent(transport, many)
    assert Counter(words(told)) == Counter({"http-201": 37, "http-422": 1, "http-413": 1, "duplicate": 1})
    assert [type(one) for one in told if not isinstance(one, Receipt)] == [Refused, Refused]
    refused = {one.key for one, became in zip(many, told, strict=True) if isinstance(became, Refused)}
    assert endpoint.reports.keys() == {one.key for one in many} - refused


@pytest.mark.parametrize(
    ("scripted", "kind", "code"),
    [
        (Scripted(503, {"Retry-After": "7"}), Unavailable, "http-503"),
        (Scripted(403), Misconfigured, "http-403"),
        (Scripted(500), Uncertain, "http-500"),
        (Scripted(takes=True, cut=True), Uncertain, "connection-lost"),
        (Scripted(takes=True, stall=0.8), Uncertain, "timeout"),
    ],
)
def test_after_one_that_stops_no_other_is_begun_and_what_was_under_way_has_its_end(
    endpoint: Endpoint, scripted: Scripted, kind: type[Exception], code: str
) -> None:
    many = reports(200)
    endpoint.script.extend([Scripted(201, takes=True)] * 10 + [scripted])
    with to(endpoint.settings(connections=4)) as transport:
        told = sent(transport, many)
        (stopped,) = (one for one in told if one is not None and not isinstance(one, Receipt))
        assert (type(stopped), stopped.code) == (kind, code)
        assert getattr(stopped, "retry_after", None) == (7.0 if code == "http-503" else None)
        begun = [one for one, became in zip(many, told, strict=True) if became is not None]
        assert {request.headers["idempotency-key"] for request in endpoint.requests} == {one.key for one in begun}
        assert len(endpoint.requests) == len(begun)
        assert len(begun) < 200 or scripted.stall  # nobody knows yet that it will be too late
        for one, became in zip(many, told, strict=True):
            arrived = isinstance(became, Receipt) or (scripted.takes and became is not None)
            assert type(transport.find(one)) is (Found if arrived else Absent)


def test_a_far_end_that_is_full_for_all_at_once_is_asked_no_more_often_than_it_has_connections(endpoint: Endpoint) -> None:
    endpoint.script.extend([Scripted(429, {"Retry-After": "3"})] * 50)
    with to(endpoint.settings(connections=5)) as transport:
        told = sent(transport, reports(50))
    assert 1 <= len(endpoint.requests) <= 5
    assert told[len(endpoint.requests) :] == [None] * (50 - len(endpoint.requests))


def test_a_copy_of_ours_that_is_spoilt_is_told_and_never_counts_as_sent(endpoint: Endpoint) -> None:
    class Spoiling(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise Spoilt("attachment-damaged", "report")

    many = reports(20)
    many[5] = replace(many[5], open=Spoiling)
    with to(endpoint.settings()) as transport:
        told = sent(transport, many)
    assert [type(one) for one in told] == [Receipt] * 5 + [Spoilt] + [Receipt] * 14
    assert many[5].key not in endpoint.reports


def test_what_the_caller_raises_ends_all_and_leaves_the_transport_as_good_as_new(endpoint: Endpoint) -> None:
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked > 12:
            raise KeyboardInterrupt

    many = reports(40)
    with to(endpoint.settings(connections=4)) as transport:
        with pytest.raises(KeyboardInterrupt):
            transport.send_together(many, check)
        assert len(endpoint.requests) <= 12
        assert all(isinstance(one, Receipt) for one in sent(transport, many))
    assert endpoint.reports.keys() == {one.key for one in many}


# --- connections


def test_those_that_the_far_end_closed_meanwhile_are_replaced() -> None:
    with Outspoken.start(*[Say(then="close")] * 30) as server, to({"url": server.url, "connections": 3}) as transport:
        told: list[Became | None] = []
        many = reports(12)
        while None in told or not told:
            told = sent(transport, many)
            many = [one for one, became in zip(many, told, strict=True) if not isinstance(became, Receipt)]
            assert all(isinstance(one, Uncertain | Receipt | None) for one in told)
            time.sleep(0.05)


def test_those_that_are_reset_at_the_very_moment_have_taken_nothing_and_all_goes_over_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    with Outspoken.start(Say(then="reset"), Say(then="reset")) as server, to({"url": server.url, "connections": 2}) as transport:
        first, second, *others = reports(12)
        assert words(sent(transport, [first])) == ["http-201"]
        assert server.ended.wait(5)
        time.sleep(0.05)
        monkeypatch.setattr(Connection, "is_good", lambda _: True)
        assert transport.send(second).detail == "http-201"
        time.sleep(0.05)
        assert words(sent(transport, others)) == ["http-201"] * 10
    assert sorted(body for bodies in server.taken for body in bodies) == sorted(f"report {number}".encode() for number in range(12))


def test_over_tls_with_certificates_of_both_sides(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = Certificates.make(tmp_path_factory.mktemp("tls"))
    many = [payload(bytes([number]) * (number * 9_973)) for number in range(40)]
    with Endpoint.start(made.context(mutual=True)) as endpoint:
        ours = {"ca": made.ca, "client_certificate": made.client, "client_key": made.key}
        with to(endpoint.settings(connections=3, **ours)) as transport:
            assert words(sent(transport, many)) == ["http-201"] * 40
        assert endpoint.connections == 3
        assert [endpoint.reports[one.key] for one in many] == [one.open().read() for one in many]
        with to(endpoint.settings(ca=made.ca)) as transport:
            told = sent(transport, many)
        assert {type(one) for one in told if one} <= {Misconfigured, Uncertain, Unavailable}
        assert len(endpoint.requests) == 40


# --- the works themselves


def test_one_that_has_waited_for_too_long_is_told_so_though_others_are_always_ready() -> None:
    (silent, _keep), (busy, other) = socket.socketpair(), socket.socketpair()
    other.send(b"x")
    ended: list[str] = []

    def waits(until: float) -> Generator[Wait, None, None]:
        try:
            yield silent.fileno(), READS, until
        except TimeoutError:
            ended.append("too long")

    def works() -> Generator[Wait, None, None]:
        while not ended:
            yield busy.fileno(), READS, time.monotonic() + 60
        ended.append("worked on")

    began = time.monotonic()
    together([waits(began + 0.2), works()], 2, lambda _: False)
    assert ended == ["too long", "worked on"]
    assert time.monotonic() - began < 5
    for one in (silent, _keep, busy, other):
        one.close()


def test_an_answer_that_came_while_something_else_was_done_is_not_too_late() -> None:
    (quick, other), (slow, far) = socket.socketpair(), socket.socketpair()
    other.send(b"x")
    late = time.monotonic() + 0.1

    def waits(line: socket.socket, until: float) -> Generator[Wait, None, str]:
        try:
            yield line.fileno(), READS, until
        except TimeoutError:
            return "too late"
        return "came"

    def busy() -> Generator[Wait, None, str]:
        far.send(b"x")
        time.sleep(0.2)
        return "was busy"
        yield

    assert together([waits(quick, late + 60), waits(slow, late), busy()], 2, lambda _: False) == ["came", "came", "was busy"]
    for one in (quick, other, slow, far):
        one.close()
