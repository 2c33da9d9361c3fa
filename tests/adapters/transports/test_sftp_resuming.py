"""An upload that was cut goes on where it broke off, on real servers and through a line that really breaks."""

import random
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pytest

from adapters.transports.sftp import uploading
from adapters.transports.sftp.transport import SftpTransport
from hub.contracts import Payload, Spoilt, Unavailable, Uncertain
from sandbox.cutting import Cutting
from tests.conformance.payloads import payload
from tests.servers.openssh import OpenSSH
from tests.servers.proftpd import ProFTPD

WINDOW = 1024 * 1024  # bytes; smaller than as shipped, for the sake of time
VIDEO = random.Random(7).randbytes(3 * WINDOW + 12_345)
CUT = 2 * WINDOW + 400_000  # bytes on the line


@dataclass(frozen=True)
class Far:
    """A directory on a server behind a line that can be cut."""

    arriving: Path
    line: Cutting
    settings: Mapping[str, object]

    @contextmanager
    def transport(self, **others: object) -> Iterator[SftpTransport]:
        with closing(SftpTransport({"resume_over": 500_000, **self.settings, **others})) as transport:
            yield transport

    def cut(self, sent: Payload, **others: object) -> list[str]:
        """One try that is cut in its last third. What is there afterwards."""
        self.line.cuts.append(CUT)
        with self.transport(**others) as transport, pytest.raises((Unavailable, Uncertain)) as caught:
            transport.send(sent)
        assert isinstance(caught.value, Unavailable)
        return self.names()

    def names(self) -> list[str]:
        return sorted(path.name for path in self.arriving.iterdir())


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "WINDOW", WINDOW)


@contextmanager
def _behind(server: OpenSSH | ProFTPD, name: str) -> Iterator[Far]:
    arriving, _ = server.drop(name)
    with Cutting.start(server.port) as line:
        yield Far(arriving, line, {**server.settings(arriving), "port": line.port})


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProFTPD]:
    """ProFTPD as it must be set up for a file to be written to again; it computes digests itself."""
    with ProFTPD.start(tmp_path_factory.mktemp("proftpd"), "AllowOverwrite on\nAllowStoreRestart on") as server:
        yield server


@pytest.fixture(params=["openssh", "lenient"])
def far(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Far]:
    with _behind(request.getfixturevalue(request.param), f"resuming-{tmp_path.name}") as far:
        yield far


@pytest.fixture
def at_openssh(openssh: OpenSSH, tmp_path: Path) -> Iterator[Far]:
    with _behind(openssh, f"resuming-{tmp_path.name}") as far:
        yield far


def test_an_upload_that_was_cut_goes_on_where_it_broke_off(far: Far) -> None:
    sent = payload(VIDEO)
    (part,) = far.cut(sent)
    assert part.startswith(f".{sent.name}.{sent.digest[:16]}")
    with far.transport() as transport:
        assert transport.send(sent).detail == "renamed"
    assert far.names() == [sent.name]
    assert (far.arriving / sent.name).read_bytes() == VIDEO
    assert far.line.sent[1] < len(VIDEO) - 2 * WINDOW + 300_000


def test_it_is_cut_again_and_again_and_comes_to_its_end(far: Far) -> None:
    sent = payload(VIDEO)
    far.line.cuts += [WINDOW + 400_000] * 2
    for _ in range(2):
        with far.transport() as transport, pytest.raises(Unavailable):
            transport.send(sent)
    with far.transport(verify=True) as transport:
        transport.send(sent)
    assert (far.arriving / sent.name).read_bytes() == VIDEO
    assert far.names() == [sent.name]
    assert far.line.sent[2] < len(VIDEO) - WINDOW


def test_a_hole_in_what_was_not_acknowledged_is_written_over(far: Far) -> None:
    """A server that works on several requests at once may have done the later ones first."""
    sent = payload(VIDEO)
    (part,) = far.cut(sent)
    with (far.arriving / part).open("r+b") as file:
        file.seek(2 * WINDOW)
        file.write(b"\0" * 200_000)
    with far.transport() as transport:
        transport.send(sent)
    assert (far.arriving / sent.name).read_bytes() == VIDEO


