"""Where what paramiko and the operating system raise becomes what the hub understands: here, once, and nowhere else.

What an error means depends on three things: what it is, whether the session is gone or the server *answered* no, and what
was under way, which the caller says with `otherwise`: before the rename nothing can have arrived (`Unavailable`), after it
was asked for it may have (`Uncertain`).
"""

import errno
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import gaierror

from paramiko import AuthenticationException, BadHostKeyException, PasswordRequiredException, SFTPError, SSHException
from paramiko.ssh_exception import IncompatiblePeer, NoValidConnectionsError

from hub.contracts import DeliveryError, Misconfigured, Unavailable, Uncertain

Otherwise = type[Unavailable] | type[Uncertain]

FOREIGN = (SSHException, SFTPError, OSError, EOFError, struct.error, ValueError)  # the last two: what a garbled answer makes of paramiko

# Errors whose meaning does not depend on when they come: the first class that fits decides.
_PLAIN: tuple[tuple[type[Exception], type[Misconfigured] | type[Unavailable], str, str], ...] = (
    (
        BadHostKeyException,
        Misconfigured,
        "host-key-differs",
        "shows another host key than the pinned one: ask the force why",
    ),
    (IncompatiblePeer, Misconfigured, "no-common-algorithm", "offers no algorithm that is safe enough: the force must update its server"),
    (
        PasswordRequiredException,
        Misconfigured,
        "bad-credentials",
        "needs an encrypted private key: add its passphrase",
    ),
    (AuthenticationException, Misconfigured, "authentication-refused", "refused our credentials: ask the force, or renew them"),
    (ConnectionRefusedError, Unavailable, "connection-refused", "refused the connection"),
    (NoValidConnectionsError, Unavailable, "connection-refused", "refused the connection"),
    (
        UnicodeDecodeError,
        Misconfigured,
        "garbled-text",
        "sends names or messages that are no UTF-8: the force must mend them",
    ),
    (gaierror, Unavailable, "host-unknown", "has no address"),
)

# What a server of SFTP version 3 can answer that means something; a full disk is told by the last, like everything else.
_ANSWERS: dict[int | None, tuple[type[Misconfigured] | type[Unavailable], str, str]] = {
    errno.ENOENT: (Misconfigured, "no-such-directory", "has no such directory: set `directory` and `acknowledgements` as the force says"),
    errno.EACCES: (Misconfigured, "permission-denied", "does not let us: ask the force for the right to write, rename and read there"),
    None: (Unavailable, "far-end-failure", "answered that it could not do it"),
}


@contextmanager
def border(where: str, gone: Callable[[], bool], otherwise: Otherwise) -> Iterator[None]:
    """Lets only DeliveryError and Misconfigured out. The far end's own words stay inside: they may repeat what was sent."""
    try:
        yield
    except FOREIGN as error:
        raise translate(error, where, gone(), otherwise) from None


def translate(error: Exception, where: str, gone: bool, otherwise: Otherwise) -> DeliveryError | Misconfigured:
    """What to do next about a foreign error; `gone` says that the session was lost, so that nobody answered."""
    for foreign, ours, code, why in _PLAIN:
        if isinstance(error, foreign):
            return ours(code, f"{where} {why}")
    if isinstance(error, TimeoutError):
        return otherwise("timeout", f"{where} did not answer in time")
    if isinstance(error, OSError) and answered(error, gone):
        ours, code, why = _ANSWERS[error.errno]
        return ours(code, f"{where} {why}")
    return otherwise("connection-lost", f"the session with {where} broke off ({type(error).__name__})")


def answered(error: OSError, gone: bool) -> bool:
    """Whether the server itself said no (a status of SFTP), rather than the connection failing under the question."""
    return not gone and error.errno in _ANSWERS and not isinstance(error, TimeoutError | ConnectionError)
