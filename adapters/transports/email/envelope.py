"""The envelope: a sealed payload as a message that the force's key alone opens (S/MIME, RFC 8551: AES-256, RSA)."""

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

from hub.contracts import Misconfigured

SHORTEST_KEY = 2048  # bits


class Envelope:
    """Encrypts for every certificate of one PEM file. Raises Misconfigured, naming the file and never what is in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._certificates = _load(path)
        for certificate in self._certificates:
            self._check(certificate)

    def seal(self, entity: bytes, now: datetime) -> bytes:
        """A MIME entity as DER of CMS enveloped-data. Raises Misconfigured where a certificate does not hold now."""
        builder = PKCS7EnvelopeBuilder().set_data(entity).set_content_encryption_algorithm(AES256)
        for certificate in self._certificates:
            if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
                raise Misconfigured("certificate-expired", f"{self._path} does not hold today: ask the force for its new certificate")
            builder = builder.add_recipient(certificate)
        return builder.encrypt(Encoding.DER, [PKCS7Options.Binary])

    def _check(self, certificate: x509.Certificate) -> None:
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey) or key.key_size < SHORTEST_KEY or not _may_encrypt(certificate):
            why = f"is no certificate to encrypt for: it must hold an RSA key of {SHORTEST_KEY} bits or more, meant for encryption"
            raise Misconfigured("bad-certificate", f"{self._path} {why}")


def _load(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise Misconfigured("bad-certificate", f"{path} cannot be read ({type(error).__name__})") from None
    except ValueError:
        raise Misconfigured("bad-certificate", f"{path} is no certificate in PEM") from None


def _may_encrypt(certificate: x509.Certificate) -> bool:
    """Whether its key usage, where it states one, allows to encrypt keys (RFC 8550, 4.4.2)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment
    except x509.ExtensionNotFound:
        return True
