"""The email transport: what each answer means, what it means that there is none, and whom it trusts."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.transports.email.transport import EmailTransport
from hub.contracts import Misconfigured, Refused, Unavailable, Uncertain
from tests.adapters.transports.mail import BRISK, CANARY, fails
from tests.conformance.payloads import payload
from tests.servers.endpoint import Certificates
from tests.servers.smtp import RECIPIENT, SENDER, Keys, Mailbox


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("tls"))


# --- what an answer means


@pytest.mark.parametrize(
    ("step", "answer", "expected", "code"),
    [
        ("DATA", "550 5.7.1 must not travel", Refused, "smtp-550"),
        ("DATA", "552 5.3.4 must not travel", Refused, "smtp-552"),
        ("DATA", "451 4.3.0 must not travel", Unavailable, "smtp-451"),
        ("DATA", "421 4.3.2 must not travel", Unavailable, "smtp-421"),
        ("DATA", "299 must not travel", Uncertain, "garbled-answer"),
        ("RCPT", "550 5.1.1 must not travel", Misconfigured, "recipient-refused"),
        ("RCPT", "450 4.2.1 must not travel", Unavailable, "smtp-450"),
        ("MAIL", "550 5.7.1 must not travel", Misconfigured, "sender-refused"),
        ("MAIL", "552 5.3.4 must not travel", Refused, "too-large"),
        ("MAIL", "452 4.3.1 must not travel", Unavailable, "smtp-452"),
    ],
)
def test_each_answer_raises_its_own_error(
    mailbox: Mailbox, mail: EmailTransport, step: str, answer: str, expected: type[Exception], code: str
) -> None:
    mailbox.answers = {step: answer}
    error = fails(mail)
    assert (type(error), error.code) == (expected, code)
    assert mailbox.messages == []
    mailbox.answers = {}
    assert mail.send(payload(CANARY)).detail == "smtp-250"


def test_one_recipient_who_is_refused_keeps_the_message_from_all(mailbox: Mailbox, force_keys: Keys) -> None:
    others = ["second@example.net", "third@example.net"]
    mailbox.answers = {"RCPT second@example.net": "550 no", "RCPT third@example.net": "450 later"}
    error = fails(EmailTransport(mailbox.settings(encryption=force_keys.certificate, recipients=[RECIPIENT, *others])))
    assert (type(error), error.code, mailbox.came) == (Misconfigured, "recipient-refused", 0)


@pytest.mark.parametrize(("then", "code"), [("hang up", "connection-lost"), ("stall", "timeout")])
def test_what_is_lost_after_the_last_line_is_uncertain(mailbox: Mailbox, mail: EmailTransport, then: str, code: str) -> None:
    mailbox.then = "hang up" if then == "hang up" else "stall"
    error = fails(mail)
    assert (type(error), error.code) == (Uncertain, code)
    assert len(mailbox.messages) == 1


GREETING, HELLO, OK = b"220 hello\r\n", b"250 mail.example.net\r\n", b"250 ok\r\n"


@contextmanager
def scripted(*said: bytes) -> Iterator[int]:
    """A server that says these one after another, each when a line has come, and then hangs up; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(said[0])
                for answer in said[1:]:
                    lines.readline()
                    connection.sendall(answer)
                lines.readline()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(
    ("said", "expected", "code"),
    [
        ((b"554 no service here\r\n",), Misconfigured, "smtp-554"),
        ((b"421 busy\r\n",), Unavailable, "smtp-421"),
        ((b"HTTP/1.1 400 Bad Request\r\n",), Unavailable, "garbled-answer"),
        ((b"\xff\xfe\x00\r\n",), Unavailable, "garbled-answer"),
        ((GREETING,), Unavailable, "connection-lost"),
        ((GREETING, HELLO), Unavailable, "connection-lost"),
        ((GREETING, HELLO, OK), Unavailable, "connection-lost"),
        ((GREETING, HELLO, OK, OK), Unavailable, "connection-lost"),
        ((GREETING, HELLO, OK, OK, b"354 go on\r\n"), Uncertain, "connection-lost"),
        ((GREETING, HELLO, OK, OK, b"503 out of order\r\n"), Refused, "smtp-503"),
        ((GREETING, HELLO, OK, OK, OK), Unavailable, "smtp-451"),
    ],
)
def test_a_server_that_breaks_off_left_nothing_behind_before_the_last_line(
    force_keys: Keys, said: tuple[bytes, ...], expected: type[Exception], code: str
) -> None:
    with scripted(*said) as port:
        settings = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": SENDER, "recipients": [RECIPIENT]}
        error = fails(EmailTransport({**settings, "encryption": force_keys.certificate, "timeouts": BRISK}))
    assert (type(error), error.code) == (expected, code)


