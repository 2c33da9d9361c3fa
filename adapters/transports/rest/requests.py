"""The request that carries a payload, or asks for one, as the route's settings declare it."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import quote, urlencode

from adapters.transports.rest import bodies
from adapters.transports.rest.answers import content_digest
from adapters.transports.rest.declared import Lookup
from adapters.transports.rest.settings import Attachments, Settings
from adapters.transports.rest.templates import in_address, in_header, in_text, values
from hub.contracts import Misconfigured, Payload
from hub.words import PayloadKind

Body = BinaryIO | Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """A request, but for what signs it. `opened` gives its body anew, as often as it is sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    size: int = 0  # bytes of the body
    opened: Callable[[], AbstractContextManager[Body]] | None = None


def to_send(settings: Settings, payload: Payload) -> Request:
    """The request that brings this payload. Raises Misconfigured where a template names what is not known of it."""
    if payload.kind is PayloadKind.MANIFEST:
        raise Misconfigured("no-manifest", "a REST endpoint takes no manifest: set drops.manifest to false")
    given = values(payload)
    headers = {name: in_header(text, given) for name, text in settings.headers.items()} | _identity(settings, payload)
    if payload.kind is PayloadKind.ATTACHMENT:
        return _whole(_attachments(settings).method, attachment_address(settings, payload), headers, settings, payload)
    url = _with(in_address(settings.url, given), settings.query, given)
    if settings.multipart is None:
        return _whole(settings.method, url, headers, settings, payload)
    body = bodies.multipart(settings.multipart, payload)
    headers |= {"Content-Type": body.media_type, "Content-Length": str(body.size)}
    return Request(settings.method, url, headers, body.size, body.opened)


def to_find(settings: Settings, lookup: Lookup, payload: Payload) -> Request:
    """The question whether the far end has this report. Raises Misconfigured as `to_send`."""
    given = values(payload)
    url = in_address(lookup.url or f"{settings.url}/{{key}}", given)
    headers = {name: in_header(text, given) for name, text in settings.headers.items()}
    return Request(lookup.method, _with(url, lookup.query, given), headers)


def attachment_address(settings: Settings, payload: Payload) -> str:
    """Where an attachment is put, and looked for."""
    return in_address(_attachments(settings).url or f"{settings.url}/attachments/{{key}}", values(payload))


def _attachments(settings: Settings) -> Attachments:
    if settings.attachments is None:
        why = "this endpoint takes no attachments: set drops.attachments to none, or declare `attachments` or `multipart`"
        raise Misconfigured("no-attachments", why)
    return settings.attachments


def _whole(method: str, url: str, headers: dict[str, str], settings: Settings, payload: Payload) -> Request:
    about = {"Content-Type": payload.media_type, "Content-Length": str(payload.size)}
    digest = {"Content-Digest": content_digest(payload)} if settings.digest else {}
    return Request(method, url, {**headers, **about, **digest}, payload.size, lambda: bodies.opened(payload))


def _identity(settings: Settings, payload: Payload) -> dict[str, str]:
    return {} if settings.idempotency == "none" else {settings.idempotency: payload.key}


def _with(url: str, query: Mapping[str, str], given: Mapping[str, str]) -> str:
    return with_query(url, {name: in_text(text, given) for name, text in query.items()})


def with_query(url: str, query: Mapping[str, str]) -> str:
    """The address with these parameters after those that it has."""
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query, quote_via=quote, safe='')}"
