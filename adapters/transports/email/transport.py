"""Carries each payload in a message of its own to a force's mailbox, encrypted for the force."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from adapters import settings as adapter_settings
from adapters.secrets import Login, login
from adapters.transports.acknowledgements import Fault
from adapters.transports.capabilities import Capability
from adapters.transports.email.border import Otherwise, border
from adapters.transports.email.envelope import Envelope
from adapters.transports.email.message import at_most, compose
from adapters.transports.email.session import Session
from adapters.transports.email.settings import Settings
from hub.contracts import (
    Acknowledgement,
    CannotTell,
    DeliveryError,
    Finding,
    Misconfigured,
    Payload,
    Receipt,
    Refused,
    Unavailable,
    Uncertain,
)


class EmailTransport:
    """One session for a route and a pass, opened when first needed; after any error the next call opens another.

    A mailbox can be neither looked into nor asked: what is uncertain stays in doubt, and a force that acknowledges does so
    on another route. `now` is for the date of a message and the days of a certificate.
    """

    parallel = 1
    asks_environment = True  # of the endpoint: nothing goes to a live one unencrypted
    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, settings: Mapping[str, object], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = adapter_settings.read(Settings, settings, "transport 'email'")
        self._where = f"smtp://{self._settings.host}:{self._settings.port}"
        self._now = now
        self._envelope: Envelope | None = None
        self._session: Session | None = None
        self.faults: list[Fault] = []

    def send(self, payload: Payload) -> Receipt:
        """Hands a message over. The mail server has taken responsibility for it when this returns (RFC 5321, 6.1)."""
        self._fits(at_most(payload.size), payload)
        message = self._compose(payload)
        self._fits(len(message), payload)
        with self._far_end() as session:
            if session.largest and len(message) > session.largest:
                raise _too_large(self._where, payload, session.largest)
            session.send(message, self._settings.sender, self._settings.recipients)
        return Receipt(payload.key, detail="smtp-250")

    def find(self, payload: Payload) -> Finding:  # noqa: ARG002 - whatever it is, mail cannot be looked up
        """Always CannotTell. A repeat has the same Message-ID."""
        return CannotTell("mail that was handed over cannot be looked up")

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:  # noqa: ARG002 - there are none
        """None: a force does not answer by mail."""
        return iter(())

    def settle(self, batch: str) -> None:
        """Nothing to let go of."""

    def close(self) -> None:
        """Ends the session. Never raises."""
        session, self._session = self._session, None
        if session:
            session.close()

    @contextmanager
    def _far_end(self) -> Iterator[Session]:
        try:
            with border(self._where, self._otherwise):
                session = self._open()
                with session.within(self._settings.timeouts.message):
                    yield session
        except (DeliveryError, Misconfigured):
            self.close()
            raise

    def _open(self) -> Session:
        """The session of this pass, if it still stands. Raises Misconfigured, and what `border` translates."""
        if self._session is None or not self._session.alive():
            self.close()
            credentials = self._login()
            self._session = Session(self._settings)
            with self._session.within(self._settings.timeouts.connect + 3 * self._settings.timeouts.answer):
                self._session.open(credentials)
        return self._session

    def _login(self) -> Login | None:
        reference = self._settings.credentials
        if reference is None:
            return None
        found = login(reference)
        if found.password is None or not (found.username + found.password.get_secret_value()).isascii():
            raise Misconfigured("bad-credentials", f"{reference}: a mail server is logged in to with a username and a password in ASCII")
        return found

    def _otherwise(self) -> Otherwise:
        return Uncertain if self._session and self._session.ended else Unavailable

    def _compose(self, payload: Payload) -> bytes:
        if self._settings.encryption and self._envelope is None:
            self._envelope = Envelope(self._settings.encryption)
        return compose(payload, _body(payload), self._settings, self._envelope, self._now())

    def _fits(self, size: int, payload: Payload) -> None:
        if size > self._settings.largest:
            raise _too_large(self._where, payload, self._settings.largest)


def _body(payload: Payload) -> bytes:
    """The bytes as they were sealed; that the hub's own store cannot be read is no fault of the far end."""
    try:
        with payload.open() as file:
            body = file.read(payload.size + 1)
    except OSError as error:
        raise Unavailable("payload-unreadable", f"the hub cannot read its own {payload.name} ({type(error).__name__})") from None
    if hashlib.sha256(body).hexdigest() != payload.digest:
        raise Misconfigured("payload-altered", f"the hub's own copy of {payload.name} is not what was sealed: restore it from a back-up")
    return body


def _too_large(where: str, payload: Payload, largest: int) -> Refused:
    why = f"as a message is larger than the {largest} bytes that it takes: make drops smaller (`at_most`), or send it another way"
    return Refused("too-large", f"{where}: {payload.name} {why}")
