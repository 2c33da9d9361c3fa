"""OpenPGP: what leaves is encrypted to the force's certificate and signed with the hub's key (Sequoia, through pysequoia)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

from adapters.secrets import reveal
from hub.contracts import Misconfigured
from hub.forces.force import Recipient

if TYPE_CHECKING:
    from pysequoia import Cert, PySigner

LARGEST_CERTIFICATE = 1_000_000  # bytes
WARN = timedelta(days=60)  # before a certificate ends
_PIECE = 1 << 20


class OpenPgp:
    """Encrypts to one certificate, in OpenPGP's binary form. Every thread may use it.

    Raises Misconfigured where the certificate or the signing key cannot be used at `now`.
    """

    suffix = ".pgp"
    media_type = "application/pgp-encrypted"

    def __init__(self, recipient: Recipient, now: datetime) -> None:
        self._certificate = _certificate(recipient.certificate, now)
        self._signer = _signer(recipient.signing_key)
        self.ends = _ends(self._certificate)
        self._try(recipient.certificate)

    def warning(self, now: datetime) -> str | None:
        """A line for the operator while the certificate is about to end."""
        if self.ends is None or self.ends - now > WARN:
            return None
        return f"the force's certificate ends on {self.ends:%Y-%m-%d}: ask the force for a new one"

    def encrypt(self, body: bytes) -> bytes:
        """These bytes, encrypted and signed."""
        from pysequoia import encrypt

        return encrypt(body, recipients=[self._certificate], signer=self._signer, armor=False)

    def encrypted(self, source: BinaryIO) -> BinaryIO:
        """What `source` gives, encrypted and signed, in flat memory: Sequoia reads and writes files, and is given two without names."""
        from pysequoia import encrypt_file

        with TemporaryFile() as plain:
            while piece := source.read(_PIECE):
                plain.write(piece)
            plain.flush()
            plain.seek(0)
            done = cast(BinaryIO, TemporaryFile())  # noqa: SIM115 - the caller closes it
            encrypt_file(_path(plain), _path(done), recipients=[self._certificate], signer=self._signer, armor=False)
        done.seek(0)
        return done

    def _try(self, path: Path) -> None:
        """Whether the certificate has a key that encrypts, and ours signs: Sequoia says so only when it is asked to."""
        try:
            self.encrypt(b"")
        except Exception as error:  # Sequoia's errors have no class of their own
            why = "has no key that can encrypt now, or our key cannot sign"
            raise Misconfigured("bad-certificate", f"{path.name} {why}: ask the force for another ({type(error).__name__})") from None


def _path(file: BinaryIO) -> str:
    return f"/dev/fd/{file.fileno()}"


def _certificate(path: Path, now: datetime) -> "Cert":
    from pysequoia import Cert

    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_CERTIFICATE + 1)
        if len(body) > LARGEST_CERTIFICATE:
            raise Misconfigured("bad-certificate", f"{path.name} is too large for a certificate")
        (found,) = Cert.split_bytes(body)
    except OSError as error:
        raise Misconfigured("bad-certificate", f"{path.name} cannot be read ({type(error).__name__})") from None
    except Misconfigured:
        raise
    except Exception:  # as above; or there are more of them than one
        raise Misconfigured("bad-certificate", f"{path.name} is not one OpenPGP certificate: ask the force for its public key") from None
    if _is_secret(body):
        raise Misconfigured("bad-certificate", f"{path.name} holds a secret key: only the force may have it; ask for its public key alone")
    if found.is_revoked:
        raise Misconfigured("bad-certificate", f"{path.name} has been revoked: ask the force for its new one")
    ends = _ends(found)
    if ends is not None and ends <= now:
        raise Misconfigured("bad-certificate", f"{path.name} ended on {ends:%Y-%m-%d}: ask the force for its new one")
    return found


def _is_secret(body: bytes) -> bool:
    from pysequoia.packet import PacketPile, Tag

    return any(packet.tag in (Tag.SecretKey, Tag.SecretSubkey) for packet in PacketPile.from_bytes(body))


def _signer(reference: str | None) -> "PySigner | None":
    from pysequoia import Tsk

    if reference is None:
        return None
    secret = reveal(reference).get_secret_value()
    try:
        return Tsk.from_bytes(secret.encode()).signer()
    except Exception:  # its text may repeat what it was given
        raise Misconfigured("bad-credentials", f"{reference} is no OpenPGP secret key without a passphrase that can sign") from None


def _ends(certificate: "Cert") -> datetime | None:
    """When the certificate can no longer be encrypted to: with its primary key, or with the last of the subkeys that encrypt."""
    subkeys = list(_subkeys_end(certificate))
    last = None if not subkeys or None in subkeys else max(each for each in subkeys if each)
    ends = [each for each in (certificate.expiration, last) if each is not None]
    return min(ends, default=None)


def _subkeys_end(certificate: "Cert") -> Iterator[datetime | None]:
    """The end of each subkey that encrypts; None where it has none. A subkey's last binding signature counts."""
    from pysequoia.packet import PacketPile, Tag

    created, bound = None, dict[datetime, tuple[datetime, datetime | None]]()
    for packet in PacketPile.from_bytes(bytes(certificate)):
        if packet.tag == Tag.PublicSubkey:
            created = packet.key_created
        flags = packet.key_flags if packet.tag == Tag.Signature else None
        if created is None or flags is None or not (flags.transport_encryption or flags.storage_encryption):
            continue
        signed, lasts = packet.signature_created or datetime.min.replace(tzinfo=UTC), packet.key_validity_period
        if created not in bound or bound[created][0] <= signed:
            bound[created] = signed, created + lasts if lasts else None
    return (ends for _, ends in bound.values())
