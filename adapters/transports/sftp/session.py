"""One SFTP session: pinned, modern algorithms only, and never waited for without an end."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from paramiko import AuthenticationException, Channel, PKey, SFTPClient, SSHClient, SSHException

from adapters.secrets import Login
from adapters.transports.sftp.keys import host_key
from adapters.transports.sftp.pipeline import Pipeline
from adapters.transports.sftp.settings import Settings

logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # every failure is raised to us; its log would add the far end's words and paths

_WEAK = {
    "ciphers": ["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1", "hmac-sha1-96"],
}


@dataclass(frozen=True, slots=True)
class Leftover:
    """A temporary file of ours that an earlier try left: whose bytes are in it (the beginning of their digest), and how many."""

    file: str
    digest: str
    size: int | None


class Session:
    """A session with a server. Used by one thread: shared by two, it deadlocks (paramiko).

    Raises whatever paramiko and the operating system raise; `border` translates.
    """

    client: SFTPClient

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ssh = SSHClient()
        self._socket: socket.socket | None = None
        self._channel: Channel | None = None
        self._pipeline: Pipeline | None = None
        self.leftovers: dict[str, list[Leftover]] | None = None  # temporary files of ours by the name they were for, once listed

    def open(self, login: Login, key: PKey | None) -> None:
        """Connects, checks the host key, authenticates and starts SFTP, each step within its time."""
        self._socket = _connect(self._settings)
        with self.within(self._settings.timeouts.connect + 3 * self._settings.timeouts.answer):
            self._authenticate(self._socket, login, key)
            self.client = self._start()

    @property
    def gone(self) -> bool:
        """Whether the connection is no more, so that an error was nobody's answer."""
        return self._channel is None or self._channel.closed or not self._channel.get_transport().is_active()

    @property
    def pipeline(self) -> Pipeline:
        """To ask many things at once; nothing else may be under way meanwhile. Raises EOFError where there is no session."""
        if self._channel is None:
            raise EOFError
        self._pipeline = self._pipeline or Pipeline(self._channel)
        return self._pipeline

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """A watchdog: cuts the connection after so many seconds, whatever paramiko is waiting for."""
        started = time.monotonic()
        watchdog = threading.Timer(seconds, self._cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        except (SSHException, OSError, EOFError):
            if time.monotonic() - started >= seconds:
                raise TimeoutError from None
            raise
        finally:
            watchdog.cancel()

    def close(self) -> None:
        """Ends the session. Never raises."""
        with suppress(Exception):
            if self.gone:
                self._cut()  # else paramiko would wait for its thread
            self._ssh.close()
        with suppress(Exception):
            if self._socket:
                self._socket.close()

    def _cut(self) -> None:
        with suppress(OSError):
            if self._socket:
                self._socket.shutdown(socket.SHUT_RDWR)

    def _authenticate(self, connected: socket.socket, login: Login, key: PKey | None) -> None:
        at = self._settings
        name = at.host if at.port == 22 else f"[{at.host}]:{at.port}"  # as in known_hosts
        pinned = host_key(at.host_key)
        self._ssh.get_host_keys().add(name, pinned.get_name(), pinned)  # an unknown key is refused by default
        started = time.monotonic()
        try:
            self._ssh.connect(
                at.host,
                at.port,
                username=login.username,
                password=login.password.get_secret_value() if login.password else None,
                pkey=key,
                sock=connected,
                timeout=at.timeouts.answer,
                banner_timeout=at.timeouts.answer,
                auth_timeout=at.timeouts.answer,
                channel_timeout=at.timeouts.answer,
                allow_agent=False,
                look_for_keys=False,
                disabled_algorithms=_WEAK,
            )
        except AuthenticationException:  # also what paramiko calls a server that stalled or hung up while we authenticated
            transport = self._ssh.get_transport()
            if time.monotonic() - started >= at.timeouts.answer:
                raise TimeoutError from None
            if transport is None or not transport.is_active():
                raise ConnectionResetError from None
            raise

    def _start(self) -> SFTPClient:
        transport = self._ssh.get_transport()
        if transport is None:
            raise EOFError  # hung up between two steps
        self._channel = transport.open_session(timeout=self._settings.timeouts.answer)
        self._channel.settimeout(self._settings.timeouts.answer)  # before the handshake of SFTP, which would wait for ever
        self._channel.invoke_subsystem("sftp")
        return SFTPClient(self._channel)


def _connect(settings: Settings) -> socket.socket:
    """A connected socket that notices a dead peer."""
    connected = socket.create_connection((settings.host, settings.port), timeout=settings.timeouts.connect)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(settings.timeouts.answer * 1000))
    return connected
