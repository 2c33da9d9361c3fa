"""What a force's file says of a REST endpoint."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, model_validator

from adapters.secrets import Reference
from adapters.settings import STRICT, File, is_loopback

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}")  # a field name (RFC 9110, 5.6.2)
_OURS = {"idempotency-key", "x-api-key", "content-digest", "content-type", "content-length", "transfer-encoding", "host"}


def _is_safe(url: str) -> str:
    """Refuses what would send reports in the clear, or a secret in an address."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("https", "http"):
        raise ValueError("write a whole address, https://host/path")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an address has no user, password, query or fragment here: use api_key")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("only https:// may leave this machine; http:// is for loopback addresses")
    return url.rstrip("/")


def _are_plain(headers: dict[str, str]) -> dict[str, str]:
    """Refuses names and values that would break out of a header, and the headers that the transport sets itself."""
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise ValueError("a header has a name that is not allowed, or that the transport sets itself")
        if not value.isascii() or not value.isprintable():
            raise ValueError(f"the header {name} has a value that is not plain ASCII text")
    return headers


Url = Annotated[str, AfterValidator(_is_safe)]


class Timeouts(BaseModel):
    """Seconds to wait: for the connection, for each piece of an answer or of what is sent, and for a free connection.

    A whole exchange may take `transfer` and as long as its bytes take at `slowest` bytes a second.
    """

    model_config = STRICT

    connect: Annotated[float, Field(gt=0, le=120)] = 10
    answer: Annotated[float, Field(gt=0, le=600)] = 30
    transfer: Annotated[float, Field(gt=0, le=3600)] = 120
    slowest: Annotated[int, Field(gt=0)] = 50_000

    def for_size(self, size: int) -> float:
        """Seconds after which an exchange that sends `size` bytes is given up."""
        return self.transfer + size / self.slowest


class Settings(BaseModel):
    """One REST endpoint."""

    model_config = STRICT

    url: Url
    acknowledgements: Url | None = None  # none: the force does not acknowledge
    api_key: Reference | None = None
    headers: Annotated[dict[str, str], AfterValidator(_are_plain)] = {}
    connections: Annotated[int, Field(ge=1, le=64)] = 4
    timeouts: Timeouts = Timeouts()
    ca: File | None = None  # PEM; none: the authorities that the system trusts
    client_certificate: File | None = None  # PEM, for mutual TLS
    client_key: File | None = None
    lookup: bool = True  # whether the far end offers the look-up of docs/delivery.md

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> "Settings":
        if (self.client_certificate is None) != (self.client_key is None):
            raise ValueError("client_certificate and client_key belong together")
        return self
