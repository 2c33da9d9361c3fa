"""Connections of the REST transport: kept while they are good, and no request over one that is not ever sent twice."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from adapters.transports.rest.connections import LONGEST_IDLE, Connection, Connections
from adapters.transports.rest.transport import RestTransport
from adapters.transports.rest.wire import LONGEST_HEAD
from hub.contracts import Absent, Misconfigured, Payload, Unavailable, Uncertain
from hub.words import PayloadKind
from tests.adapters.transports.of_many import WAYS
from tests.conformance.payloads import payload
from tests.servers.endpoint import Endpoint
from tests.servers.outspoken import TAKEN, Outspoken, Say

CLOSING = TAKEN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.fixture(autouse=True, params=WAYS)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is promised of one that is sent alone is promised of one of many."""
    monkeypatch.setattr(f"{__name__}.RestTransport", request.param)


@contextmanager
def to(url: str, **settings: object) -> Iterator[RestTransport]:
    transport = RestTransport({"url": url, "timeouts": {"connect": 1, "answer": 0.5}, **settings})
    yield transport
    transport.close()


def reports(count: int) -> list[Payload]:
    return [payload(f"report {number}".encode()) for number in range(count)]


def test_one_connection_carries_one_report_after_the_other() -> None:
    with Outspoken.start() as server, to(server.url) as transport:
        for sent in reports(20):
            assert transport.send(sent).reference == "RMS-1"
    assert [len(bodies) for bodies in server.taken] == [20]


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_connection_that_was_closed_meanwhile_is_noticed_and_the_report_goes_over_another(then: str) -> None:
    with Outspoken.start(Say(then=then)) as server, to(server.url) as transport:
        first, second = reports(2)
        transport.send(first)
        assert server.ended.wait(5)
        time.sleep(0.05)  # until the end has come across
        transport.send(second)
    assert server.taken == [[b"report 0"], [b"report 1"]]


