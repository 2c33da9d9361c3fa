"""The REST transport keeps its promises: against Python's own HTTP server, with TLS and without, and through nginx."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from adapters.registry import make_transport
from hub.contracts import Payload
from hub.words import PayloadKind
from tests.conformance.transports import Acknowledges, Finds, Streams, TransportSubject
from tests.servers.endpoint import Certificates, Endpoint
from tests.servers.nginx import nginx
from tests.servers.openssh import free_port


def subject_of(endpoint: Endpoint, **others: object) -> TransportSubject:
    """The kit's view of an endpoint."""

    def held(payload: Payload) -> Sequence[bytes]:
        shelf = endpoint.attachments if payload.kind is PayloadKind.ATTACHMENT else endpoint.reports
        return [body for key, body in shelf.items() if key == payload.key]

    def acknowledge(said: Sequence[Mapping[str, object]]) -> None:
        begin = len(endpoint.acknowledged)
        endpoint.acknowledged += [{"id": str(number), **one} for number, one in enumerate(said, begin)]

    nowhere = f"http://127.0.0.1:{free_port()}"
    return TransportSubject(
        make=lambda: make_transport("rest", endpoint.settings(**others)),
        unreachable=lambda: make_transport("rest", {"url": f"{nowhere}/incidents", "acknowledgements": f"{nowhere}/acknowledgements"}),
        held=held,
        acknowledge=acknowledge,
        kinds=(PayloadKind.ATTACHMENT, PayloadKind.RECORDS),
    )


class TestRest(Finds, Acknowledges, Streams):
    adapter = "rest"

    @pytest.fixture
    def subject(self) -> Iterator[TransportSubject]:
        with Endpoint.start() as endpoint:
            yield subject_of(endpoint)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("tls"))


class TestRestWithMutualTls(Finds, Acknowledges, Streams):
    adapter = "rest"

    @pytest.fixture
    def subject(self, certificates: Certificates) -> Iterator[TransportSubject]:
        ours: dict[str, Path] = {"ca": certificates.ca, "client_certificate": certificates.client, "client_key": certificates.key}
        with Endpoint.start(certificates.context(mutual=True)) as endpoint:
            yield subject_of(endpoint, **ours)


class TestRestBehindNginx(Finds, Acknowledges, Streams):
    adapter = "rest"

    @pytest.fixture
    def subject(self, certificates: Certificates, tmp_path: Path) -> Iterator[TransportSubject]:
        ours: dict[str, Path] = {"ca": certificates.ca, "client_certificate": certificates.client, "client_key": certificates.key}
        with Endpoint.start() as endpoint, nginx(tmp_path, certificates, endpoint.url) as origin:
            yield subject_of(endpoint, url=f"{origin}/incidents", acknowledgements=f"{origin}/acknowledgements", **ours)
