"""The keys of SSH: the server's, which is pinned, and our own."""

from paramiko import PKey, SSHException
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey
from paramiko.pkey import UnknownKeyType

from adapters.secrets import Login, Reference
from hub.contracts import Misconfigured


def host_key(text: str) -> PKey:
    """The key that a line such as `ssh-ed25519 AAAA…` pins. Raises ValueError."""
    try:
        entry = HostKeyEntry.from_line(f"host {text}")
    except (InvalidHostKey, SSHException):
        entry = None
    if entry is None or entry.key is None:
        raise ValueError("write the server's public key as one line, 'ssh-ed25519 AAAA…', as ssh-keyscan prints it after the host")
    return entry.key


def private_key(reference: Reference, login: Login) -> PKey | None:
    """The private key of a login, opened; None where it has only a password. Raises Misconfigured with the reference."""
    if login.private_key is None:
        return None
    passphrase = login.passphrase.get_secret_value().encode() if login.passphrase else None
    try:
        return PKey.from_path(login.private_key, passphrase)  # type: ignore[arg-type]  # annotated str, but only bytes work
    except OSError as error:
        raise Misconfigured("no-credentials", f"the private key of {reference} cannot be read ({type(error).__name__})") from None
    except (SSHException, UnknownKeyType, ValueError, TypeError):
        why = "is no key that can be used, or its passphrase is missing or wrong"
        raise Misconfigured("bad-credentials", f"the private key of {reference} {why}") from None
