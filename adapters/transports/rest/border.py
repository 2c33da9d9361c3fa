"""Where what llhttp and the operating system raise becomes what the hub understands: here, once, and nowhere else.

What was under way decides about an error that nobody answered: before a request began nothing can have arrived
(`Unavailable`), after that it may have (`Uncertain`). A look-up that fails (`otherwise=Unavailable`) has changed nothing.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from socket import gaierror

from httptools import HttpParserError, HttpParserUpgrade

from adapters.transports.rest.connections import Unsent
from hub.contracts import DeliveryError, Misconfigured, Unavailable, Uncertain

Otherwise = type[Unavailable] | type[Uncertain]

FOREIGN = (HttpParserError, HttpParserUpgrade, Unsent, OSError, EOFError)


@contextmanager
def border(where: str, otherwise: Otherwise, code: str = "connection-lost") -> Iterator[None]:
    """Lets only DeliveryError and Misconfigured out. The far end's own words stay inside: they may repeat what was sent."""
    try:
        yield
    except FOREIGN as error:
        raise translate(error, where, otherwise, code) from None


def translate(error: Exception, where: str, otherwise: Otherwise, code: str = "connection-lost") -> DeliveryError | Misconfigured:
    """What to do next about a foreign error; `code` where it has none of its own."""
    if refused := _refused_tls(error):
        return Misconfigured(refused, f"{where}: TLS failed: see `ca`, `client_certificate` and the far end's own certificate")
    if isinstance(error, ConnectionRefusedError):
        return Unavailable("connection-refused", f"{where} cannot be reached")
    if isinstance(error, gaierror):
        return Unavailable("host-unknown", f"{where} cannot be reached: its name has no address")
    if isinstance(error, Unsent):
        return Unavailable(code, f"{where} closed the connection before anything was sent")
    if isinstance(error, TimeoutError):
        return otherwise("timeout", f"{where} did not answer in time")
    return otherwise(code, f"the exchange with {where} broke off ({type(error).__name__})")


def _refused_tls(error: BaseException) -> str | None:
    """A stable code where the certificate of either side is the trouble; None where the connection was only cut."""
    for cause in (error, error.__cause__):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "certificate-not-trusted"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return "tls-refused"
    return None