def test_one_that_is_reset_at_the_very_moment_has_taken_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look at the connection comes too early: not one byte can leave, so that nothing is in doubt."""
    monkeypatch.setattr(Connection, "is_good", lambda _: True)
    with Outspoken.start(Say(then="reset")) as server, to(server.url) as transport:
        first, second = reports(2)
        transport.send(first)
        assert server.ended.wait(5)
        time.sleep(0.05)
        assert transport.send(second).detail == "http-201"
    assert server.taken == [[b"report 0"], [b"report 1"]]


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_report_taken_over_a_kept_connection_without_a_word_is_in_doubt_and_was_sent_once(then: str) -> None:
    with Outspoken.start(Say(), Say(b"", then)) as server, to(server.url) as transport:
        first, second = reports(2)
        transport.send(first)
        with pytest.raises(Uncertain) as caught:
            transport.send(second)
        assert caught.value.code == "connection-lost"
    assert server.taken == [[b"report 0", b"report 1"]]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(CLOSING, id="says that it closes"),
        pytest.param(TAKEN.replace(b"1.1", b"1.0"), id="an old protocol"),
        pytest.param(TAKEN.replace(b"\r\n\r\n", b"\r\nKeep-Alive: timeout=1, max=100\r\n\r\n"), id="closes in a second"),
        pytest.param(TAKEN + TAKEN, id="an answer that nobody asked for"),
        pytest.param(TAKEN + b"\r\nrubbish", id="rubbish after the answer"),
    ],
)
def test_a_connection_that_may_not_go_on_is_not_used_again(said: bytes) -> None:
    with Outspoken.start(Say(said)) as server, to(server.url) as transport:
        assert [transport.send(sent).reference for sent in reports(2)] == ["RMS-1", "RMS-1"]
    assert server.taken == [[b"report 0"], [b"report 1"]]


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LONGEST_IDLE < 5
    monkeypatch.setattr("adapters.transports.rest.connections.LONGEST_IDLE", 0.1)
    with Outspoken.start() as server, to(server.url) as transport:
        for sent in reports(2):
            transport.send(sent)
            time.sleep(0.2)
    assert server.taken == [[b"report 0"], [b"report 1"]]


def test_there_are_never_more_connections_than_allowed_whatever_their_origins() -> None:
    made = Connections(2, lambda: pytest.fail("nobody speaks TLS here"), 1)
    with Outspoken.start() as one, Outspoken.start() as two, Outspoken.start() as three:
        for server in (one, two, three):
            with made.turn():
                connection = made.opened(("http", "127.0.0.1", int(server.url.split(":")[2].split("/")[0])))
                connection.reading.may_go_on = True
                made.done_with(connection)
        assert one.ended.wait(5)
        assert not two.ended.wait(0.1)
        made.close()
        assert two.ended.wait(5)
        assert three.ended.wait(5)


# --- answers


def test_an_answer_that_says_to_go_on_is_not_yet_the_answer() -> None:
    with (
        Outspoken.start(Say(b"HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + TAKEN)) as server,
        to(server.url) as there,
    ):
        assert [there.send(sent).detail for sent in reports(2)] == ["http-201", "http-201"]
    assert [len(bodies) for bodies in server.taken] == [2]


def test_an_offer_of_another_protocol_as_apache_makes_it_is_no_hindrance() -> None:
    offering = TAKEN.replace(b"\r\n\r\n", b"\r\nUpgrade: h2,h2c\r\nConnection: Upgrade, Keep-Alive\r\n\r\n")
    with Outspoken.start(Say(offering)) as server, to(server.url) as transport:
        assert [transport.send(sent).reference for sent in reports(2)] == ["RMS-1", "RMS-1"]
    assert [len(bodies) for bodies in server.taken] == [2]


def test_an_answer_in_chunks_and_one_without_a_length_are_read_to_their_end() -> None:
    chunked = b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"data":\r\nf\r\n{"id": "RMS-2"}\r\n1\r\n}\r\n0\r\n\r\n'
    until_closed = b'HTTP/1.1 201 Created\r\n\r\n{"data": {"id": "RMS-3"}}'
    with Outspoken.start(Say(chunked), Say(until_closed, "close")) as server, to(server.url) as transport:
        assert [transport.send(sent).reference for sent in reports(3)] == ["RMS-2", "RMS-3", "RMS-1"]
    assert server.taken == [[b"report 0", b"report 1"], [b"report 2"]]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"data":\r\n', id="chunks cut short"),
        pytest.param(TAKEN[:-5], id="cut short"),
        pytest.param(b"HTTP/1.1 201 Cre", id="half a head"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{", id="two lengths"),
        pytest.param(b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="a length and chunks"),
        pytest.param(b"HTTP/1.1 201 Created\r\n" + b"X-A: b\r\n" * LONGEST_HEAD, id="a head without end"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", id="switches protocols"),
    ],
)
def test_what_is_no_answer_leaves_the_report_in_doubt(said: bytes) -> None:
    with Outspoken.start(Say(said, "close")) as server, to(server.url) as transport:
        with pytest.raises(Uncertain) as caught:
            transport.send(payload(b"report"))
        assert caught.value.code == "connection-lost"
        assert transport.send(payload(b"another")).detail == "http-201"


def test_a_look_up_without_a_body_keeps_its_connection() -> None:
    attachment = payload(b"jpeg", PayloadKind.ATTACHMENT)
    with Endpoint.start() as endpoint:
        transport = RestTransport(endpoint.settings())
        assert isinstance(transport.find(attachment), Absent)
        transport.send(attachment)
        assert not isinstance(transport.find(attachment), Absent)
        transport.close()
        assert endpoint.connections == 1


# --- requests


def test_a_body_that_is_not_as_long_as_announced_is_never_a_whole_request() -> None:
    sent = payload(b"report")
    with Outspoken.start() as server, to(server.url) as transport:
        for size in (3, 9):
            with pytest.raises((Uncertain, Unavailable)):
                transport.send(replace(sent, size=size))
        assert transport.send(sent).detail == "http-201"
    assert b"report" in [body for bodies in server.taken for body in bodies]
    assert all(body in (b"report", b"") for bodies in server.taken for body in bodies)


@pytest.mark.parametrize("media_type", ["text/plain\r\nX-Injected: yes", "text/plain\n", "text/pläin", "a\0b"])
def test_nothing_breaks_out_of_a_header(media_type: str) -> None:
    with Outspoken.start() as server, to(server.url) as transport:
        with pytest.raises(Misconfigured) as caught:
            transport.send(replace(payload(b"report"), media_type=media_type))
        assert caught.value.code == "bad-header"
    assert server.taken == []


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/in ciden/ts", "/in%20ciden/ts"),
        ("/inciden'ts(1);a=b", "/inciden'ts(1);a=b"),
        ("/caffè", "/caff%C3%A8"),
        ("/a%20b", "/a%20b"),
        ("", "/"),
    ],
)
def test_an_address_arrives_as_it_is_written_and_always_as_one_line(path: str, target: str) -> None:
    with Outspoken.start() as server, to(server.url.removesuffix("/incidents") + path) as transport:
        transport.send(payload(b"report"))
    assert server.heads[0].startswith(f"POST {target} HTTP/1.1\nHost: 127.0.0.1:")


def test_a_header_that_the_file_sets_is_sent_once() -> None:
    with Outspoken.start() as server, to(server.url, headers={"user-agent": "another", "accept": "text/x"}) as transport:
        transport.send(payload(b"report"))
    names = [line.partition(":")[0].lower() for line in server.heads[0].splitlines()[1:]]
    assert len(names) == len(set(names))
    assert "user-agent: another" in server.heads[0]


def test_an_address_that_cannot_be_called_is_a_matter_of_settings() -> None:
    for url in ("http://127.0.0.1:70000/incidents", f"https://{'a' * 70}.example/incidents"):
        with to(url) as transport, pytest.raises(Misconfigured) as caught:
            transport.send(payload(b"report"))
        assert caught.value.code == "bad-address"