def test_a_server_that_takes_half_a_message_and_hangs_up_certainly_has_nothing(force_keys: Keys) -> None:
    with scripted(GREETING, HELLO, OK, OK, b"354 go on\r\n") as port:
        settings = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": SENDER, "recipients": [RECIPIENT]}
        error = fails(EmailTransport({**settings, "encryption": force_keys.certificate, "timeouts": BRISK}), b"x" * 5_000_000)
    assert (type(error), error.code) == (Unavailable, "connection-lost")


def test_a_server_that_drips_is_given_up(force_keys: Keys) -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not stop.wait(0.1):
                    try:
                        connection.sendall(b"2")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        at = {"host": "127.0.0.1", "port": server.getsockname()[1], "tls": "none", "sender": SENDER, "recipients": [RECIPIENT]}
        brisk = {"connect": 0.2, "answer": 0.3, "message": 1}
        error = fails(EmailTransport({**at, "encryption": force_keys.certificate, "timeouts": brisk}))
        stop.set()
        thread.join(10)
    assert (type(error), error.code) == (Unavailable, "timeout")


# --- TLS and who we are


@pytest.mark.parametrize("implicit", [False, True])
def test_a_certificate_that_is_not_trusted_stops_the_route(
    tmp_path: Path, certificates: Certificates, force_keys: Keys, implicit: bool
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = Certificates.make(other)
    with Mailbox.start(tmp_path, certificates.context(), implicit=implicit, ca=stranger.ca) as mailbox:
        error = fails(EmailTransport(mailbox.settings(encryption=force_keys.certificate)))
    assert (type(error), error.code, mailbox.came) == (Misconfigured, "certificate-not-trusted", 0)


def test_an_expired_certificate_of_the_server_stops_the_route(tmp_path: Path, force_keys: Keys) -> None:
    expired = Certificates.make(tmp_path, days=-1)
    with Mailbox.start(tmp_path, expired.context(), ca=expired.ca) as mailbox:
        error = fails(EmailTransport(mailbox.settings(encryption=force_keys.certificate)))
    assert (type(error), error.code) == (Misconfigured, "certificate-not-trusted")


def test_a_server_without_starttls_gets_nothing(mailbox: Mailbox, force_keys: Keys) -> None:
    error = fails(EmailTransport(mailbox.settings(tls="starttls", encryption=force_keys.certificate)))
    assert (type(error), error.code, mailbox.came) == (Misconfigured, "not-offered", 0)


def test_tls_to_a_server_that_speaks_none_stops_the_route(mailbox: Mailbox, force_keys: Keys) -> None:
    error = fails(EmailTransport(mailbox.settings(tls="implicit", encryption=force_keys.certificate, timeouts=BRISK)))
    assert (type(error), error.code) == (Misconfigured, "tls-refused")


def test_what_was_promised_before_tls_counts_for_nothing(certificates: Certificates, force_keys: Keys) -> None:
    """A plain line injected behind the answer to STARTTLS would else be read as the first answer within TLS (CVE-2011-0411)."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(GREETING)
                lines.readline()
                connection.sendall(b"250-mail.example.net\r\n250 STARTTLS\r\n")
                lines.readline()
                connection.sendall(b"220 go on\r\n250-mail.example.net\r\n250 AUTH PLAIN LOGIN\r\n")
                try:
                    with certificates.context().wrap_socket(connection, server_side=True) as secured:
                        secured.recv(100)
                        stop.wait(5)
                except (ssl.SSLError, OSError):
                    stop.wait(5)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        at = {"host": "127.0.0.1", "port": server.getsockname()[1], "ca": certificates.ca, "sender": SENDER, "recipients": [RECIPIENT]}
        error = fails(EmailTransport({**at, "encryption": force_keys.certificate, "timeouts": BRISK}))
        stop.set()
        thread.join(10)
    assert (type(error), error.code) == (Unavailable, "timeout")


def test_a_wrong_password_stops_the_route(tmp_path: Path, certificates: Certificates, force_keys: Keys) -> None:
    with Mailbox.start(tmp_path, certificates.context(), login=True, ca=certificates.ca) as mailbox:
        (tmp_path / "login.json").write_text('{"username": "hub", "password": "canary-5ecret"}')
        error = fails(EmailTransport(mailbox.settings(encryption=force_keys.certificate, credentials=mailbox.credentials)))
        assert (type(error), error.code, mailbox.came) == (Misconfigured, "authentication-refused", 0)
        unnamed = fails(EmailTransport(mailbox.settings(encryption=force_keys.certificate)))
        assert (type(unnamed), unnamed.code) == (Misconfigured, "sender-refused")


def test_a_login_without_a_password_is_named_by_its_reference(mailbox: Mailbox, force_keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text('{"username": "hub", "private_key": "key"}')
    error = fails(EmailTransport(mailbox.settings(encryption=force_keys.certificate, credentials=f"file:{tmp_path}/key.json")))
    assert error.code == "bad-credentials"
    assert f"file:{tmp_path}/key.json" in str(error)
