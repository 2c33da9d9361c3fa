"""The HTTP client of a route: its connections, TLS and limits, and every exchange signed and held to a deadline."""

import logging
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import datetime

import httpx

from adapters.transports.rest.answers import Answer
from adapters.transports.rest.authentication import ClientCredentials, Fixed, Signature, Signer
from adapters.transports.rest.border import Otherwise, border
from adapters.transports.rest.deadline import Deadline, held_to
from adapters.transports.rest.requests import Request, with_query
from adapters.transports.rest.settings import Settings
from adapters.transports.rest.tokens import Tokens
from hub.contracts import Misconfigured, Unavailable

LONGEST_ANSWER = 1024 * 1024  # bytes
_ACCEPT = {"json": "application/vnd.api+json, application/json", "xml": "application/xml, text/xml", "text": "text/plain"}
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "soh-hub"}

for _name in ("httpx", "httpcore"):  # their lines have whole addresses, and a key may be a parameter of one
    logging.getLogger(_name).setLevel(logging.WARNING)


class Client:
    """One client for a route and a pass, with `connections` kept alive. Every thread may use it."""

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._deadline = Deadline()
        self._opening = threading.Lock()
        self._free = threading.BoundedSemaphore(settings.connections)  # with requests waiting, httpcore closes connections in use
        self._client: httpx.Client | None = None
        auth = settings.signs_as
        self._signer: Signer = Tokens(auth, self._ask, now) if isinstance(auth, ClientCredentials) else Fixed(auth)

    def exchange(self, request: Request, otherwise: Otherwise, longest: int = LONGEST_ANSWER) -> Answer:
        """A request, signed, and its answer; what goes wrong once it has begun is `otherwise`.

        A signature that the far end takes for expired is renewed once: `401` says that it has not looked at the request.
        """
        signature = self._signer.signature()
        answer = self._once(request, signature, otherwise, longest)
        if answer.status == 401 and self._signer.renew(signature):
            answer = self._once(request, self._signer.signature(), otherwise, longest)
        return answer

    def close(self) -> None:
        """Ends the connections. Never raises."""
        with self._opening:
            client, self._client = self._client, None
        with suppress(Exception):
            if client:
                client.close()

    def _ask(self, request: Request) -> Answer:
        """A request for a token: nothing of a report is in it, so that nothing can have arrived."""
        return self._once(request, Signature(), Unavailable, LONGEST_ANSWER, where=request.url)

    def _once(self, request: Request, signature: Signature, otherwise: Otherwise, longest: int, where: str | None = None) -> Answer:
        client, address = self._open(), with_query(request.url, signature.query)
        with (
            request.opened() if request.opened else nullcontext() as body,
            self._free,
            border(where or self._settings.url, otherwise),
            self._deadline.within(self._settings.timeouts.for_size(request.size)),
            client.stream(request.method, address, headers={**request.headers, **signature.headers}, content=body) as response,
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
    transport = httpx.HTTPTransport(
        verify=_tls(settings) if any(address.startswith("https:") for address in _addresses(settings)) else False,  # loopback without TLS
        limits=httpx.Limits(max_connections=settings.connections, max_keepalive_connections=settings.connections),
        trust_env=False,
    )
    return httpx.Client(
        transport=held_to(transport, deadline),
        headers={**_HEADERS, "Accept": _ACCEPT[settings.answers.kind]},
        timeout=httpx.Timeout(settings.timeouts.answer, connect=settings.timeouts.connect),
        follow_redirects=False,
        trust_env=False,
    )


def _addresses(settings: Settings) -> list[str]:
    """Every address that a request may go to."""
    auth = settings.signs_as
    token = auth.token_url if isinstance(auth, ClientCredentials) else None
    lookup = settings.lookup.url if settings.lookup else None
    attachments = settings.attachments.url if settings.attachments else None
    return [address for address in (settings.url, settings.acknowledgements, token, lookup, attachments) if address]


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
