"""Carries each payload in a request of its own to a REST endpoint, as `docs/delivery.md` has it."""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import quote

import httpx

from adapters import settings as adapter_settings
from adapters.secrets import reveal
from adapters.transports.acknowledgements import Fault
from adapters.transports.capabilities import Capability
from adapters.transports.rest import paging
from adapters.transports.rest.answers import Answer, asking_failed, content_digest, found, found_attachment, receipt
from adapters.transports.rest.border import Otherwise, border
from adapters.transports.rest.deadline import Deadline, held_to
from adapters.transports.rest.settings import Settings
from hub.contracts import Acknowledgement, CannotTell, Finding, Misconfigured, Payload, Receipt, Unavailable, Uncertain
from hub.words import PayloadKind

LONGEST_ANSWER = 1024 * 1024  # bytes
_HEADERS = {"Accept": "application/vnd.api+json, application/json", "Accept-Encoding": "identity", "User-Agent": "soh-hub"}

logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for every request says nothing that the ledger does not


class RestTransport:
    """One client for a route and a pass, with `connections` kept alive. `now` is for dates in `Retry-After` alone.

    `faults` are the acknowledgements that could not be read.
    """

    capabilities = frozenset({Capability.FINDS, Capability.ACKNOWLEDGES, Capability.STREAMS})

    def __init__(self, settings: Mapping[str, object], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = adapter_settings.read(Settings, settings, "transport 'rest'")
        self._now = now
        self._client: httpx.Client | None = None
        self._deadline = Deadline()
        self._opening = threading.Lock()
        self._free = threading.BoundedSemaphore(self._settings.connections)  # with requests waiting, httpcore closes connections in use
        self.parallel = self._settings.connections
        self.faults: list[Fault] = []

    def send(self, payload: Payload) -> Receipt:
        """POSTs a report, PUTs an attachment. The far end has persisted it when this returns."""
        method = "PUT" if payload.kind is PayloadKind.ATTACHMENT else "POST"
        with _opened(payload) as body:
            answer = self._exchange(method, self._address(payload), Uncertain, _headers(payload), body, size=payload.size)
        return receipt(answer, payload.key, self._settings.url, self._now())

    def find(self, payload: Payload) -> Finding:
        """Whether the far end has this payload. An error here says nothing of what was sent before."""
        if not self._settings.lookup:
            return CannotTell("the far end offers no look-up")
        address, where, now = self._address(payload), self._settings.url, self._now()
        if payload.kind is PayloadKind.ATTACHMENT:
            return found_attachment(self._exchange("HEAD", address, Unavailable), payload, where, now)
        answer = self._exchange("GET", f"{address}/{quote(payload.key, safe='')}", Unavailable)
        return found(answer, payload, where, now)

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:
        """What the force has said since `cursor`, page by page; each one's `batch` is the cursor to go on from."""
        if self._settings.acknowledgements is None:
            return
        for page in paging.pages(self._page, cursor):
            self.faults += page.faults
            yield from page.said

    def settle(self, batch: str) -> None:
        """Nothing to let go of: the cursor that the ledger keeps is enough."""

    def close(self) -> None:
        """Ends the connections. Never raises."""
        with self._opening:
            client, self._client = self._client, None
        with suppress(Exception):
            if client:
                client.close()

    def _page(self, after: str | None) -> Answer:
        query = f"?after={quote(after, safe='')}" if after else ""
        address = f"{self._settings.acknowledgements}{query}"
        answer = self._exchange("GET", address, Unavailable, longest=paging.LONGEST_PAGE)
        if answer.status != 200:
            raise asking_failed(answer, str(self._settings.acknowledgements), self._now())
        return answer

    def _address(self, payload: Payload) -> str:
        if payload.kind is PayloadKind.ATTACHMENT:
            return f"{self._settings.url}/attachments/{quote(payload.key, safe='')}"
        if payload.kind is PayloadKind.MANIFEST:
            raise Misconfigured("no-manifest", "a REST endpoint takes no manifest: set drops.manifest to false")
        return self._settings.url

    def _exchange(
        self,
        method: str,
        address: str,
        otherwise: Otherwise,
        headers: Mapping[str, str] | None = None,
        body: BinaryIO | None = None,
        longest: int = LONGEST_ANSWER,
        size: int = 0,
    ) -> Answer:
        """One request and its answer; what goes wrong once it has begun is `otherwise`."""
        client = self._open()
        with (
            self._free,
            border(self._settings.url, otherwise),
            self._deadline.within(self._settings.timeouts.for_size(size)),
            client.stream(method, address, headers=dict(headers or {}), content=body) as response,
        ):
            return Answer(response.status_code, response.headers, _limited(response, longest, self._settings.timeouts.answer))

    def _open(self) -> httpx.Client:
        """The client, made by the first thread that needs it."""
        with self._opening:
            if self._client is None:
                self._client = _client(self._settings, self._deadline)
            return self._client


def _client(settings: Settings, deadline: Deadline) -> httpx.Client:
    """Follows no redirect, and takes neither proxies nor passwords from the environment."""
    headers = {**_HEADERS, **settings.headers}
    addresses = (settings.url, settings.acknowledgements or "")
    if settings.api_key:
        headers["X-API-Key"] = _header(settings.api_key)
    transport = httpx.HTTPTransport(
        verify=_tls(settings) if any(address.startswith("https:") for address in addresses) else False,  # loopback without TLS
        limits=httpx.Limits(max_connections=settings.connections, max_keepalive_connections=settings.connections),
        trust_env=False,
    )
    return httpx.Client(
        transport=held_to(transport, deadline),
        headers=headers,
        timeout=httpx.Timeout(settings.timeouts.answer, connect=settings.timeouts.connect),
        follow_redirects=False,
        trust_env=False,
    )


def _tls(settings: Settings) -> ssl.SSLContext:
    """TLS 1.2 or later, the far end's certificate verified, ours shown where there is one. Raises Misconfigured."""
    try:
        context = ssl.create_default_context(cafile=settings.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.client_certificate:
            context.load_cert_chain(settings.client_certificate, settings.client_key)
    except (OSError, ValueError) as error:
        why = "`ca`, `client_certificate` or `client_key` cannot be read, or is no PEM file"
        raise Misconfigured("bad-certificate", f"{settings.url}: {why} ({type(error).__name__})") from None
    return context


def _header(reference: str) -> str:
    """A secret that can stand in a header."""
    text = reveal(reference).get_secret_value()
    if not text.isascii() or not text.isprintable():
        raise Misconfigured("bad-credentials", f"{reference} is not one line of ASCII text")
    return text


def _headers(payload: Payload) -> dict[str, str]:
    return {
        "Content-Type": payload.media_type,
        "Content-Length": str(payload.size),
        "Content-Digest": content_digest(payload),
        "Idempotency-Key": payload.key,
    }


def _opened(payload: Payload) -> BinaryIO:
    """The payload's bytes; that the hub's own store cannot be read is no fault of the far end."""
    try:
        return payload.open()
    except OSError as error:
        raise Unavailable("payload-unreadable", f"the hub cannot read its own {payload.name} ({type(error).__name__})") from None


def _limited(response: httpx.Response, longest: int, seconds: float) -> bytes | None:
    """The body as it came; None where it is longer than that: the rest is not listened to, and a slow drip not for long."""
    body, until = bytearray(), time.monotonic() + seconds
    for chunk in response.iter_raw():  # as it comes, and never unpacked: a small answer could become a huge one
        body += chunk
        if len(body) > longest:
            return None
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(body)
