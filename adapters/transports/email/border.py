"""Where what smtplib and the operating system raise becomes what the hub understands: here, once, and nowhere else.

A message is the force's only with the answer to its last line, a dot (RFC 5321, 4.1.1.4): whatever breaks before that line
left nothing behind (`Unavailable`), whatever breaks after it may have (`Uncertain`). An answer of `4xx` is for now. An answer
of `5xx` to the message is about the message (`Refused`); to who we are, from where and to whom, it is about the settings.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import gaierror

from hub.contracts import DeliveryError, Misconfigured, Refused, Unavailable, Uncertain

Otherwise = type[Unavailable] | type[Uncertain]

FOREIGN = (smtplib.SMTPException, OSError, EOFError, ValueError)  # the last: an answer that is no text

_NOT_US: dict[type[Exception], tuple[str, str]] = {
    smtplib.SMTPSenderRefused: ("sender-refused", "takes nothing from our `sender`"),
    smtplib.SMTPRecipientsRefused: ("recipient-refused", "does not take mail for one of `recipients`"),
    smtplib.SMTPAuthenticationError: ("authentication-refused", "refused our credentials"),
}
TOO_LARGE = 552  # the one refusal of MAIL that is about the message: its announced size (RFC 1870)


@contextmanager
def border(where: str, otherwise: Callable[[], Otherwise]) -> Iterator[None]:
    """Lets only DeliveryError and Misconfigured out. The far end's own words stay inside: they may repeat what was sent."""
    try:
        yield
    except FOREIGN as error:
        raise translate(error, where, otherwise()) from None


def translate(error: Exception, where: str, otherwise: Otherwise) -> DeliveryError | Misconfigured:
    """What to do next about a foreign error; `otherwise` is what it means that nobody answered."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _answered(error, _codes(error)[0], where)
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error, error.smtp_code, where)
    if otherwise is Uncertain:
        return Uncertain(_how(error), f"{where} did not answer to a whole message ({type(error).__name__})")
    return _unsettled(error, where)


def _answered(error: Exception, code: int, where: str) -> DeliveryError | Misconfigured:
    """The server said a number: what it was asked decides about those from 500 up."""
    if 400 <= code < 500:
        return Unavailable(f"smtp-{code}", f"{where} answered {code}: not now")
    if not 500 <= code < 600:
        return _garbled(error, where)
    if isinstance(error, smtplib.SMTPDataError):
        return Refused(f"smtp-{code}", f"{where} refused the message: {code}")
    if isinstance(error, smtplib.SMTPSenderRefused) and code == TOO_LARGE:
        return Refused("too-large", f"{where} takes no message of this size: {code}")
    named, why = next((said for asked, said in _NOT_US.items() if isinstance(error, asked)), (f"smtp-{code}", "does not serve us"))
    return Misconfigured(named, f"{where} {why}: {code}")


def _garbled(error: Exception, where: str) -> DeliveryError:
    """An answer that means nothing. To a whole message it may be a yes."""
    if isinstance(error, smtplib.SMTPDataError):
        return Uncertain("garbled-answer", f"{where} answered to a message with a number that means nothing")
    return Unavailable("garbled-answer", f"{where} answered with a number that means nothing: it may be no mail server")


def _unsettled(error: Exception, where: str) -> Unavailable | Misconfigured:
    """Nobody answered, and no whole message was sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Misconfigured("certificate-not-trusted", f"{where} shows a certificate that is not trusted: see `ca`, or ask the force")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | TimeoutError):
        return Misconfigured("tls-refused", f"{where}: TLS failed: see `tls` and `port`")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Misconfigured("not-offered", f"{where} does not offer what the settings ask for: TLS, or to log in")
    if isinstance(error, UnicodeError):
        return Unavailable("garbled-answer", f"{where} answered with bytes that are no text")
    return Unavailable(_how(error), f"{where} cannot be reached, or hung up before it had the whole message ({type(error).__name__})")


def _how(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection-refused"
    if isinstance(error, gaierror):
        return "host-unknown"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):  # smtplib says "disconnected" where it timed out
        return "timeout"
    return "connection-lost"


def _codes(error: smtplib.SMTPRecipientsRefused) -> list[int]:
    """The numbers given for the recipients, the ones that last first."""
    return sorted((code for code, _ in error.recipients.values()), reverse=True) or [0]