def test_a_file_that_holds_other_bytes_is_not_gone_on_from(far: Far) -> None:
    sent = payload(VIDEO)
    (part,) = far.cut(sent)
    (far.arriving / part).write_bytes(b"\0" * (2 * WINDOW + 1_000))
    with far.transport() as transport:
        transport.send(sent)
    assert far.names() == [sent.name]
    assert (far.arriving / sent.name).read_bytes() == VIDEO


def test_other_bytes_under_the_same_name_begin_anew(at_openssh: Far) -> None:
    first = payload(VIDEO)
    at_openssh.cut(first)
    second = replace(payload(VIDEO[::-1], name=first.name))
    with at_openssh.transport() as transport:
        transport.send(second)
    assert at_openssh.names() == [first.name]
    assert (at_openssh.arriving / first.name).read_bytes() == VIDEO[::-1]


def test_bytes_that_a_crash_of_the_server_lost_are_found_where_the_file_is_read_back(at_openssh: Far) -> None:
    sent = payload(VIDEO)
    (part,) = at_openssh.cut(sent)
    with (at_openssh.arriving / part).open("r+b") as file:
        file.write(b"\0" * 4096)  # acknowledged, and never on its disk
    with at_openssh.transport(verify=True) as transport:
        with pytest.raises(Unavailable) as caught:
            transport.send(sent)
        assert caught.value.code == "resumed-differs"
        assert at_openssh.names() == []
        transport.send(sent)
    assert (at_openssh.arriving / sent.name).read_bytes() == VIDEO


def test_where_the_server_computes_digests_such_a_loss_is_always_found(lenient: ProFTPD, tmp_path: Path) -> None:
    with _behind(lenient, f"resuming-{tmp_path.name}") as far:
        sent = payload(VIDEO)
        (part,) = far.cut(sent)
        with (far.arriving / part).open("r+b") as file:
            file.write(b"\0" * 4096)
        with far.transport() as transport:
            transport.send(sent)
        assert (far.arriving / sent.name).read_bytes() == VIDEO


def test_a_small_payload_begins_anew(at_openssh: Far) -> None:
    sent = payload(VIDEO)
    at_openssh.cut(sent)
    with at_openssh.transport(resume_over=len(VIDEO)) as transport:
        transport.send(sent)
    assert at_openssh.names() == [sent.name]
    assert at_openssh.line.sent[1] > len(VIDEO)


@pytest.mark.parametrize(
    "directives", ["", "<Directory />\n<Limit DELE>\nDenyAll\n</Limit>\n</Directory>"], ids=["as shipped", "a drop box"]
)
def test_a_server_that_lets_nothing_be_written_to_again_delays_nobody(tmp_path: Path, directives: str) -> None:
    with ProFTPD.start(tmp_path, directives) as server, _behind(server, "strict") as far:
        sent = payload(VIDEO)
        (orphan,) = far.cut(sent)
        with far.transport() as transport:
            assert transport.send(sent).detail == "renamed"
        assert (far.arriving / sent.name).read_bytes() == VIDEO
        assert far.names() == ([orphan, sent.name] if directives else [sent.name])


def test_a_directory_that_cannot_be_listed_begins_anew(tmp_path: Path) -> None:
    with OpenSSH.start(tmp_path, deny=("opendir",)) as server, _behind(server, "unlisted") as far:
        sent = payload(VIDEO)
        (orphan,) = far.cut(sent)
        with far.transport() as transport:
            transport.send(sent)
        assert far.names() == [orphan, sent.name]


def test_a_spoilt_payload_leaves_nothing_behind_and_the_session_goes_on(at_openssh: Far) -> None:
    class Breaks(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 2 * WINDOW:
                raise Spoilt("attachment-damaged", "a.mp4")
            return super().read(size)

    sent = payload(VIDEO)
    with at_openssh.transport() as transport:
        with pytest.raises(Spoilt):
            transport.send(replace(sent, open=lambda: Breaks(VIDEO)))
        assert at_openssh.names() == []
        transport.send(payload(b"the next"))
    assert len(at_openssh.line.sent) == 1
