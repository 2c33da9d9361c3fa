"""Who we are at a far end, by declaration: nobody, a login, a key, a token, or a client of OAuth 2.

Mutual TLS is beside it, in the settings. Secrets are references; they are read when the first request needs them, and stand
in no exception, log or repr.
"""

import base64
from dataclasses import dataclass, field
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, Field, model_validator

from adapters.secrets import Login, Reference, login, reveal
from adapters.settings import STRICT
from adapters.transports.rest.addresses import FieldName, Url
from adapters.transports.rest.templates import is_header_text
from hub.contracts import Misconfigured


class NoAuthentication(BaseModel):
    """The far end asks for nothing, or knows us by our certificate."""

    model_config = STRICT

    name: Literal["none"]


class Basic(BaseModel):
    """A user and a password with each request (RFC 7617); `credentials` is a login."""

    model_config = STRICT

    name: Literal["basic"]
    credentials: Reference


class ApiKey(BaseModel):
    """A key with each request, in a header or as a parameter of the address."""

    model_config = STRICT

    name: Literal["api-key"]
    key: Reference
    header: FieldName | None = None
    parameter: Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{1,80}$")] | None = None

    @model_validator(mode="after")
    def _is_in_one_place(self) -> "ApiKey":
        if (self.header is None) == (self.parameter is None):
            raise ValueError("say where the key stands: `header` or `parameter`, one of the two")
        return self


class Bearer(BaseModel):
    """A token that does not change (RFC 6750)."""

    model_config = STRICT

    name: Literal["bearer"]
    token: Reference


class ClientCredentials(BaseModel):
    """OAuth 2, client credentials (RFC 6749, 4.4): a token from `token_url`, kept until it expires.

    `credentials` is a login: the client's id and secret. `secret_in` says where they stand in the request for a token.
    """

    model_config = STRICT

    name: Literal["oauth2"]
    token_url: Url
    credentials: Reference
    scope: str | None = None
    parameters: dict[str, str] = {}  # others that the far end asks for: `audience`, `resource`
    secret_in: Literal["header", "body"] = "header"  # noqa: S105 - a place, no secret


Authentication = Annotated[NoAuthentication | Basic | ApiKey | Bearer | ClientCredentials, Field(discriminator="name")]


@dataclass(frozen=True, slots=True)
class Signature:
    """What goes with a request so that the far end knows us."""

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    query: dict[str, str] = field(default_factory=dict, repr=False)


class Signer(Protocol):
    """Signs requests."""

    def signature(self) -> Signature:
        """For the next request. Raises Misconfigured, and Unavailable where a token cannot be had now."""
        ...

    def renew(self, refused: Signature) -> bool:
        """Whether it is worth trying again with another signature after the far end has refused this one (401)."""
        ...


class Fixed:
    """The same signature for every request, made for the first: a secret is read once, and again where the far end refuses it."""

    def __init__(self, by: NoAuthentication | Basic | ApiKey | Bearer) -> None:
        self._by = by
        self._signature: Signature | None = None

    def signature(self) -> Signature:
        self._signature = self._signature or self._made()
        return self._signature

    def _made(self) -> Signature:
        match self._by:
            case Basic(credentials=reference):
                return Signature({"Authorization": basic(reference)})
            case Bearer(token=reference):
                return Signature({"Authorization": f"Bearer {header_secret(reference)}"})
            case ApiKey(key=reference, header=str(header)):
                return Signature({header: header_secret(reference)})
            case ApiKey(key=reference, parameter=str(parameter)):
                return Signature(query={parameter: header_secret(reference)})
        return Signature()

    def renew(self, refused: Signature) -> bool:
        """Whether another secret lies there since it was read."""
        self._signature = self._made()
        return self._signature != refused


def basic(reference: Reference) -> str:
    """A login as a header has it."""
    username, password = user_and_password(reference)
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def user_and_password(reference: Reference) -> tuple[str, str]:
    """A login with a password. Raises Misconfigured."""
    found: Login = login(reference)
    if found.password is None:
        raise Misconfigured("bad-credentials", f"{reference} has no password")
    return found.username, found.password.get_secret_value()


def header_secret(reference: Reference) -> str:
    """A secret that can stand in a header. Raises Misconfigured."""
    text = reveal(reference).get_secret_value()
    if not is_header_text(text):
        raise Misconfigured("bad-credentials", f"{reference} is not one line of ASCII text")
    return text
