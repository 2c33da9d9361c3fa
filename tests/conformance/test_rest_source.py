"""The REST source keeps its promises: a feed with a bookmark that survives a crash."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.sources import rest
from adapters.sources.rest import RestSource
from hub.contracts import SourceUnavailable
from tests.conformance.sources import IDS, SourcePromises, SourceSubject, submission
from tests.servers.feed import KEY, Feed


@dataclass
class Kept:
    """A bookmark that outlives the source."""

    value: str | None = None

    def read(self) -> str | None:
        return self.value

    def write(self, value: str) -> None:
        self.value = value

    @property
    def entry(self) -> str | None:
        """The entry that it names, whichever feed it is of."""
        return self.value and self.value.rpartition("#")[2]


@pytest.fixture
def feed() -> Iterator[Feed]:
    with Feed.start() as feed:
        yield feed


@pytest.fixture
def source(feed: Feed, key: str) -> Iterator[RestSource]:
    source = RestSource({"url": feed.url, "api_key": key}, Kept())
    yield source
    source.close()


@pytest.fixture
def key(tmp_path: Path) -> str:
    (tmp_path / "key").write_text(KEY)
    return f"file:{tmp_path / 'key'}"


class TestRestSource(SourcePromises):
    adapter = "rest"

    @pytest.fixture
    def subject(self, feed: Feed, key: str) -> Iterator[SourceSubject]:
        kept, made = Kept(), list[RestSource]()

        def make() -> RestSource:
            made.append(RestSource({"url": feed.url, "api_key": key}, kept))
            return made[-1]

        def left() -> int:
            """What lies beyond the bookmark, and the attachments before it that nobody asked for."""
            before = [each for each in feed.entries if kept.entry and str(each["id"]) <= kept.entry]
            beside = [path for path in feed.files if "/attachments/" in path]
            passed = {str(each["id"]) for each in before}
            return (len(feed.entries) - len(before)) + sum(path.split("/")[2] not in passed or path not in feed.had for path in beside)

        yield SourceSubject(make=make, arrive=lambda body, beside: void(feed.arrive(body, beside)), left=left)
        for each in made:
            each.close()


def void(_: object) -> None:
    """Says nothing of it."""


def test_the_bookmark_never_passes_what_the_ledger_does_not_have(feed: Feed, key: str) -> None:
    kept = Kept()
    for one in IDS:
        feed.arrive(submission(one), {})
    source = RestSource({"url": feed.url, "api_key": key}, kept)
    read = list(source.submissions())
    source.settle(read[1:5])
    assert kept.value is None
    source.settle(read[:1])
    assert kept.entry == "000005"
    again = RestSource({"url": feed.url, "api_key": key}, kept)
    assert [one.arrival for one in again.submissions()] == [one.arrival for one in read[5:]]
    for each in (source, again):
        each.close()


@pytest.mark.parametrize("total", [None, "9" * 5_000, "*"], ids=["right", "of thousands of digits", "unknown"])
def test_a_large_attachment_comes_in_pieces(feed: Feed, source: RestSource, monkeypatch: pytest.MonkeyPatch, total: str | None) -> None:
    monkeypatch.setattr(rest, "PIECE", 1_000)
    feed.total = total
    feed.arrive(submission(IDS[0]), {"even.mp4": b"0123456789" * 300, "odd.mp4": b"0123456789" * 305, "empty.txt": b""})
    (read,) = source.submissions()
    for name, content in (("even.mp4", b"0123456789" * 300), ("odd.mp4", b"0123456789" * 305), ("empty.txt", b"")):
        with read.attachments[name]() as file:
            assert file.read() == content


def test_what_is_too_large_can_be_read_in_pieces(feed: Feed, key: str) -> None:
    body = submission(IDS[0], text="x" * 5_000)
    feed.arrive(body, {})
    source = RestSource({"url": feed.url, "api_key": key, "largest": 1_000}, Kept())
    (read,) = source.submissions()
    assert (read.body, read.fault) == (b"", None)
    assert read.oversize is not None
    with read.oversize() as file:
        assert file.read() == body
    source.close()


def test_a_submission_that_is_gone_is_accounted_for(feed: Feed, source: RestSource) -> None:
    feed.arrive(submission(IDS[0]), {"a.jpg": b"jpeg"})
    feed.arrive(submission(IDS[1]), {})
    feed.instead = {"/submissions/000001": (410, b""), "/submissions/000001/attachments/0": (404, b"")}
    gone, there = source.submissions()
    assert (gone.body, gone.name, there.body) == (b"", "000001", submission(IDS[1]))
    assert gone.arrival == f"{feed.url.removeprefix('http://')}#000001"  # unlike the first of another feed
    with pytest.raises(FileNotFoundError):
        gone.attachments["a.jpg"]()


PAGES = {
    "another host": b'{"data": [{"id": "1", "submission": "https://elsewhere.example/1"}]}',
    "not as published": b'{"data": [{"id": 1, "submission": "/1"}]}',
    "other than the published JSON": b"<html>",
    "answered 200": b'{"data": null}',
}


@pytest.mark.parametrize("why", PAGES)
def test_a_feed_that_is_not_as_published_is_not_read(feed: Feed, source: RestSource, why: str) -> None:
    feed.instead = {"/feed": (200, PAGES[why])}
    with pytest.raises(SourceUnavailable, match=why):
        list(source.submissions())
    assert not feed.had


def test_a_feed_that_repeats_itself_is_not_read_for_ever(feed: Feed, source: RestSource) -> None:
    feed.files["/1"] = submission(IDS[0])
    feed.instead = {"/feed": (200, b'{"data": [{"id": "1", "submission": "/1"}]}')}
    with pytest.raises(SourceUnavailable, match="the same page again"):
        list(source.submissions())


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_platform_that_is_not_well_keeps_everything(feed: Feed, source: RestSource, status: int) -> None:
    feed.arrive(submission(IDS[0]), {})
    feed.instead = {"/submissions/000001": (status, b"")}
    with pytest.raises(SourceUnavailable, match="nothing was let go"):
        list(source.submissions())
    feed.instead.clear()
    assert len(list(source.submissions())) == 1


@pytest.mark.parametrize("status", [403, 500])
def test_a_submission_that_cannot_be_had_holds_up_only_itself(feed: Feed, key: str, status: int) -> None:
    kept = Kept()
    for one in IDS[:3]:
        feed.arrive(submission(one), {})
    feed.instead = {"/submissions/000002": (status, b"")}
    source = RestSource({"url": feed.url, "api_key": key}, kept)
    read = list(source.submissions())
    assert [(one.body, one.fault) for one in read] == [(submission(IDS[0]), None), (b"", "not-readable"), (submission(IDS[2]), None)]
    source.settle([one for one in read if one.fault is None])
    assert kept.entry == "000001"
    feed.instead.clear()
    again = list(source.submissions())
    source.settle(again)
    assert ([one.body for one in again], kept.entry) == ([submission(IDS[1]), submission(IDS[2])], "000003")
    source.close()


def test_the_bookmark_of_one_feed_is_never_taken_for_anothers(feed: Feed, key: str) -> None:
    """A platform that moves: entries of the new feed that are numbered like old ones must not be passed over."""
    kept = Kept()
    for one in IDS[:2]:
        feed.arrive(submission(one), {})
    old = RestSource({"url": feed.url, "api_key": key}, kept)
    old.settle(list(old.submissions()))
    with Feed.start() as other:
        other.arrive(submission(IDS[2]), {})
        moved = RestSource({"url": other.url, "api_key": key}, kept)
        assert [one.body for one in moved.submissions()] == [submission(IDS[2])]
        moved.close()
    old.close()
