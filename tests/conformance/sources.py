"""What every source promises (`hub.contracts.Source`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

import orjson
import pytest

from hub.contracts import Source

IDS = [f"7c9e6679-7425-40de-944b-e07fc1f90ae{last}" for last in range(10)]


def submission(submission_id: str, **others: object) -> bytes:
    """The bytes of a submission, as much of it as a source sees."""
    return orjson.dumps({"submissionId": submission_id, **others})


@dataclass(frozen=True)
class SourceSubject:
    """A source's far side, as its author shows it to the kit.

    `make` gives a new source to it. `arrive` makes the platform send one submission with attachments by name; `left` counts
    the submissions and attachments that still lie there.
    """

    make: Callable[[], Source]
    arrive: Callable[[bytes, Mapping[str, bytes]], None]
    left: Callable[[], int]


class SourcePromises:
    """Inherit, set `adapter`, and supply `subject`."""

    adapter: ClassVar[str]

    def test_nothing_is_there_before_anything_came(self, subject: SourceSubject) -> None:
        assert list(subject.make().submissions()) == []

    def test_every_submission_is_read_in_the_order_in_which_they_came(self, subject: SourceSubject) -> None:
        bodies = [submission(one) for one in IDS]
        for body in bodies:
            subject.arrive(body, {})
        source = subject.make()
        read = list(source.submissions())
        assert [one.body for one in read] == bodies
        assert {one.source for one in read} == {source.name}
        assert [one.fault for one in read] == [None] * 10

    def test_nothing_is_let_go_before_it_is_settled(self, subject: SourceSubject) -> None:
        subject.arrive(submission(IDS[0]), {"a.jpg": b"jpeg"})
        list(subject.make().submissions())
        assert subject.left() == 2

    def test_what_is_read_again_after_a_crash_has_the_same_arrival(self, subject: SourceSubject) -> None:
        for one in IDS:
            subject.arrive(submission(one), {})
        first = [one.arrival for one in subject.make().submissions()]
        assert [one.arrival for one in subject.make().submissions()] == first
        assert len(set(first)) == 10

    def test_what_is_settled_is_gone_and_what_is_not_stays(self, subject: SourceSubject) -> None:
        for one in IDS:
            subject.arrive(submission(one), {})
        source = subject.make()
        read = list(source.submissions())
        source.settle(read[:4])
        assert subject.left() == 6
        assert [one.body for one in subject.make().submissions()] == [submission(one) for one in IDS[4:]]

    def test_settling_twice_is_harmless(self, subject: SourceSubject) -> None:
        subject.arrive(submission(IDS[0]), {"a.jpg": b"jpeg"})
        source = subject.make()
        read = list(source.submissions())
        _bytes(read[0].attachments)
        source.settle(read)
        subject.arrive(submission(IDS[1]), {})
        source.settle(read)
        assert subject.left() == 1

    def test_the_same_bytes_sent_anew_are_another_arrival(self, subject: SourceSubject) -> None:
        arrivals = []
        for _ in range(3):
            subject.arrive(submission(IDS[0]), {})
            source = subject.make()
            (read,) = source.submissions()
            arrivals.append(read.arrival)
            source.settle([read])
        assert len(set(arrivals)) == 3

    def test_attachments_come_with_their_own_submission_and_go_with_it(self, subject: SourceSubject) -> None:
        subject.arrive(submission(IDS[0]), {"a.jpg": b"first", "Ŵyn.pdf": b"second"})
        subject.arrive(submission(IDS[1]), {"a.jpg": b"third"})
        subject.arrive(submission(IDS[2]), {})
        source = subject.make()
        read = list(source.submissions())
        assert [_bytes(one.attachments) for one in read] == [{"a.jpg": b"first", "Ŵyn.pdf": b"second"}, {"a.jpg": b"third"}, {}]
        source.settle(read[:1])
        assert subject.left() == 3
        assert _bytes(read[1].attachments) == {"a.jpg": b"third"}
        source.settle(read[1:])
        assert subject.left() == 0

    def test_an_attachment_that_nobody_opened_stays(self, subject: SourceSubject) -> None:
        subject.arrive(submission(IDS[0]), {"a.jpg": b"first", "b.jpg": b"second"})
        source = subject.make()
        (read,) = source.submissions()
        read.attachments["a.jpg"]().close()
        source.settle([read])
        assert subject.left() == 1

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"null", b"[1]", b'{"submissionId": 7}', b"[" * 100_000, b'"\\ud800"'])
    def test_bytes_that_are_no_submission_are_handed_on_as_they_are(self, subject: SourceSubject, body: bytes) -> None:
        subject.arrive(body, {})
        subject.arrive(submission(IDS[0]), {})
        source = subject.make()
        read = list(source.submissions())
        assert [one.body for one in read] == [body, submission(IDS[0])]
        source.settle(read)
        assert subject.left() == 0

    def test_what_is_settled_while_it_reads_disturbs_nothing(self, subject: SourceSubject) -> None:
        for one in IDS:
            subject.arrive(submission(one), {})
        source = subject.make()
        seen = []
        for read in source.submissions():
            seen.append(read.body)
            source.settle([read])
        assert seen == [submission(one) for one in IDS]
        assert subject.left() == 0


def _bytes(attachments: Mapping[str, Callable[[], BinaryIO]]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, opened in attachments.items():
        with opened() as file:
            found[name] = file.read()
    return found
