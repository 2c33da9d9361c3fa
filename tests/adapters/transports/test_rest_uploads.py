"""An attachment that was cut goes on where it broke off, at the stand-ins and at far ends that know nothing of it."""

import random
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from adapters.transports.rest.answers import Answer
from adapters.transports.rest.transport import RestTransport
from adapters.transports.rest.uploads import begun
from adapters.transports.sftp import uploading
from adapters.transports.sftp.transport import SftpTransport
from hub.contracts import Absent, Found, Payload, Refused, Spoilt, Unavailable, Uncertain
from hub.words import PayloadKind
from sandbox.cutting import Cutting
from sandbox.holdings import STANDS, store_of
from sandbox.stand_ins import StandIns
from sandbox.stands import write_stands
from tests.adapters.transports.of_many import WAYS
from tests.adapters.transports.stand_in_routes import FAR_ENDS
from tests.conformance.payloads import payload
from tests.sandbox.conftest import eventually
from tests.sandbox.far_ends import reached
from tests.servers.endpoint import Endpoint, Scripted

VIDEO = random.Random(7).randbytes(3_000_000)
CUT = 2_000_000  # bytes on the line


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    folder = tmp_path_factory.mktemp("uploads")
    write_stands(folder / STANDS, list(FAR_ENDS.values()))
    with StandIns(folder, None) as stand_ins:
        yield stand_ins


@dataclass(frozen=True)
class Far:
    """A REST stand-in behind a line that can be cut."""

    stand_ins: StandIns
    line: Cutting
    settings: Mapping[str, Any]
    way: type[RestTransport]  # alone, or as one of many

    @contextmanager
    def transport(self, resume_over: int = 1_000_000) -> Iterator[RestTransport]:
        with closing(self.way({**self.settings, "attachments": {"resume_over": resume_over}})) as transport:
            yield transport

    def cut(self, sent: Payload) -> None:
        """One try that is cut in its last third."""
        self.line.cuts.append(CUT)
        with self.transport(len(VIDEO)) as transport, pytest.raises(Uncertain):
            transport.send(sent)
        assert eventually(lambda: self.beginnings() != [])

    def beginnings(self) -> list[Path]:
        folder = store_of(self.stand_ins.folder, FAR_ENDS["rest"]) / "attachments"
        return sorted(folder.glob("*.begun"))

    def held(self, sent: Payload) -> list[bytes]:
        payloads = self.stand_ins.holdings()["essex", "rs"].payloads
        return [one.read() for one in payloads if one.key == sent.key]


@pytest.fixture(params=WAYS)
def far(request: pytest.FixtureRequest, stand_ins: StandIns) -> Iterator[Far]:
    settings = reached(stand_ins, FAR_ENDS["rest"])
    at = urlsplit(settings["url"])
    with Cutting.start(at.port or 0) as line:
        url = at._replace(netloc=f"127.0.0.1:{line.port}").geturl()
        yield Far(stand_ins, line, {**settings, "url": url}, request.param)


def video(body: bytes = VIDEO) -> Payload:
    return payload(body, PayloadKind.ATTACHMENT)


def test_an_attachment_that_was_cut_goes_on_where_it_broke_off(far: Far) -> None:
    sent = video()
    far.cut(sent)
    here = far.beginnings()[0].stat().st_size
    with far.transport() as transport:
        assert transport.find(sent) == Absent()
        assert transport.send(sent).detail == "http-201"
        assert isinstance(transport.find(sent), Found)
    assert far.held(sent) == [VIDEO]
    assert far.beginnings() == []
    assert here > 32_768
    assert len(VIDEO) - here < far.line.sent[1] < len(VIDEO) - here + 5_000


def test_a_beginning_that_is_damaged_is_begun_anew(far: Far) -> None:
    sent = video()
    far.cut(sent)
    (beginning,) = far.beginnings()
    with beginning.open("r+b") as file:
        file.write(b"\0" * 100)
    with far.transport() as transport:
        assert transport.send(sent).detail == "http-201"
    assert far.held(sent) == [VIDEO]


def test_a_small_attachment_begins_anew_and_nobody_is_asked(far: Far) -> None:
    sent = video()
    far.cut(sent)
    with far.transport(len(VIDEO)) as transport:
        transport.send(sent)
    assert far.held(sent) == [VIDEO]
    assert far.line.sent[1] > len(VIDEO)


