"""The sandbox's own authority, and what it signs for the REST stand-ins: one certificate that is good, and one that has expired."""

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.files import write_whole
from sandbox.listening import HOST

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

CA = "ca.pem"
GOOD, EXPIRED, KEY = "tls/good.pem", "tls/expired.pem", "tls/key.pem"
_YEARS = 10


def make_certificates(folder: Path) -> None:
    """An authority that trusts nobody else, and its two certificates for loopback; those of an earlier run hold on."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    if (folder / KEY).exists():
        return
    (folder / "tls").mkdir(parents=True, exist_ok=True, mode=0o700)
    key, authority_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)  # the clock that a client judges by, whatever the sandbox's own says
    ten_years, a_day = datetime.timedelta(days=365 * _YEARS), datetime.timedelta(days=1)
    authority = _certificate("sandbox authority", authority_key, None, authority_key, now - a_day, now + ten_years)
    good = _certificate(HOST, key, authority, authority_key, now - a_day, now + ten_years)
    expired = _certificate(HOST, key, authority, authority_key, now - 2 * a_day, now - a_day)
    for name, certificate in ((CA, authority), (GOOD, good), (EXPIRED, expired)):
        write_whole(folder / name, certificate.public_bytes(Encoding.PEM))
    write_whole(folder / KEY, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def server_side(folder: Path, certificate: str) -> ssl.SSLContext:
    """A server that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / certificate, folder / KEY)
    return context


def _certificate(
    name: str,
    key: "EllipticCurvePrivateKey",
    issuer: "Certificate | None",
    signs: "EllipticCurvePrivateKey",
    since: datetime.datetime,
    until: datetime.datetime,
) -> "Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(issuer.subject if issuer else subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(since).not_valid_after(until)
    builder = builder.add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), critical=False)
    if issuer:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signs, hashes.SHA256())
