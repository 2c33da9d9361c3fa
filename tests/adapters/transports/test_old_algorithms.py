"""A far end that offers only what is no longer safe is refused before anything is sent, and its operator is told."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.transports.rest.transport import RestTransport
from adapters.transports.sftp.transport import SftpTransport
from hub.contracts import Misconfigured
from tests.conformance.payloads import payload
from tests.servers.endpoint import Certificates, Endpoint
from tests.servers.openssh import OpenSSH

WEAK = {
    "macs": "Ciphers aes128-ctr\nMACs hmac-sha1,hmac-md5",
    "ciphers": "Ciphers aes128-cbc,aes256-cbc,3des-cbc",
    "key exchange": "KexAlgorithms diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=WEAK)
def old_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenSSH]:
    with OpenSSH.start(tmp_path, also=WEAK[request.param]) as server:
        yield server


def test_an_openssh_server_with_old_algorithms_alone_is_a_matter_of_settings(old_server: OpenSSH) -> None:
    arriving, _ = old_server.drop("old")
    transport = SftpTransport(old_server.settings(arriving))
    with pytest.raises(Misconfigured) as caught:
        transport.send(payload(b"report"))
    transport.close()
    assert caught.value.code == "no-common-algorithm"
    assert list(arriving.iterdir()) == []


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_a_server_of_an_old_tls_is_a_matter_of_settings(certificates: Certificates, version: ssl.TLSVersion) -> None:
    old = certificates.context()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = old.maximum_version = version
    assert _refusal(old, certificates) == "tls-refused"


def test_the_same_server_of_tls_1_2_is_spoken_to(certificates: Certificates) -> None:
    fine = certificates.context()
    fine.maximum_version = ssl.TLSVersion.TLSv1_2
    assert _refusal(fine, certificates) is None


def _refusal(context: ssl.SSLContext, certificates: Certificates) -> str | None:
    """The code that a payload is refused with before it leaves; None where it left."""
    with Endpoint.start(context) as endpoint:
        transport = RestTransport(endpoint.settings(ca=str(certificates.ca)))
        try:
            transport.send(payload(b"report"))
        except Misconfigured as refused:
            assert endpoint.requests == []
            return refused.code
        finally:
            transport.close()
        assert len(endpoint.requests) == 1
        return None
