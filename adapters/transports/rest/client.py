"""The HTTP client of a route: its connections, TLS and limits, and every exchange signed and held to a deadline."""

import ssl
from collections.abc import Callable, Generator
from contextlib import nullcontext
from datetime import datetime

from adapters.transports.rest.answers import Answer
from adapters.transports.rest.authentication import ClientCredentials, Fixed, Signature, Signer
from adapters.transports.rest.border import FOREIGN, Otherwise, translate
from adapters.transports.rest.connections import Connections
from adapters.transports.rest.deadline import Deadline
from adapters.transports.rest.exchange import Outgoing, exchange
from adapters.transports.rest.requests import Request, with_query
from adapters.transports.rest.settings import Settings
from adapters.transports.rest.tokens import Tokens
from adapters.transports.rest.waiting import Wait, alone
from adapters.transports.rest.wire import head, origin_and_target
from hub.contracts import Misconfigured, Unavailable

LONGEST_ANSWER = 1024 * 1024  # bytes
_ACCEPT = {"json": "application/vnd.api+json, application/json", "xml": "application/xml, text/xml", "text": "text/plain"}
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "soh-hub"}
_HAVE_BODIES = ("POST", "PUT", "PATCH")


class Client:
    """One client for a route and a pass, with `connections` kept alive. Every thread may use it.

    Follows no redirect, and takes neither proxies nor passwords from the environment.
    """

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._connections = Connections(settings.connections, lambda: _tls(settings), settings.timeouts.connect)
        own = {name.lower() for name in settings.headers}
        ours = {**_HEADERS, "Accept": _ACCEPT[settings.answers.kind]}
        self._headers = {name: value for name, value in ours.items() if name.lower() not in own}
        auth = settings.signs_as
        self._signer: Signer = Tokens(auth, self._ask, now) if isinstance(auth, ClientCredentials) else Fixed(auth)

    def exchange(self, request: Request, otherwise: Otherwise, longest: int = LONGEST_ANSWER) -> Answer:
        """A request, signed, and its answer; what goes wrong once it has begun is `otherwise`."""
        return alone(self.exchanging(request, otherwise, longest))

    def exchanging(self, request: Request, otherwise: Otherwise, longest: int = LONGEST_ANSWER) -> Generator[Wait, None, Answer]:
        """The same, for who does not want to wait for it.

        A signature that the far end takes for expired is renewed once: `401` says that it has not looked at the request.
        """
        signature = self._signer.signature()
        answer = yield from self._once(request, signature, otherwise, longest)
        if answer.status == 401 and self._signer.renew(signature):
            answer = yield from self._once(request, self._signer.signature(), otherwise, longest)
        return answer

    def close(self) -> None:
        """Ends the connections. Never raises."""
        self._connections.close()

    def _ask(self, request: Request) -> Answer:
        """A request for a token: nothing of a report is in it, so that nothing can have arrived."""
        return alone(self._once(request, Signature(), Unavailable, LONGEST_ANSWER, where=request.url))

    def _once(
        self, request: Request, signature: Signature, otherwise: Otherwise, longest: int, where: str | None = None
    ) -> Generator[Wait, None, Answer]:
        origin, host, target = origin_and_target(with_query(request.url, signature.query))
        headers = {"Host": host, **self._headers, **request.headers, **signature.headers}
        if request.opened is None and request.method in _HAVE_BODIES:
            headers["Content-Length"] = "0"
        begins, timeouts, where = head(request.method, target, headers), self._settings.timeouts, where or self._settings.url
        with request.opened() if request.opened else nullcontext() as body:
            outgoing = Outgoing(origin, request.method, begins, body, request.size, longest)
            deadline = Deadline.within(timeouts.for_size(request.size), timeouts.answer)
            try:
                return (yield from exchange(self._connections, outgoing, deadline, where))
            except FOREIGN as error:
                raise translate(error, where, otherwise) from None


def _tls(settings: Settings) -> ssl.SSLContext:
    """TLS 1.2 or later, the far end's certificate verified, ours shown where there is one. Raises Misconfigured."""
    try:
        context = ssl.create_default_context(cafile=settings.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        if settings.client_certificate:
            context.load_cert_chain(settings.client_certificate, settings.client_key)
    except (OSError, ValueError) as error:
        why = "`ca`, `client_certificate` or `client_key` cannot be read, or is no PEM file"
        raise Misconfigured("bad-certificate", f"{settings.url}: {why} ({type(error).__name__})") from None
    return context
