"""The SFTP source keeps its promises, on OpenSSH: a file for each submission, and many in one file."""

import itertools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from adapters.sources.sftp import SftpSource
from hub.contracts import SourceUnavailable
from tests.conformance.sources import IDS, SourcePromises, SourceSubject, submission
from tests.conformance.test_folder import attach
from tests.servers.openssh import OpenSSH


@pytest.fixture
def intake(openssh: OpenSSH, tmp_path_factory: pytest.TempPathFactory) -> Path:
    del openssh
    return tmp_path_factory.mktemp("intake")


def _source(openssh: OpenSSH, intake: Path, **others: object) -> SftpSource:
    return SftpSource(openssh.settings(intake, settle_seconds=0, **others))


def _left(intake: Path) -> int:
    return sum(path.is_file() for path in intake.rglob("*"))


class TestSftpSource(SourcePromises):
    adapter = "sftp"

    @pytest.fixture
    def subject(self, openssh: OpenSSH, intake: Path) -> Iterator[SourceSubject]:
        numbers, made = itertools.count(), list[SftpSource]()

        def arrive(body: bytes, attachments: Mapping[str, bytes]) -> None:
            attach(intake, body, attachments)
            number = next(numbers)
            part = intake / f".{number}.part"
            part.write_bytes(body)
            os.utime(part, (0, number))
            part.rename(intake / f"{9 - number % 10}.json")  # by name they would come the other way round

        def make() -> SftpSource:
            made.append(_source(openssh, intake))
            return made[-1]

        yield SourceSubject(make=make, arrive=arrive, left=lambda: _left(intake))
        for source in made:
            source.close()


def test_a_file_of_many_goes_with_its_last_submission(openssh: OpenSSH, intake: Path) -> None:
    bodies = [submission(one) for one in IDS]
    (intake / "all.ndjson").write_bytes(b"\n".join(bodies))
    source = _source(openssh, intake)
    read = list(source.submissions())
    assert [one.body for one in read] == bodies
    assert [one.name for one in read][:2] == ["all.ndjson:1", "all.ndjson:2"]
    source.settle(read[:-1])
    assert _left(intake) == 1
    source.settle(read[-1:])
    assert _left(intake) == 0
    source.close()


def test_a_file_that_is_still_being_written_is_left_for_the_next_pass(openssh: OpenSSH, intake: Path) -> None:
    (intake / "whole.json").write_bytes(submission(IDS[0]))
    (intake / "growing.json").write_bytes(b'{"submissionId": ')

    def meanwhile(seconds: float) -> None:
        assert seconds == 3
        with (intake / "growing.json").open("ab") as file:
            file.write(b'"more to come')

    source = SftpSource(openssh.settings(intake, settle_seconds=3), sleep=meanwhile)
    assert [one.name for one in source.submissions()] == ["whole.json"]
    source.close()


def test_what_takes_a_name_before_its_file_is_deleted_is_another_arrival_and_stays(openssh: OpenSSH, intake: Path) -> None:
    (intake / "a.json").write_bytes(submission(IDS[0]))
    source = _source(openssh, intake)
    read = source.submissions()
    first = next(read)
    (intake / "a.json").write_bytes(submission(IDS[1], more="bytes"))
    source.settle([first])
    assert list(read) == []
    source.close()
    again = _source(openssh, intake)
    (second,) = again.submissions()
    assert second.body == submission(IDS[1], more="bytes")
    again.close()


def test_what_is_too_large_can_be_read_in_pieces(openssh: OpenSSH, intake: Path) -> None:
    body = submission(IDS[0], text="x" * 200_000)
    (intake / "a.ndjson").write_bytes(submission(IDS[1]) + b"\n" + body + b"\n")
    source = _source(openssh, intake, largest=1_000)
    small, large = source.submissions()
    assert (small.body, large.body) == (submission(IDS[1]), b"")
    assert large.oversize is not None
    with large.oversize() as stream:
        assert stream.read() == body + b"\n"
    source.close()


def test_a_link_out_of_the_intake_and_a_name_that_cannot_be_shown_are_left_alone(openssh: OpenSSH, intake: Path) -> None:
    (intake / "a.json").symlink_to("/etc/passwd")
    (intake / "b\n.json").write_bytes(submission(IDS[0]))
    source = _source(openssh, intake)
    assert list(source.submissions()) == []
    source.close()


def test_a_server_that_is_not_there_or_is_another_says_so(openssh: OpenSSH, intake: Path) -> None:
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    for settings, code in ({"port": 1}, "connection-refused"), ({"host_key": other}, "host-key-differs"):
        source = SftpSource({**openssh.settings(intake, settle_seconds=0), **settings})
        with pytest.raises(SourceUnavailable, match=f"{code}; nothing was let go"):
            list(source.submissions())
    missing = _source(openssh, intake / "nowhere")
    with pytest.raises(SourceUnavailable, match="no-such-directory"):
        list(missing.submissions())
    missing.close()
