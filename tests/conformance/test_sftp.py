"""The SFTP transport keeps its promises: against OpenSSH, one that offers less, ProFTPD, and a third server."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import orjson
import pytest

from adapters.registry import make_transport
from hub.contracts import Payload
from tests.conformance.transports import Acknowledges, Finds, Lists, SendsTogether, Streams, TransportSubject
from tests.servers.awkward import Awkward
from tests.servers.openssh import OpenSSH, free_port
from tests.servers.proftpd import ProFTPD


def subject_of(settings: Mapping[str, object], arriving: Path, answering: Path) -> TransportSubject:
    """The kit's view of a server whose directories lie here."""

    def held(payload: Payload) -> Sequence[bytes]:
        return [path.read_bytes() for path in arriving.iterdir() if payload.name in path.name]

    def acknowledge(said: Sequence[Mapping[str, object]]) -> None:
        number = len(list(answering.iterdir()))
        part = answering / f".{number}.part"
        part.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in said))
        part.rename(answering / f"{number}.ack.json")

    return TransportSubject(
        make=lambda: make_transport("sftp", settings),
        unreachable=lambda: make_transport("sftp", {**settings, "port": free_port()}),
        held=held,
        acknowledge=acknowledge,
    )


class TestSftpOnOpenSSH(Finds, Lists, Acknowledges, Streams, SendsTogether):
    adapter = "sftp"

    @pytest.fixture
    def subject(self, openssh: OpenSSH, tmp_path: Path) -> TransportSubject:
        arriving, answering = openssh.drop(tmp_path.name)
        return subject_of(openssh.settings(arriving, acknowledgements=str(answering)), arriving, answering)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSSH]:
    """OpenSSH that knows the plain rename alone, which replaces nothing."""
    with OpenSSH.start(tmp_path_factory.mktemp("plain"), deny=("posix-rename",)) as server:
        yield server


class TestSftpOnOpenSSHWithoutPosixRename(Finds, Acknowledges, Streams, SendsTogether):
    adapter = "sftp"

    @pytest.fixture
    def subject(self, server: OpenSSH, tmp_path: Path) -> TransportSubject:
        arriving, answering = server.drop(tmp_path.name)
        return subject_of(server.settings(arriving, acknowledgements=str(answering)), arriving, answering)


class TestSftpOnProFTPD(Finds, Lists, Acknowledges, Streams, SendsTogether):
    adapter = "sftp"

    @pytest.fixture
    def subject(self, proftpd: ProFTPD, tmp_path: Path) -> TransportSubject:
        arriving, answering = proftpd.drop(tmp_path.name)
        return subject_of(proftpd.settings(arriving, acknowledgements=str(answering)), arriving, answering)


class TestSftpOnAsyncssh(Finds, Lists, Acknowledges, Streams, SendsTogether):
    adapter = "sftp"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Iterator[TransportSubject]:
        with Awkward.start(tmp_path) as server:
            yield subject_of(server.settings(), server.home / "in", server.home / "out")
