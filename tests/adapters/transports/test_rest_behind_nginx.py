"""The REST transport through a gateway that is not ours: what nginx itself answers, and what that means."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.transports.rest.transport import RestTransport
from hub.contracts import DeliveryError, Found, Misconfigured, Refused, Unavailable, Uncertain
from hub.words import PayloadKind
from tests.adapters.transports.of_many import WAYS
from tests.conformance.payloads import payload
from tests.servers.endpoint import Certificates, Endpoint, Scripted
from tests.servers.nginx import nginx
from tests.servers.openssh import free_port


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture(autouse=True, params=WAYS)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is promised of one that is sent alone is promised of one of many."""
    monkeypatch.setattr(f"{__name__}.RestTransport", request.param)


@contextmanager
def through(origin: str, certificates: Certificates, *, ours: bool = True) -> Iterator[RestTransport]:
    """A transport to what is behind the gateway; `ours`: with our certificate."""
    shown = {"client_certificate": certificates.client, "client_key": certificates.key} if ours else {}
    settings = {"url": f"{origin}/incidents", "acknowledgements": f"{origin}/acknowledgements", "ca": certificates.ca, **shown}
    transport = RestTransport(settings)
    yield transport
    transport.close()


def fails(transport: RestTransport, body: bytes = b"report", kind: PayloadKind = PayloadKind.RECORDS) -> DeliveryError | Misconfigured:
    with pytest.raises((DeliveryError, Misconfigured)) as caught:
        transport.send(payload(body, kind))
    assert isinstance(caught.value, DeliveryError | Misconfigured)
    return caught.value


@pytest.mark.parametrize("kind", [PayloadKind.RECORDS, PayloadKind.ATTACHMENT])
def test_a_body_over_its_limit_is_refused_and_the_next_goes_through(tmp_path: Path, certificates: Certificates, kind: PayloadKind) -> None:
    with (
        Endpoint.start() as endpoint,
        nginx(tmp_path, certificates, endpoint.url, largest="100k") as origin,
        through(origin, certificates) as transport,
    ):
        error = fails(transport, os.urandom(5_000_000), kind)
        assert (type(error), error.code) == (Refused, "http-413")
        assert endpoint.requests == []
        assert transport.send(payload(b"report", kind)).detail == "http-201"


def test_nobody_behind_it_is_uncertain_for_it_may_have_gone_while_it_answered(tmp_path: Path, certificates: Certificates) -> None:
    with nginx(tmp_path, certificates, f"http://127.0.0.1:{free_port()}") as origin, through(origin, certificates) as transport:
        error = fails(transport)
        assert (type(error), error.code) == (Uncertain, "http-502")
        with pytest.raises(Unavailable) as caught:
            transport.find(payload(b"report"))
        assert caught.value.code == "http-502"


@pytest.mark.parametrize(("scripted", "code"), [(Scripted(takes=True, cut=True), "http-502"), (Scripted(takes=True, stall=1), "http-504")])
def test_what_was_taken_behind_it_without_an_answer_is_uncertain_and_then_found(
    tmp_path: Path, certificates: Certificates, scripted: Scripted, code: str
) -> None:
    with (
        Endpoint.start() as endpoint,
        nginx(tmp_path, certificates, endpoint.url, patience="300ms") as origin,
        through(origin, certificates) as transport,
    ):
        endpoint.script.append(scripted)
        sent = payload(b"report")
        with pytest.raises(Uncertain) as caught:
            transport.send(sent)
        assert caught.value.code == code
        assert isinstance(transport.find(sent), Found)
        assert endpoint.reports == {sent.key: b"report"}


def test_who_shows_no_certificate_is_stopped_and_no_report_is_blamed(tmp_path: Path, certificates: Certificates) -> None:
    with (
        Endpoint.start() as endpoint,
        nginx(tmp_path, certificates, endpoint.url) as origin,
        through(origin, certificates, ours=False) as transport,
    ):
        error = fails(transport)
        with pytest.raises(Misconfigured) as looked_up:
            transport.find(payload(b"report"))
    assert (type(error), error.code, looked_up.value.code) == (Misconfigured, "not-the-api", "not-the-api")
    assert endpoint.requests == []


def test_its_connections_are_kept(tmp_path: Path, certificates: Certificates) -> None:
    with Endpoint.start() as endpoint, nginx(tmp_path, certificates, endpoint.url) as origin:
        with through(origin, certificates) as transport, ThreadPoolExecutor(8) as threads:
            sent = [payload(f"report {number}".encode()) for number in range(100)]
            assert [one.detail for one in threads.map(transport.send, sent)] == ["http-201"] * 100
        assert len(endpoint.reports) == 100
