"""The REST transport keeps its promises: against Python's own HTTP server, with TLS and without, and through nginx."""

import json
from collections.abc import Iterator, Mapping, Sequence
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path

import pytest

from adapters.registry import make_transport
from hub.contracts import Payload
from hub.words import PayloadKind
from tests.conformance.transports import IDS, Acknowledges, Encloses, Finds, RefusesInPart, SendsTogether, Streams, TransportSubject
from tests.servers.endpoint import Certificates, Endpoint, Request, Scripted
from tests.servers.nginx import nginx
from tests.servers.openssh import free_port

REFUSALS = {"list": "/errors", "report": "/source/pointer", "by": "pointer"}


def parts_of(request: Request) -> list[bytes]:
    """What is in a multipart body, read by another library than wrote it."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + request.headers["content-type"].encode() + b"\r\n\r\n" + request.body)
    return [bytes(part.get_payload(decode=True)) for part in message.iter_parts()]


def subject_of(endpoint: Endpoint, **others: object) -> TransportSubject:
    """The kit's view of an endpoint."""

    def held(payload: Payload) -> Sequence[bytes]:
        shelf = endpoint.attachments if payload.kind is PayloadKind.ATTACHMENT else endpoint.reports
        return [body for key, body in shelf.items() if key == payload.key]

    def acknowledge(said: Sequence[Mapping[str, object]]) -> None:
        begin = len(endpoint.acknowledged)
        endpoint.acknowledged += [{"id": str(number), **one} for number, one in enumerate(said, begin)]

    def refuse(codes: Mapping[str, str]) -> None:
        errors = [{"code": code, "source": {"pointer": f"/data/{IDS.index(one)}/attributes"}} for one, code in codes.items()]
        endpoint.script.append(Scripted(201, body=json.dumps({"errors": errors}).encode()))

    def enclosed(payload: Payload) -> Sequence[bytes]:
        came = [request for request in endpoint.requests if request.headers.get("idempotency-key") == payload.key]
        return [content for request in came for content in parts_of(request)]

    settings = endpoint.settings(**others)
    nowhere = f"http://127.0.0.1:{free_port()}"
    return TransportSubject(
        make=lambda: make_transport("rest", settings | {"answers": {"refusals": REFUSALS}}),
        unreachable=lambda: make_transport("rest", {"url": f"{nowhere}/incidents", "acknowledgements": f"{nowhere}/acknowledgements"}),
        held=held,
        acknowledge=acknowledge,
        refuse=refuse,
        enclosing=lambda: make_transport("rest", settings | {"multipart": {"records": "report", "files": "file"}}),
        enclosed=enclosed,
        kinds=(PayloadKind.ATTACHMENT, PayloadKind.RECORDS),
    )


class TestRest(Finds, Acknowledges, Streams, SendsTogether, RefusesInPart, Encloses):
    adapter = "rest"

    @pytest.fixture
    def subject(self) -> Iterator[TransportSubject]:
        with Endpoint.start() as endpoint:
            yield subject_of(endpoint)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("tls"))


class TestRestWithMutualTls(Finds, Acknowledges, Streams, SendsTogether, RefusesInPart, Encloses):
    adapter = "rest"

    @pytest.fixture
    def subject(self, certificates: Certificates) -> Iterator[TransportSubject]:
        ours: dict[str, Path] = {"ca": certificates.ca, "client_certificate": certificates.client, "client_key": certificates.key}
        with Endpoint.start(certificates.context(mutual=True)) as endpoint:
            yield subject_of(endpoint, **ours)


class TestRestBehindNginx(Finds, Acknowledges, Streams, SendsTogether, RefusesInPart, Encloses):
    adapter = "rest"

    @pytest.fixture
    def subject(self, certificates: Certificates, tmp_path: Path) -> Iterator[TransportSubject]:
        ours: dict[str, Path] = {"ca": certificates.ca, "client_certificate": certificates.client, "client_key": certificates.key}
        with Endpoint.start() as endpoint, nginx(tmp_path, certificates, endpoint.url) as origin:
            yield subject_of(endpoint, url=f"{origin}/incidents", acknowledgements=f"{origin}/acknowledgements", **ours)
