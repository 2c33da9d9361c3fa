"""An alarm by mail: a short plain text, over the sessions that reports are sent by."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from adapters import settings as adapter_settings
from adapters.secrets import Reference, login
from adapters.settings import STRICT, File, is_loopback
from adapters.transports.email import settings as transport
from adapters.transports.email.border import border
from adapters.transports.email.session import Session
from adapters.transports.email.settings import Address, Timeouts
from hub.contracts import Told, Unavailable, Uncertain
from hub.words import Environment

MESSAGE = 60.0  # seconds for a whole message: nobody waits longer for an alarm


class Settings(BaseModel):
    """The mail server, and whose mailboxes. Nothing is encrypted but the way there: an alarm has no personal data."""

    model_config = STRICT

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca: File | None = None
    credentials: Reference | None = None
    sender: Address
    recipients: Annotated[list[Address], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _keeps_its_login_to_itself(self) -> "Settings":
        if self.tls == "none" and not is_loopback(self.host):
            raise ValueError("tls: only a server on this machine may be spoken to without TLS")
        return self


class EmailMessenger:
    """One message in a session of its own, to all recipients or to none."""

    def __init__(self, settings: Mapping[str, object], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = adapter_settings.read(Settings, settings, "messenger 'email'")
        self._now = now

    def tell(self, told: Told) -> None:
        """Hands the message over. Raises DeliveryError and Misconfigured."""
        given = self._settings
        credentials = login(given.credentials) if given.credentials else None
        session = Session(_of_transport(given))
        try:
            with border(f"smtp://{given.host}:{given.port}", lambda: Uncertain if session.ended else Unavailable), session.within(MESSAGE):
                session.open(credentials)
                session.send(self._composed(told), given.sender, given.recipients)
        finally:
            session.close()

    def _composed(self, told: Told) -> bytes:
        message = EmailMessage(policy=SMTP)
        message["Subject"] = " ".join(told.subject.split())
        message["From"] = self._settings.sender
        message["To"] = ", ".join(self._settings.recipients)
        message["Date"] = format_datetime(self._now())
        digest = hashlib.sha256(f"{told.subject}\n{told.text}".encode()).hexdigest()
        message["Message-ID"] = f"<{digest}@soh-hub.invalid>"  # the same for a repeat, which a mail system can file once
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to this
        message.set_content(told.text)
        return message.as_bytes()


def _of_transport(given: Settings) -> transport.Settings:
    """The same as a session takes it."""
    same = given.model_dump()
    return transport.Settings(**same, environment=Environment.TEST, timeouts=Timeouts(answer=20, message=MESSAGE))
