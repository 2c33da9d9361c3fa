"""The folder source: what is whole, what is hostile, and what is let go when."""

import os
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.sources.folder import FolderSource
from hub.contracts import SourceUnavailable, Submission
from tests.conformance.sources import IDS, submission

NOW = 1_000_000.0


@pytest.fixture
def intake(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def source(intake: Path) -> FolderSource:
    return made(intake)


def made(intake: Path, **others: object) -> FolderSource:
    return FolderSource({"path": intake, "settle_seconds": 0, **others})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def attach(intake: Path, submission_id: str, **files: bytes) -> Path:
    folder = intake / "attachments" / submission_id
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


# --- what is picked up, and when


def test_only_whole_submissions_are_read(source: FolderSource, intake: Path) -> None:
    (intake / "a.json").write_bytes(b"1")
    for other in (".b.json", "c.json.part", "d.json.tmp", "e.part", "f.tmp", "g.txt", "expected"):
        (intake / other).write_bytes(b"x")
    (intake / "h.json").mkdir()
    (intake / "i.json").symlink_to(intake / "g.txt")
    os.mkfifo(intake / "j.json")
    assert [(one.name, one.body) for one in source.submissions()] == [("a.json", b"1")]


def test_a_file_is_left_alone_until_it_has_settled(intake: Path) -> None:
    for name, age in (("fresh.json", 1), ("settled.json", 3), ("exactly.json", 2), ("ahead.json", -3_600), ("just-ahead.json", -1)):
        (intake / name).write_bytes(name.encode())
        os.utime(intake / name, (NOW - age, NOW - age))
    source = FolderSource({"path": intake}, now=lambda: NOW)
    assert [one.name for one in source.submissions()] == ["settled.json", "exactly.json", "ahead.json"]


def test_the_oldest_file_comes_first_then_the_name_decides(source: FolderSource, intake: Path) -> None:
    for name, moment in (("a.json", 3), ("c.json", 1), ("b.json", 1), ("d.ndjson", 2)):
        (intake / name).write_bytes(b"{}")
        os.utime(intake / name, ns=(moment, moment))
    assert [one.name for one in source.submissions()] == ["b.json", "c.json", "d.ndjson:1", "a.json"]


def test_a_source_that_may_not_take_long_begins_with_the_oldest_and_ends_with_a_whole_file(intake: Path) -> None:
    for name, moment in (("a.ndjson", 1), ("b.ndjson", 2), ("c.json", 3)):
        (intake / name).write_bytes(b"{}\n" * 3)
        os.utime(intake / name, ns=(moment, moment))
    source = FolderSource({"path": intake, "begin_for": 0.2}, now=lambda: NOW)
    came = source.submissions()
    names = [next(came).name]
    time.sleep(0.25)
    assert names + [one.name for one in came] == ["a.ndjson:1", "a.ndjson:2", "a.ndjson:3"]


def test_a_live_source_has_files_of_one_submission_alone_and_begins_with_the_newest(intake: Path) -> None:
    for name, moment in (("a.ndjson", 4), ("b.json", 1), ("c.json", 3), (".d.json", 5)):
        (intake / name).write_bytes(b"{}")
        os.utime(intake / name, ns=(moment, moment))
    source = FolderSource({"path": intake, "live": True}, now=lambda: NOW)
    assert [one.name for one in source.submissions()] == ["c.json", "b.json"]


def test_a_file_that_grows_while_it_is_read_is_left_for_the_next_time(
    source: FolderSource, intake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (intake / "a.json").write_bytes(b"{")
    really = os.lstat

    def lstat(path: str) -> os.stat_result:  # after it was read
        monkeypatch.undo()
        with (intake / "a.json").open("ab") as writer:
            writer.write(b"}")
        return really(path)

    monkeypatch.setattr(os, "lstat", lstat)
    assert list(source.submissions()) == []
    assert [one.body for one in source.submissions()] == [b"{}"]


def test_a_file_that_comes_in_pieces_is_read_whole(source: FolderSource, intake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (intake / "a.json").write_bytes(b"{" + b" " * 100_000)
    really = os.read

    def read(descriptor: int, size: int) -> bytes:  # a file system may give less than it was asked for
        return really(descriptor, min(size, 4096))

    monkeypatch.setattr(os, "read", read)
    (one,) = source.submissions()
    assert one.body == b"{" + b" " * 100_000


def test_a_name_that_is_no_text_can_be_stored_and_settled(source: FolderSource, intake: Path) -> None:
    (Path(os.fsdecode(os.fsencode(intake) + b"/\xff\xfe\n.json"))).write_bytes(b"{}")
    (read,) = source.submissions()
    assert read.name == "\\xff\\xfe\n.json"
    assert read.arrival.encode()
    source.settle([read])
    assert names(intake) == []


# --- what is hostile


def test_a_submission_that_is_too_large_is_read_in_pieces_and_costs_no_memory(intake: Path) -> None:
    with (intake / "a.json").open("wb") as file:
        file.truncate(100_000_000)
    source = made(intake)
    tracemalloc.start()
    (read,) = source.submissions()
    assert (read.body, read.fault) == (b"", None)
    assert read.oversize is not None
    with read.oversize() as stream:
        size = sum(len(chunk) for chunk in iter(lambda: stream.read(65_536), b""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 100_000_000
    assert peak < 1_000_000
    source.settle([read])
    assert names(intake) == []


def test_a_line_that_is_too_large_hides_no_other(intake: Path) -> None:
    small, large = submission(IDS[0]), b"x" * 3_000_000
    (intake / "a.ndjson").write_bytes(b"\n".join([small, large, submission(IDS[1]), large]))
    source = made(intake, largest=1_000_000)
    tracemalloc.start()
    read = list(source.submissions())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [one.body for one in read] == [small, b"", submission(IDS[1]), b""]
    assert peak < 5_000_000
    for one in (read[1], read[3]):
        assert one.oversize is not None
        with one.oversize() as stream:
            assert stream.read().strip() == large
    source.settle(read)
    assert names(intake) == []


@pytest.mark.parametrize("size", [999, 1000, 1001])
@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_the_limit_is_the_submissions_own_and_not_its_line_breaks(intake: Path, size: int, ending: bytes) -> None:
    (intake / "a.ndjson").write_bytes(b"x" * size + ending)
    (read,) = made(intake, largest=1000).submissions()
    assert len(read.body) == (size if size <= 1000 else 0)
    assert (read.oversize is None) == (size <= 1000)


def test_a_line_that_begins_with_more_blanks_than_are_read_is_not_skipped(intake: Path) -> None:
    (intake / "a.ndjson").write_bytes(b" " * 5_000 + submission(IDS[0]))
    (read,) = made(intake, largest=1_000).submissions()
    assert read.oversize is not None


def test_what_was_replaced_while_it_was_read_in_pieces_is_told(intake: Path) -> None:
    (intake / "a.json").write_bytes(b"x" * 2_000)
    (read,) = made(intake, largest=1_000).submissions()
    (intake / "other").write_bytes(b"y" * 2_000)
    (intake / "other").rename(intake / "a.json")
    assert read.oversize is not None
    with pytest.raises(SourceUnavailable):
        read.oversize()


def test_deep_nesting_is_handed_on_as_it_is(source: FolderSource, intake: Path) -> None:
    attach(intake, IDS[0], **{"a.jpg": b"jpeg"})
    body = b'{"submissionId": "' + IDS[0].encode() + b'", "a": ' + b"[" * 1_000_000
    (intake / "a.json").write_bytes(body)
    (read,) = source.submissions()
    assert read.body == body
    assert read.attachments == {}


def test_a_folder_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="is not there: create it"):
        list(made(tmp_path / "nowhere").submissions())
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceUnavailable, match="is no folder"):
        list(made(tmp_path / "file").submissions())


@contextmanager
def without_rights() -> Iterator[None]:
    """As somebody who owns nothing here: root may read everything, so it becomes nobody for a while."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(was)


@pytest.fixture
def open_intake() -> Iterator[Path]:
    """An intake that everybody may enter: pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_file_without_permission_is_told_and_stays_and_hides_no_other(open_intake: Path) -> None:
    (open_intake / "a.json").write_bytes(b"secret")
    (open_intake / "a.json").chmod(0)
    (open_intake / "b.json").write_bytes(b"{}")
    source = made(open_intake)
    with without_rights():
        first, second = source.submissions()
        assert [one.arrival for one in source.submissions()] == [first.arrival, second.arrival]
    assert (first.name, first.fault, first.body) == ("a.json", "not-readable", b"")
    assert (second.name, second.fault) == ("b.json", None)
    source.settle([first, second])
    assert names(open_intake) == ["a.json"]


def test_an_attachment_without_permission_keeps_its_submission_where_it_is(open_intake: Path) -> None:
    folder = attach(open_intake, IDS[0], **{"a.jpg": b"jpeg"})
    (folder / "a.jpg").chmod(0)
    (open_intake / "a.json").write_bytes(submission(IDS[0]))
    source = made(open_intake)
    with without_rights():
        (read,) = source.submissions()
    assert (read.fault, read.body) == ("not-readable", b"")
    source.settle([read])
    assert names(open_intake) == ["a.json", "attachments"]


def test_a_folder_without_permission_is_told(open_intake: Path) -> None:
    (open_intake / "in").mkdir(mode=0o700)
    (open_intake / "in").chmod(0)
    with without_rights(), pytest.raises(SourceUnavailable, match="both rights"):
        list(made(open_intake / "in").submissions())


def test_a_folder_from_which_nothing_may_be_deleted_is_told(open_intake: Path) -> None:
    (open_intake / "a.json").write_bytes(b"{}")
    open_intake.chmod(0o555)
    source = made(open_intake)
    with without_rights():
        read = list(source.submissions())
        with pytest.raises(SourceUnavailable, match="both rights"):
            source.settle(read)
        assert [one.arrival for one in source.submissions()] == [one.arrival for one in read]
    open_intake.chmod(0o755)


# --- attachments


def test_an_attachments_name_never_becomes_a_path(source: FolderSource, intake: Path) -> None:
    folder = attach(intake, IDS[0], **{"a.jpg": b"jpeg", "..hidden": b"x"})
    (folder / "link.jpg").symlink_to("/etc/hostname")
    (folder / "deeper").mkdir()
    os.mkfifo(folder / "pipe")
    (intake / "a.json").write_bytes(submission(IDS[0]))
    (read,) = source.submissions()
    assert sorted(read.attachments) == ["..hidden", "a.jpg"]


@pytest.mark.parametrize("submission_id", ["..", ".", "../..", "/etc", "", "x/../y"])
def test_a_submissions_id_never_becomes_a_path(source: FolderSource, intake: Path, submission_id: str) -> None:
    attach(intake, IDS[0], **{"a.jpg": b"jpeg"})
    (intake / "a.json").write_bytes(submission(submission_id))
    (read,) = source.submissions()
    assert read.attachments == {}
    source.settle([read])
    assert (intake / "attachments" / IDS[0] / "a.jpg").exists()


def test_an_attachments_folder_that_is_a_link_is_none(source: FolderSource, intake: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "a.jpg").write_bytes(b"jpeg")
    (intake / "attachments").mkdir()
    (intake / "attachments" / IDS[0]).symlink_to(elsewhere)
    (intake / "a.json").write_bytes(submission(IDS[0]))
    (read,) = source.submissions()
    assert read.attachments == {}
    source.settle([read])
    assert names(elsewhere) == ["a.jpg"]


def test_a_submission_that_mentions_another_gets_nothing_of_it(source: FolderSource, intake: Path) -> None:
    attach(intake, IDS[0], **{"a.jpg": b"jpeg"})
    (intake / "a.json").write_bytes(submission(IDS[1], digitalReport={"submissionId": IDS[0]}))
    (read,) = source.submissions()
    assert read.attachments == {}
    source.settle([read])
    assert (intake / "attachments" / IDS[0] / "a.jpg").exists()


def test_an_attachment_that_became_a_link_is_not_opened(source: FolderSource, intake: Path) -> None:
    folder = attach(intake, IDS[0], **{"a.jpg": b"jpeg"})
    (intake / "a.json").write_bytes(submission(IDS[0]))
    (read,) = source.submissions()
    (folder / "a.jpg").unlink()
    (folder / "a.jpg").symlink_to("/etc/hostname")
    with pytest.raises(FileNotFoundError):
        read.attachments["a.jpg"]()


def test_attachments_that_were_sent_anew_stay_for_the_new_submission(source: FolderSource, intake: Path) -> None:
    folder = attach(intake, IDS[0], **{"a.jpg": b"first", "b.jpg": b"second"})
    (intake / "a.json").write_bytes(submission(IDS[0]))
    (read,) = source.submissions()
    for opened in read.attachments.values():
        opened().close()
    (folder / "new").write_bytes(b"sent anew")
    (folder / "new").rename(folder / "a.jpg")
    source.settle([read])
    assert names(folder) == ["a.jpg"]


@pytest.mark.parametrize("beside", [{}, {"b.jpg": b"second"}])
def test_an_attachment_on_its_way_out_when_a_hub_ends_goes_with_its_submission(
    source: FolderSource, intake: Path, monkeypatch: pytest.MonkeyPatch, beside: dict[str, bytes]
) -> None:
    attach(intake, IDS[0], **{"a.jpg": b"first"})
    (intake / "a.json").write_bytes(submission(IDS[0]))
    (read,) = source.submissions()
    read.attachments["a.jpg"]().close()
    folder = attach(intake, IDS[0], **beside)
    with monkeypatch.context() as patch:
        patch.setattr("adapters.sources.files.put_right", _ends)
        with pytest.raises(KeyboardInterrupt):
            source.settle([read])
    assert [name.endswith(".jpg.leaving") for name in names(folder) if name not in beside] == [True]

    another = made(intake)
    (again,) = another.submissions()
    assert (again.arrival, again.attachments.keys(), names(folder)) == (read.arrival, beside.keys(), list(beside))
    for opened in again.attachments.values():
        opened().close()
    another.settle([again])
    assert (names(intake), names(intake / "attachments")) == (["attachments"], [])


def _ends(_: object) -> None:
    raise KeyboardInterrupt


def test_what_took_an_attachments_place_as_it_left_is_put_back(source: FolderSource, intake: Path) -> None:
    folder = attach(intake, IDS[0], **{".1-2.jpg.leaving": b"another"})
    (intake / "a.json").write_bytes(submission(IDS[0]))
    list(source.submissions())
    (restored,) = folder.iterdir()
    assert (restored.name[:9], restored.suffix, restored.read_bytes()) == ("restored-", ".jpg", b"another")


def test_an_attachment_that_was_sent_under_such_a_name_is_one(source: FolderSource, intake: Path) -> None:
    attach(intake, IDS[0], **{"b.leaving": b"first", ".c.leaving": b"second"})
    (intake / "a.json").write_bytes(submission(IDS[0]))
    (read,) = source.submissions()
    assert sorted(read.attachments) == [".c.leaving", "b.leaving"]


# --- letting go


def test_a_file_that_took_the_name_since_is_another_arrival_and_stays(source: FolderSource, intake: Path) -> None:
    (intake / "a.json").write_bytes(b"first")
    read = list(source.submissions())
    (intake / "b").write_bytes(b"second")
    (intake / "b").rename(intake / "a.json")
    source.settle(read)
    assert (intake / "a.json").read_bytes() == b"second"


def test_a_file_of_many_goes_with_its_last_line(source: FolderSource, intake: Path) -> None:
    (intake / "a.ndjson").write_bytes(b"\n".join(submission(one) for one in IDS[:3]) + b"\n\n  \r\n")
    read = list(source.submissions())
    assert [one.body for one in read] == [submission(one) for one in IDS[:3]]
    for one in read[:2]:
        source.settle([one, one])
        assert names(intake) == ["a.ndjson"]
    source.settle(read[2:])
    assert names(intake) == []


def test_a_file_of_many_that_was_not_read_to_its_end_stays(source: FolderSource, intake: Path) -> None:
    (intake / "a.ndjson").write_bytes(b"\n".join(submission(one) for one in IDS[:3]))
    reading = source.submissions()
    first = next(reading)
    reading.close()  # type: ignore[attr-defined]  # it is a generator
    source.settle([first])
    assert names(intake) == ["a.ndjson"]
    again = list(made(intake).submissions())
    assert again[0].arrival == first.arrival
    assert len(again) == 3


def test_a_file_of_many_to_which_a_line_was_added_is_read_again(source: FolderSource, intake: Path) -> None:
    (intake / "a.ndjson").write_bytes(submission(IDS[0]) + b"\n")
    read = list(source.submissions())
    with (intake / "a.ndjson").open("ab") as file:
        file.write(submission(IDS[1]) + b"\n")
    source.settle(read)
    assert [one.body for one in source.submissions()] == [submission(IDS[0]), submission(IDS[1])]


def test_a_file_of_many_without_any_goes(source: FolderSource, intake: Path) -> None:
    (intake / "a.ndjson").write_bytes(b"\n \n")
    assert list(source.submissions()) == []
    assert names(intake) == []


def test_a_file_of_many_is_read_as_a_stream(source: FolderSource, intake: Path) -> None:
    line = submission(IDS[0], text="x" * 1_000)
    with (intake / "a.ndjson").open("wb") as file:
        for _ in range(20_000):
            file.write(line + b"\n")
    tracemalloc.start()
    seen = 0
    for read in source.submissions():
        seen += 1
        source.settle([read])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == 20_000
    assert peak < 2_000_000
    assert names(intake) == []


def test_files_that_vanish_while_it_reads_are_skipped(source: FolderSource, intake: Path) -> None:
    for number in range(4):
        (intake / f"{number}.json").write_bytes(b"{}")
        os.utime(intake / f"{number}.json", ns=(number, number))
    reading = source.submissions()
    next(reading)
    (intake / "1.json").unlink()
    (intake / "2.json").unlink()
    (intake / "2.json").mkdir()
    assert [one.name for one in reading] == ["3.json"]


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
def test_a_file_that_another_worker_lets_go_of_as_it_is_opened_is_no_second_arrival(
    source: FolderSource, intake: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (intake / name).write_bytes(b"{}")
    theirs = made(intake)
    taken = list(theirs.submissions())
    really = os.fstat

    def fstat(descriptor: int) -> os.stat_result:  # the other is faster: its new name for the file is a change of it
        (intake / name).rename(intake / f".{name}.leaving")
        monkeypatch.undo()
        return really(descriptor)

    monkeypatch.setattr(os, "fstat", fstat)
    assert list(source.submissions()) == []
    assert len(taken) == 1


def test_a_writer_beside_it_loses_nothing(source: FolderSource, intake: Path) -> None:
    total, done = 300, threading.Event()

    def write() -> None:
        for number in range(total):
            (intake / f".{number}").write_bytes(str(number).encode())
            (intake / f".{number}").rename(intake / f"{number}.json")
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[Submission] = []
    finished = False
    while not finished:
        finished = done.is_set()
        read = list(source.submissions())
        source.settle(read)
        seen += read
    writer.join()
    assert sorted(int(one.body) for one in seen) == list(range(total))
    assert names(intake) == []
