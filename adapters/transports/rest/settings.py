"""What a force's file says of a REST endpoint; every setting with an example stands in `docs/rest.md`."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from adapters.secrets import Reference
from adapters.settings import STRICT, File
from adapters.transports.rest.addresses import FieldName, Headers, Url, UrlTemplate
from adapters.transports.rest.authentication import ApiKey, Authentication, NoAuthentication
from adapters.transports.rest.declared import Answers, Lookup, LookupOrNone
from adapters.transports.rest.templates import Template

__all__ = ["Attachments", "Multipart", "Settings", "Timeouts", "Url"]


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


class Attachments(BaseModel):
    """Attachments in requests of their own, before the records."""

    model_config = STRICT

    url: UrlTemplate | None = None  # none: `<url>/attachments/{key}`
    method: Literal["PUT", "POST"] = "PUT"
    lookup: bool = True  # whether the same address answers a `HEAD`
    resume_over: Annotated[int, Field(ge=0)] = 8_388_608  # bytes: over this size the far end is asked whether it has a beginning


class Multipart(BaseModel):
    """Records and attachments in one request. `records` and `files` are names of parts.

    Without `records` each field of a form is a part of its own.
    """

    model_config = STRICT

    records: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    files: Annotated[str, Field(min_length=1, max_length=80)]


class Settings(BaseModel):
    """One REST endpoint."""

    model_config = STRICT

    url: UrlTemplate
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    query: dict[str, Template] = {}
    headers: Headers = {}
    idempotency: FieldName = "Idempotency-Key"  # or `none`
    digest: bool = True  # whether a request has a Content-Digest
    auth: Authentication = NoAuthentication(name="none")
    api_key: Reference | None = None  # short for `auth: {name: api-key, header: X-API-Key, key: …}`
    multipart: Multipart | None = None
    attachments: Attachments | None = Attachments()
    answers: Answers = Answers()
    lookup: LookupOrNone = Lookup()
    acknowledgements: Url | None = None  # none: the force does not acknowledge
    connections: Annotated[int, Field(ge=1, le=64)] = 4
    timeouts: Timeouts = Timeouts()
    ca: File | None = None  # PEM; none: the authorities that the system trusts
    client_certificate: File | None = None  # PEM, for mutual TLS
    client_key: File | None = None

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> "Settings":
        if (self.client_certificate is None) != (self.client_key is None):
            raise ValueError("client_certificate and client_key belong together")
        return self

    @model_validator(mode="after")
    def _is_known_in_one_way(self) -> "Settings":
        if self.api_key and not isinstance(self.auth, NoAuthentication):
            raise ValueError("api_key is short for an `auth`: give one of the two")
        return self

    @model_validator(mode="after")
    def _sets_each_header_once(self) -> "Settings":
        names = {name.lower() for name in self.headers}
        if names & {self.idempotency.lower(), *_header_of(self.signs_as)}:
            raise ValueError("a header is set by `headers` and by `idempotency` or `auth` too")
        return self

    @property
    def signs_as(self) -> Authentication:
        """Who we are, however it is written."""
        return ApiKey(name="api-key", key=self.api_key, header="X-API-Key") if self.api_key else self.auth


def _header_of(auth: Authentication) -> set[str]:
    return {auth.header.lower()} if isinstance(auth, ApiKey) and auth.header else set()
