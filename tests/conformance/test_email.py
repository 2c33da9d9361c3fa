"""The email transport keeps its promises: encrypted over STARTTLS, over TLS from the beginning, and in the clear to a sandbox."""

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest

from adapters.registry import make_transport
from hub.contracts import Payload
from tests.conformance.transports import TransportPromises, TransportSubject
from tests.servers.endpoint import Certificates
from tests.servers.openssh import free_port
from tests.servers.smtp import Keys, Mailbox, parsed


def subject_of(mailbox: Mailbox, settings: Mapping[str, object], opened: Callable[[bytes], EmailMessage]) -> TransportSubject:
    """The kit's view of a mailbox, whose owner opens each message with `opened`."""

    def held(payload: Payload) -> Sequence[bytes]:
        entities = [opened(message) for message in mailbox.messages if payload.key.encode() in message]
        return [body_of(entity) for entity in entities if entity.get_filename() == payload.name]

    return TransportSubject(
        make=lambda: make_transport("email", settings),
        unreachable=lambda: make_transport("email", {**settings, "port": free_port()}),
        held=held,
    )


def body_of(entity: EmailMessage) -> bytes:
    body = entity.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(certificates: Certificates) -> ssl.SSLContext:
    return certificates.context()


class TestEmailOverStartTls(TransportPromises):
    adapter = "email"

    @pytest.fixture
    def subject(self, tmp_path: Path, certificates: Certificates, tls: ssl.SSLContext, force_keys: Keys) -> Iterator[TransportSubject]:
        with Mailbox.start(tmp_path, tls, ca=certificates.ca, login=True) as mailbox:
            settings = mailbox.settings(encryption=force_keys.certificate, credentials=mailbox.credentials)
            yield subject_of(mailbox, settings, force_keys.open)


class TestEmailOverImplicitTls(TransportPromises):
    adapter = "email"

    @pytest.fixture
    def subject(self, tmp_path: Path, certificates: Certificates, tls: ssl.SSLContext, force_keys: Keys) -> Iterator[TransportSubject]:
        with Mailbox.start(tmp_path, tls, ca=certificates.ca, implicit=True) as mailbox:
            yield subject_of(mailbox, mailbox.settings(encryption=force_keys.certificate), force_keys.open)


class TestEmailToASandbox(TransportPromises):
    adapter = "email"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Iterator[TransportSubject]:
        with Mailbox.start(tmp_path) as mailbox:
            yield subject_of(mailbox, mailbox.settings(environment="sandbox"), parsed)
