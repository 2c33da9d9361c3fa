"""What a force's file says of a mailbox and of the mail server that takes its messages."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from adapters.secrets import Reference
from adapters.settings import STRICT, File, is_loopback
from hub.words import Environment

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def _is_address(text: str) -> str:
    """Refuses what would break out of a header or a command; the text is not repeated."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError("write one plain address, name@host, in ASCII")
    return text


Address = Annotated[str, AfterValidator(_is_address)]


class Timeouts(BaseModel):
    """Seconds to wait: for the connection, for each answer, and for a whole message with all its answers."""

    model_config = STRICT

    connect: Annotated[float, Field(gt=0, le=120)] = 10
    answer: Annotated[float, Field(gt=0, le=600)] = 60
    message: Annotated[float, Field(gt=0, le=3600)] = 300


class Settings(BaseModel):
    """One mailbox. `encryption` is the force's S/MIME certificate; without it nothing goes to a live one."""

    model_config = STRICT

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca: File | None = None  # PEM; none: the authorities that the system trusts
    credentials: Reference | None = None
    sender: Address
    recipients: Annotated[list[Address], Field(min_length=1, max_length=20)]
    encryption: File | None = None  # PEM: one certificate or more, each of whose keys opens every message
    environment: Environment = Environment.LIVE
    largest: Annotated[int, Field(ge=1_000, le=50_000_000)] = 10_000_000  # bytes of a whole message, as many servers take it
    timeouts: Timeouts = Timeouts()

    @model_validator(mode="after")
    def _lets_nobody_else_read(self) -> "Settings":
        if self.encryption is None and self.environment is Environment.LIVE:
            raise ValueError("encryption: name the force's S/MIME certificate; only a sandbox or test environment goes without")
        if self.tls == "none" and not is_loopback(self.host):
            raise ValueError("tls: only a server on this machine may be spoken to without TLS")
        return self
