"""One SMTP session: TLS before anything is said, and never waited for without an end."""

import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from adapters.secrets import Login
from adapters.transports.email.settings import Settings
from hub.contracts import Misconfigured

_DOT_AT_THE_BEGINNING = b"\r\n."


class Session:
    """A session with a mail server. Raises what smtplib and the operating system raise; `border` translates."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._socket: socket.socket | None = None
        self._client = smtplib.SMTP(local_hostname=settings.sender.partition("@")[2], timeout=settings.timeouts.answer)
        self.ended = False  # whether the last line of a message has gone out, so that it may have arrived

    def open(self, login: Login | None) -> None:
        """Connects, starts TLS, and logs in where there is a login."""
        at = self._settings
        self._socket = socket.create_connection((at.host, at.port), timeout=at.timeouts.connect)
        self._socket.settimeout(at.timeouts.answer)
        context = None if at.tls == "none" else _tls(at)
        if context and at.tls == "implicit":
            self._secure(context)
        self._client.sock = self._socket
        code, text = self._client.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        self._client.ehlo_or_helo_if_needed()
        if context and at.tls == "starttls":
            self._start_tls(context)
        if login and login.password:
            self._client.login(login.username, login.password.get_secret_value())

    def alive(self) -> bool:
        """Whether the server still answers: many hang up on who says nothing for some minutes."""
        try:
            with self.within(self._settings.timeouts.answer):
                return self._client.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    @property
    def largest(self) -> int | None:
        """The largest message that the server takes, in bytes, where it says so (RFC 1870)."""
        told = self._client.esmtp_features.get("size", "")
        return int(told) or None if told.isascii() and told.isdigit() and len(told) < 16 else None

    def send(self, message: bytes, sender: str, recipients: Sequence[str]) -> None:
        """One message to all recipients, or to none: one who is refused stops it before it begins."""
        self.ended = False
        size = f"size={len(message)}"
        code, text = self._client.mail(sender, [size] if self._client.has_extn("size") else [])
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, text, sender)
        refused = {to: answer for to in recipients if (answer := self._client.rcpt(to))[0] not in (250, 251)}
        if refused:
            raise smtplib.SMTPRecipientsRefused(refused)
        code, text = self._client.docmd("DATA")
        if code != 354:
            raise smtplib.SMTPDataError(code if code >= 400 else 451, text)  # any other number: it awaits no message
        self._client.send((b"\r\n" + message).replace(_DOT_AT_THE_BEGINNING, b"\r\n..")[2:])
        self.ended = True
        self._client.send(b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")
        code, text = self._client.getreply()
        if code != 250:
            raise smtplib.SMTPDataError(code, text)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """A watchdog: cuts the connection after so many seconds, however slowly the server drips."""
        started = time.monotonic()
        watchdog = threading.Timer(seconds, self._cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        except (smtplib.SMTPServerDisconnected, OSError):
            if time.monotonic() - started >= seconds:
                raise TimeoutError from None
            raise
        finally:
            watchdog.cancel()

    def close(self) -> None:
        """Ends the session, without waiting for a good-bye. Never raises."""
        with suppress(Exception):
            self._client.putcmd("quit")
        with suppress(Exception):
            self._client.close()
        with suppress(Exception):
            if self._socket:
                self._socket.close()

    def _start_tls(self, context: ssl.SSLContext) -> None:
        if not self._client.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError
        code, text = self._client.docmd("STARTTLS")
        if code != 220:
            raise smtplib.SMTPResponseException(code, text)
        self._secure(context)
        client = self._client  # RFC 3207, 4.2: what was said in the clear, by whomever, counts for nothing
        client.sock, client.file, client.helo_resp, client.ehlo_resp = self._socket, None, None, None
        client.esmtp_features, client.does_esmtp = {}, False
        client.ehlo_or_helo_if_needed()

    def _secure(self, context: ssl.SSLContext) -> None:
        """TLS over the socket; the handshake begins once the watchdog can reach it."""
        assert self._socket is not None  # noqa: S101 - `open` has just made it
        secured = context.wrap_socket(self._socket, server_hostname=self._settings.host, do_handshake_on_connect=False)
        self._socket = secured
        secured.do_handshake()

    def _cut(self) -> None:
        with suppress(OSError):
            if self._socket:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # TLS's own would pull the rug from under who reads


def _tls(settings: Settings) -> ssl.SSLContext:
    """TLS 1.2 or later, the far end's certificate verified. Raises Misconfigured."""
    try:
        context = ssl.create_default_context(cafile=settings.ca)
    except (OSError, ValueError) as error:
        raise Misconfigured("bad-certificate", f"`ca` cannot be read, or is no PEM file ({type(error).__name__})") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
