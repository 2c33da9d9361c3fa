"""Foreign exceptions are translated at the border: every class of theirs, none left out."""

import errno
import smtplib
import socket
import ssl
import struct
from collections.abc import Iterator

import httptools
import paramiko
import pytest
from paramiko import ssh_exception

from adapters.transports.email import border as email
from adapters.transports.rest import border as rest
from adapters.transports.rest.connections import Unsent
from adapters.transports.sftp import border as sftp
from hub.contracts import DeliveryError, Misconfigured, Refused, Unavailable, Uncertain

SECRET = "what the far end said"  # must not travel: it may repeat a report


def subclasses(of: type[Exception]) -> Iterator[type[Exception]]:
    yield of
    for below in of.__subclasses__():
        yield from subclasses(below)


def made(kind: type[Exception]) -> Exception:
    """An instance, however its constructor is shaped."""
    special: dict[type[Exception], Exception] = {
        ssh_exception.NoValidConnectionsError: ssh_exception.NoValidConnectionsError({("192.0.2.1", 22): OSError(SECRET)}),
        smtplib.SMTPRecipientsRefused: smtplib.SMTPRecipientsRefused({SECRET: (550, SECRET.encode())}),
        UnicodeDecodeError: UnicodeDecodeError("utf-8", b"\xff", 0, 1, SECRET),
        UnicodeEncodeError: UnicodeEncodeError("utf-8", SECRET, 0, 1, SECRET),
        UnicodeTranslateError: UnicodeTranslateError(SECRET, 0, 1, SECRET),
    }
    if kind in special:
        return special[kind]
    if issubclass(kind, smtplib.SMTPSenderRefused):
        return kind(550, SECRET.encode(), SECRET)
    if issubclass(kind, smtplib.SMTPResponseException):
        return kind(550, SECRET.encode())
    error = kind.__new__(kind)
    error.args = (SECRET,)
    return error


SSH = sorted({*subclasses(paramiko.SSHException), paramiko.SFTPError, EOFError, struct.error, UnicodeDecodeError}, key=str)
SYSTEM = [
    ConnectionRefusedError,
    ConnectionResetError,
    BrokenPipeError,
    ConnectionAbortedError,
    TimeoutError,
    socket.gaierror,
    OSError,
    ssh_exception.NoValidConnectionsError,
]
TLS = list(subclasses(ssl.SSLError))
HTTP = sorted({*subclasses(httptools.HttpParserError), httptools.HttpParserUpgrade, *TLS, Unsent, EOFError}, key=str)


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("otherwise", [Unavailable, Uncertain])
@pytest.mark.parametrize("kind", [*SSH, *SYSTEM], ids=lambda kind: kind.__name__)
def test_no_exception_of_ssh_crosses_the_border(kind: type[Exception], otherwise: type[Unavailable | Uncertain], gone: bool) -> None:
    with pytest.raises((DeliveryError, Misconfigured)) as caught, sftp.border("sftp://there:22", lambda: gone, otherwise):
        raise made(kind)
    assert isinstance(caught.value, DeliveryError | Misconfigured)
    assert caught.value.code
    assert SECRET not in str(caught.value)
    assert "sftp://there:22" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("otherwise", [Unavailable, Uncertain])
@pytest.mark.parametrize("kind", [*HTTP, *SYSTEM[:-1]], ids=lambda kind: kind.__name__)
def test_no_exception_of_http_crosses_the_border(kind: type[Exception], otherwise: type[Unavailable | Uncertain]) -> None:
    with pytest.raises((DeliveryError, Misconfigured)) as caught, rest.border("https://there", otherwise):
        raise made(kind)
    assert isinstance(caught.value, DeliveryError | Misconfigured)
    assert caught.value.code
    assert SECRET not in str(caught.value)
    assert "https://there" in str(caught.value)
    assert caught.value.__suppress_context__


MAIL = sorted({*subclasses(smtplib.SMTPException), ssl.SSLError, ssl.SSLCertVerificationError, EOFError, UnicodeDecodeError}, key=str)


@pytest.mark.parametrize("otherwise", [Unavailable, Uncertain])
@pytest.mark.parametrize("kind", [*MAIL, *SYSTEM[:-1]], ids=lambda kind: kind.__name__)
def test_no_exception_of_mail_crosses_the_border(kind: type[Exception], otherwise: type[Unavailable | Uncertain]) -> None:
    with pytest.raises((DeliveryError, Misconfigured)) as caught, email.border("smtp://there:25", lambda: otherwise):
        raise made(kind)
    assert isinstance(caught.value, DeliveryError | Misconfigured)
    assert caught.value.code
    assert SECRET not in str(caught.value)
    assert "smtp://there:25" in str(caught.value)
    assert caught.value.__suppress_context__


