"""Where what httpx and the operating system raise becomes what the hub understands: here, once, and nowhere else.

What was under way decides about an error that nobody answered: before a request began nothing can have arrived
(`Unavailable`), after that it may have (`Uncertain`). A look-up that fails (`otherwise=Unavailable`) has changed nothing.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from socket import gaierror

import httpx

from hub.contracts import DeliveryError, Misconfigured, Unavailable, Uncertain

Otherwise = type[Unavailable] | type[Uncertain]

FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict, OSError, EOFError)

_BEFORE_IT_BEGAN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_WRONG_ADDRESS = (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects)


@contextmanager
def border(where: str, otherwise: Otherwise) -> Iterator[None]:
    """Lets only DeliveryError and Misconfigured out. The far end's own words stay inside: they may repeat what was sent."""
    try:
        yield
    except FOREIGN as error:
        raise translate(error, where, otherwise) from None


def translate(error: Exception, where: str, otherwise: Otherwise) -> DeliveryError | Misconfigured:
    """What to do next about a foreign error."""
    if refused := _refused_tls(error):
        return Misconfigured(refused, f"{where}: TLS failed: see `ca`, `client_certificate` and the far end's own certificate")
    if isinstance(error, _WRONG_ADDRESS):
        return Misconfigured("bad-address", f"{where} is no address that can be called")
    if isinstance(error, _BEFORE_IT_BEGAN):
        return Unavailable(_why_not(error), f"{where} cannot be reached ({type(error).__name__})")
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return otherwise("timeout", f"{where} did not answer in time")
    return otherwise("connection-lost", f"the exchange with {where} broke off ({type(error).__name__})")


def _refused_tls(error: BaseException) -> str | None:
    """A stable code where the certificate of either side is the trouble; None where the connection was only cut."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "certificate-not-trusted"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return "tls-refused"
    return None


def _why_not(error: Exception) -> str:
    for cause in _causes(error):
        if isinstance(cause, ConnectionRefusedError):
            return "connection-refused"
        if isinstance(cause, gaierror):
            return "host-unknown"
    return "timeout" if isinstance(error, httpx.TimeoutException) else "connection-failed"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from: httpx keeps the system's own error there."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