def test_one_that_the_far_end_holds_already_is_not_taken_twice(far: Far) -> None:
    sent = video()
    with far.transport() as transport:
        assert [transport.send(sent).detail for _ in range(2)] == ["http-201", "http-200"]
    assert far.held(sent) == [VIDEO]


def test_a_spoilt_attachment_never_arrives_whole(far: Far) -> None:
    class Breaks(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > CUT:
                raise Spoilt("attachment-damaged", "a.mp4")
            return super().read(size)

    sent = video()
    with far.transport() as transport:
        with pytest.raises(Spoilt):
            transport.send(replace(sent, open=lambda: Breaks(VIDEO)))
        assert transport.find(sent) == Absent()
        transport.send(sent)
    assert far.held(sent) == [VIDEO]


def test_at_a_far_end_that_knows_nothing_of_it_an_attachment_begins_anew() -> None:
    with Endpoint.start() as endpoint, closing(RestTransport({"url": endpoint.url, "attachments": {"resume_over": 10}})) as transport:
        sent = video(b"a small video")
        transport.send(sent)
        assert [(request.method, request.body) for request in endpoint.requests] == [("HEAD", b""), ("PUT", b"a small video")]


@pytest.mark.parametrize("status", [400, 404, 405, 409, 415, 422])
def test_a_refusal_of_the_rest_is_no_refusal_of_the_whole(status: int) -> None:
    half = Scripted(204, {"Upload-Complete": "?0", "Upload-Offset": "5"})
    with Endpoint.start() as endpoint, closing(RestTransport({"url": endpoint.url, "attachments": {"resume_over": 10}})) as transport:
        endpoint.script += [half, Scripted(status)]
        transport.send(video(b"a small video"))
        assert [(one.method, one.body) for one in endpoint.requests] == [
            ("HEAD", b""),
            ("PATCH", b"ll video"),
            ("PUT", b"a small video"),
        ]
        endpoint.script += [half, Scripted(status), Scripted(422)]
        with pytest.raises(Refused):
            transport.send(video(b"another video"))


@pytest.mark.parametrize(("status", "raised"), [(503, Unavailable), (500, Uncertain)])
def test_a_far_end_that_is_not_well_when_the_rest_comes_says_the_same_as_ever(status: int, raised: type[Exception]) -> None:
    half = Scripted(204, {"Upload-Complete": "?0", "Upload-Offset": "5"})
    with Endpoint.start() as endpoint, closing(RestTransport({"url": endpoint.url, "attachments": {"resume_over": 10}})) as transport:
        endpoint.script += [half, Scripted(status)]
        with pytest.raises(raised):
            transport.send(video(b"a small video"))


@pytest.mark.parametrize(
    ("status", "headers", "offset"),
    [
        (204, {"upload-complete": "?0", "upload-offset": "7"}, 7),
        (200, {"upload-complete": "?0", "upload-offset": "7"}, 7),
        (204, {"upload-complete": "?1", "upload-offset": "7"}, None),
        (204, {"upload-offset": "7"}, None),
        (404, {"upload-complete": "?0", "upload-offset": "7"}, None),
        *[(204, {"upload-complete": "?0", "upload-offset": hostile}, None) for hostile in ("", "-1", "7.5", "²", "9" * 5000)],
    ],
)
def test_only_a_plain_number_is_how_far_it_has_come(status: int, headers: Mapping[str, str], offset: int | None) -> None:
    assert begun(Answer(status, headers, b"")) == offset


def test_an_upload_to_the_sftp_stand_in_goes_on_too(stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "WINDOW", 512 * 1024)
    stand = FAR_ENDS["sftp"]
    settings = {**reached(stand_ins, stand), "directory": stand.directory, "resume_over": 1_000_000}
    sent = payload(VIDEO, PayloadKind.ATTACHMENT, "0f8fad5b-d9cb-469f-a165-70867728950e.1.mp4")
    with Cutting.start(settings["port"]) as line:
        line.cuts.append(CUT)
        with closing(SftpTransport({**settings, "port": line.port})) as transport:
            with pytest.raises(Unavailable):
                transport.send(sent)
            assert transport.send(sent).detail == "renamed"
        assert line.sent[1] < len(VIDEO) - CUT + 900_000

    def arrived() -> list[bytes]:
        return [one.read() for one in stand_ins.holdings()["kent", "rs"].payloads if one.key == sent.name]

    assert eventually(lambda: arrived() == [VIDEO])