def test_nothing_but_an_answer_settles_what_became_of_a_whole_message() -> None:
    for kind in [*MAIL, *SYSTEM[:-1]]:
        is_answer = issubclass(kind, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused)
        assert is_answer is not isinstance(email.translate(made(kind), "there", Uncertain), Uncertain), kind


@pytest.mark.parametrize(
    ("error", "expected", "code"),
    [
        (ConnectionRefusedError(), Unavailable, "connection-refused"),
        (socket.gaierror(-2, "x"), Unavailable, "host-unknown"),
        (TimeoutError(), Unavailable, "timeout"),
        (ssl.SSLCertVerificationError(1, "x"), Misconfigured, "certificate-not-trusted"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), Misconfigured, "tls-refused"),
        (ssl.SSLEOFError(8, "x"), Unavailable, "connection-lost"),
        (smtplib.SMTPNotSupportedError("x"), Misconfigured, "not-offered"),
        (smtplib.SMTPAuthenticationError(535, b"x"), Misconfigured, "authentication-refused"),
        (smtplib.SMTPAuthenticationError(454, b"x"), Unavailable, "smtp-454"),
        (smtplib.SMTPDataError(554, b"x"), Refused, "smtp-554"),
        (smtplib.SMTPDataError(999, b"x"), Uncertain, "garbled-answer"),
        (smtplib.SMTPHeloError(999, b"x"), Unavailable, "garbled-answer"),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"x"), "b": (550, b"x")}), Misconfigured, "recipient-refused"),
    ],
)
def test_an_error_of_mail_means_what_to_do_next(error: Exception, expected: type[Exception], code: str) -> None:
    found = email.translate(error, "there", Unavailable)
    assert (type(found), found.code) == (expected, code)


def test_our_own_errors_cross_it_unchanged() -> None:
    for ours in (Uncertain("x"), Misconfigured("y")):
        with pytest.raises(type(ours)) as caught, sftp.border("sftp://there", lambda: True, Unavailable):
            raise ours
        assert caught.value is ours


@pytest.mark.parametrize(
    ("error", "gone", "expected", "code"),
    [
        (made(ssh_exception.BadHostKeyException), False, Misconfigured, "host-key-differs"),
        (made(ssh_exception.IncompatiblePeer), False, Misconfigured, "no-common-algorithm"),
        (made(paramiko.AuthenticationException), False, Misconfigured, "authentication-refused"),
        (ConnectionRefusedError(), True, Unavailable, "connection-refused"),
        (socket.gaierror(-2, "x"), True, Unavailable, "host-unknown"),
        (TimeoutError(), True, Uncertain, "timeout"),
        (paramiko.SSHException("No existing session"), True, Uncertain, "connection-lost"),
        (OSError(errno.EACCES, "x"), False, Misconfigured, "permission-denied"),
        (OSError(errno.ENOENT, "x"), False, Misconfigured, "no-such-directory"),
        (OSError("Failure"), False, Unavailable, "far-end-failure"),
        (OSError("Socket is closed"), True, Uncertain, "connection-lost"),
        (ConnectionResetError(), False, Uncertain, "connection-lost"),
    ],
)
def test_an_error_of_ssh_means_what_to_do_next(error: Exception, gone: bool, expected: type[Exception], code: str) -> None:
    found = sftp.translate(error, "there", gone, Uncertain)
    assert (type(found), found.code) == (expected, code)


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    ("error", "expected", "code"),
    [
        (ConnectionRefusedError(), Unavailable, "connection-refused"),
        (socket.gaierror(-2, "x"), Unavailable, "host-unknown"),
        (Unsent(), Unavailable, "connection-lost"),
        (caused(Unsent(), BrokenPipeError()), Unavailable, "connection-lost"),
        (TimeoutError(), Uncertain, "timeout"),
        (ConnectionResetError(), Uncertain, "connection-lost"),
        (EOFError(), Uncertain, "connection-lost"),
        (httptools.HttpParserError(), Uncertain, "connection-lost"),
        (ssl.SSLCertVerificationError(1, "x"), Misconfigured, "certificate-not-trusted"),
        (ssl.SSLError(1, "TLSV13_ALERT_CERTIFICATE_REQUIRED"), Misconfigured, "tls-refused"),
        (caused(Unsent(), ssl.SSLError(1, "TLSV13_ALERT_CERTIFICATE_REQUIRED")), Misconfigured, "tls-refused"),
        (ssl.SSLEOFError(8, "x"), Uncertain, "connection-lost"),
    ],
)
def test_an_error_of_http_means_what_to_do_next(error: Exception, expected: type[Exception], code: str) -> None:
    found = rest.translate(error, "there", Uncertain)
    assert (type(found), found.code) == (expected, code)
