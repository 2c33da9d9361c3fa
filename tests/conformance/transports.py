"""What every transport promises (`hub.contracts.Transport`), and what it promises with each capability that it declares.

An author inherits `TransportPromises`, and beside it the promises of each capability: `Finds`, `Acknowledges`, `Streams`.
"""

import io
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar, cast

import pytest

from adapters.transports.capabilities import Capability
from hub.contracts import (
    Absent,
    Became,
    CannotTell,
    Carried,
    Counting,
    DeliveryError,
    Found,
    Listed,
    Listing,
    Misconfigured,
    Payload,
    Reading,
    Receipt,
    Refused,
    Together,
    Transport,
    Unavailable,
)
from hub.words import PayloadKind
from tests.conformance.payloads import BODIES, payload

LARGEST_PIECE = 1024 * 1024  # bytes
IDS = [f"0f8fad5b-d9cb-469f-a165-70867728950{last}" for last in range(10)]


@dataclass(frozen=True)
class TransportSubject:
    """A transport's far end, as its author shows it to the kit.

    `make` gives a new transport to it; `unreachable` one whose far end is not there. `held` is every copy of a payload
    that the far end has taken under its final name. `acknowledge` makes the force say these things, the published keys;
    only who declares that capability needs it.
    """

    make: Callable[[], Transport]
    unreachable: Callable[[], Transport]
    held: Callable[[Payload], Sequence[bytes]]
    acknowledge: Callable[[Sequence[Mapping[str, object]]], None] | None = None
    refuse: Callable[[Mapping[str, str]], None] | None = None  # of the next batch the far end refuses these: submission ids, codes
    enclosing: Callable[[], Transport] | None = None  # one that sends attachments with their report
    enclosed: Callable[[Payload], Sequence[bytes]] | None = None  # what came in one request with a report: it, and its attachments
    kinds: Sequence[PayloadKind] = (PayloadKind.ATTACHMENT, PayloadKind.RECORDS, PayloadKind.MANIFEST)

    def say(self, said: Sequence[Mapping[str, object]]) -> None:
        assert self.acknowledge is not None
        self.acknowledge(said)


class TransportPromises:
    """Inherit first, set `adapter`, and supply `subject`."""

    adapter: ClassVar[str]

    @pytest.fixture
    def transport(self, subject: TransportSubject) -> Iterator[Transport]:
        transport = subject.make()
        yield transport
        transport.close()

    @pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
    def test_the_far_end_holds_the_same_bytes_once(self, subject: TransportSubject, transport: Transport, body: bytes) -> None:
        sent = payload(body)
        receipt = transport.send(sent)
        assert isinstance(receipt, Receipt)
        assert receipt.key == sent.key
        assert list(subject.held(sent)) == [body]

    def test_every_kind_of_payload_arrives(self, subject: TransportSubject, transport: Transport) -> None:
        for kind in subject.kinds:
            sent = payload(kind.encode(), kind)
            transport.send(sent)
            assert list(subject.held(sent)) == [kind.encode()]

    def test_what_was_sent_is_never_told_absent(self, transport: Transport) -> None:
        sent = payload(b"report")
        transport.send(sent)
        assert isinstance(transport.find(sent), Found | CannotTell)

    def test_what_was_not_sent_is_not_found(self, transport: Transport) -> None:
        transport.send(payload(b"another"))
        assert isinstance(transport.find(payload(b"report")), Absent | CannotTell)

    def test_what_is_there_with_other_bytes_is_not_found(self, transport: Transport) -> None:
        sent = payload(b"report")
        transport.send(sent)
        for body in (b"REPORT", b"a longer report"):
            other = replace(payload(body, name=sent.name), key=sent.key)
            assert not isinstance(transport.find(other), Found)

    def test_sending_twice_never_makes_two(self, subject: TransportSubject, transport: Transport) -> None:
        sent = payload(b"report")
        transport.send(sent)
        assert transport.send(sent).key == sent.key
        assert list(subject.held(sent)) == [b"report"]

    def test_other_bytes_never_replace_what_is_there(self, subject: TransportSubject, transport: Transport) -> None:
        sent = payload(b"report")
        transport.send(sent)
        other = replace(payload(b"REPORT", name=sent.name), key=sent.key)
        with suppress(Misconfigured):
            transport.send(other)
        assert list(subject.held(sent)) == [b"report"]

    def test_as_many_threads_as_it_allows_send_at_once(self, subject: TransportSubject, transport: Transport) -> None:
        sent = [payload(f"report {number}".encode()) for number in range(24)]
        with ThreadPoolExecutor(transport.parallel) as threads:
            receipts = list(threads.map(transport.send, sent))
        assert [receipt.key for receipt in receipts] == [one.key for one in sent]
        assert [list(subject.held(one)) for one in sent] == [[f"report {number}".encode()] for number in range(24)]

    def test_a_far_end_that_is_not_there_is_unavailable(self, subject: TransportSubject) -> None:
        transport = subject.unreachable()
        with pytest.raises(Unavailable) as caught:
            transport.send(payload(b"report"))
        assert caught.value.code == "connection-refused"
        transport.close()

    def test_it_can_be_closed_at_any_time_and_used_again(self, subject: TransportSubject) -> None:
        transport = subject.make()
        transport.close()
        transport.close()
        sent = payload(b"report")
        transport.send(sent)
        transport.close()
        assert isinstance(transport.find(sent), Found | CannotTell)
        transport.close()
        subject.unreachable().close()

    def test_to_settle_what_was_never_said_is_harmless(self, transport: Transport) -> None:
        transport.settle("never-said.ack.json")


class Finds(TransportPromises):
    """A look-up tells Found from Absent."""

    demonstrates: ClassVar = Capability.FINDS

    def test_what_was_sent_is_found(self, subject: TransportSubject, transport: Transport) -> None:
        for kind in subject.kinds:
            sent = payload(kind.encode(), kind)
            assert transport.find(sent) == Absent()
            transport.send(sent)
            assert isinstance(transport.find(sent), Found)

    def test_what_was_sent_is_found_by_another_process(self, subject: TransportSubject, transport: Transport) -> None:
        sent = payload(b"report")
        transport.send(sent)
        transport.close()
        after_a_crash = subject.make()
        assert isinstance(after_a_crash.find(sent), Found)
        after_a_crash.close()

    def test_a_far_end_that_is_not_there_says_nothing_about_what_it_holds(self, subject: TransportSubject) -> None:
        transport = subject.unreachable()
        with pytest.raises(Unavailable) as caught:
            transport.find(payload(b"report"))
        assert caught.value.code == "connection-refused"
        transport.close()


class Lists(TransportPromises):
    """What lies at the far end is listed."""

    demonstrates: ClassVar = Capability.LISTS

    def test_what_was_sent_is_listed_with_its_size_and_can_be_found_afterwards(self, transport: Transport) -> None:
        assert isinstance(transport, Listing)
        sent = [payload(f"report {number}".encode()) for number in range(3)]
        for one in sent:
            transport.send(one)
        assert sorted((file.name, file.size) for file in _listed(transport)) == sorted((one.name, one.size) for one in sent)
        assert isinstance(transport.find(sent[0]), Found)

    def test_a_listing_that_is_given_up_leaves_the_next_question_answered(self, transport: Transport) -> None:
        sent = [payload(f"report {number}".encode()) for number in range(3)]
        for one in sent:
            transport.send(one)
        assert isinstance(transport, Listing)
        files = _listed(transport)
        next(files)
        cast(Generator[Listed], files).close()
        assert isinstance(transport.find(sent[2]), Found)

    def test_what_lies_there_can_be_read_again_whole_or_not_at_all(self, transport: Transport) -> None:
        body = bytes(range(256)) * 300
        sent = payload(body)
        transport.send(sent)
        assert isinstance(transport, Reading)
        assert transport.read(sent.name, len(body)) == body
        assert isinstance(transport.read(sent.name, len(body) - 1), CannotTell)
        assert isinstance(transport.read("nothing.of-this-name", 10), CannotTell)
        assert isinstance(transport.find(sent), Found)

    def test_a_far_end_that_is_not_there_lists_nothing(self, subject: TransportSubject) -> None:
        transport = subject.unreachable()
        assert isinstance(transport, Listing)
        with pytest.raises(Unavailable):
            list(_listed(transport))
        transport.close()


def _listed(transport: Listing) -> Iterator[Listed]:
    files = transport.listing()
    assert not isinstance(files, CannotTell)
    return files


class SendsTogether(TransportPromises):
    """Many payloads are sent at a time, and each is told as if it had been sent by itself."""

    demonstrates: ClassVar = Capability.TOGETHER

    def test_many_arrive_once_each_whatever_their_sizes(self, subject: TransportSubject, transport: Transport) -> None:
        bodies = [f"report {number}".encode() * (number % 7) for number in range(70)] + list(BODIES.values())
        sent = [payload(body) for body in bodies]
        told = _together(transport, sent)
        assert [one.key for one in told if isinstance(one, Receipt)] == [one.key for one in sent]
        assert [list(subject.held(one)) for one in sent] == [[body] for body in bodies]

    def test_what_is_there_already_is_not_made_twice(self, subject: TransportSubject, transport: Transport) -> None:
        sent = [payload(f"report {number}".encode()) for number in range(5)]
        transport.send(sent[2])
        assert all(isinstance(one, Receipt) for one in _together(transport, sent))
        assert all(isinstance(one, Receipt) for one in _together(transport, sent))
        assert [len(subject.held(one)) for one in sent] == [1] * 5

    def test_other_bytes_never_replace_what_is_there_and_nothing_new_is_begun_after_them(
        self, subject: TransportSubject, transport: Transport
    ) -> None:
        sent = [payload(f"report {number}".encode()) for number in range(5)]
        transport.send(sent[2])
        other = replace(payload(b"another", name=sent[2].name), key=sent[2].key)
        told = _together(transport, [*sent[:2], other, *sent[3:]])
        assert _in_a_word(told[2]) == _in_a_word(_alone(transport, other))
        assert list(subject.held(sent[2])) == [b"report 2"]
        for one, became in zip(sent, told, strict=True):
            assert len(subject.held(one)) == (1 if isinstance(became, Receipt) or one is sent[2] else 0)

    def test_what_is_not_as_it_was_sealed_is_told_and_does_not_leave(self, subject: TransportSubject, transport: Transport) -> None:
        sent = [payload(b"report") for _ in range(3)]
        altered = replace(sent[1], open=lambda: io.BytesIO(b"REPORT"))
        told = _together(transport, [sent[0], altered, sent[2]])
        assert isinstance(told[1], Misconfigured | Refused)
        assert _in_a_word(told[1]) == _in_a_word(_alone(transport, altered))
        assert list(subject.held(sent[1])) == []

    def test_of_a_far_end_that_is_not_there_all_is_told(self, subject: TransportSubject) -> None:
        transport = subject.unreachable()
        told = _together(transport, [payload(b"report") for _ in range(3)])
        assert isinstance(told[0], Unavailable)
        assert {type(one) for one in told} <= {Unavailable, type(None)}
        transport.close()

    def test_nothing_is_begun_once_it_may_not_be(self, subject: TransportSubject, transport: Transport) -> None:
        sent = [payload(b"report") for _ in range(3)]
        with pytest.raises(_MayNot):
            _together(transport, sent, _may_not)
        assert [list(subject.held(one)) for one in sent] == [[]] * 3
        assert all(isinstance(one, Receipt) for one in _together(transport, sent))


def _together(transport: Transport, sent: Sequence[Payload], check: Callable[[], None] = lambda: None) -> Sequence[Became | None]:
    assert isinstance(transport, Together)
    return transport.send_together(sent, check)


class _MayNot(Exception):
    """What a caller raises where nothing may be begun any more."""


def _may_not() -> None:
    raise _MayNot


def _alone(transport: Transport, sent: Payload) -> Became:
    try:
        return transport.send(sent)
    except (DeliveryError, Misconfigured) as error:
        return error


def _in_a_word(became: Became | None) -> tuple[type, str]:
    assert became is not None
    return type(became), became.detail if isinstance(became, Receipt) else became.code


class Streams(TransportPromises):
    """A payload is never held in memory whole."""

    demonstrates: ClassVar = Capability.STREAMS

    def test_a_large_payload_is_read_in_pieces(self, subject: TransportSubject, transport: Transport) -> None:
        body = bytes(range(256)) * 8_000
        asked: list[int] = []

        class Watched(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                asked.append(-1 if size is None else size)
                return super().read(size)

        sent = payload(body, subject.kinds[0])
        transport.send(replace(sent, open=lambda: Watched(body)))
        assert list(subject.held(sent)) == [body]
        assert 0 < min(asked) <= max(asked) <= LARGEST_PIECE


class Acknowledges(TransportPromises):
    """What the force says afterwards is read."""

    demonstrates: ClassVar = Capability.ACKNOWLEDGES

    def test_what_is_not_there_to_be_asked_is_unavailable(self, subject: TransportSubject) -> None:
        transport = subject.unreachable()
        with pytest.raises(Unavailable):
            list(transport.acknowledgements(None))
        transport.close()

    def test_what_the_force_says_is_read(self, subject: TransportSubject, transport: Transport) -> None:
        subject.say(
            [
                {"submission_id": IDS[0], "outcome": "accepted", "reference": "RMS-Ŵ 1", "at": "2026-11-22T06:00:07Z"},
                {"submission_id": IDS[1].upper(), "outcome": "rejected", "reason": "not-our-area", "at": "when?"},
            ]
        )
        first, second = transport.acknowledgements(None)
        assert (first.submission_id, first.accepted, first.their_reference, first.reason) == (IDS[0], True, "RMS-Ŵ 1", None)
        assert first.at is not None
        assert first.at.isoformat() == "2026-11-22T06:00:07+00:00"
        assert (second.submission_id, second.accepted, second.their_reference, second.reason, second.at) == (
            IDS[1],
            False,
            None,
            "not-our-area",
            None,
        )

    def test_what_the_force_says_is_said_again_until_it_is_settled(self, subject: TransportSubject, transport: Transport) -> None:
        subject.say([{"submission_id": one, "outcome": "accepted"} for one in IDS[:5]])
        first = list(transport.acknowledgements(None))
        assert list(transport.acknowledgements(None)) == first
        after_a_crash = subject.make()
        assert list(after_a_crash.acknowledgements(None)) == first
        after_a_crash.close()
        assert len({said.identity for said in first}) == 5

    def test_what_is_settled_is_not_counted_again(self, subject: TransportSubject, transport: Transport) -> None:
        subject.say([{"submission_id": one, "outcome": "accepted"} for one in IDS[:5]])
        first = list(transport.acknowledgements(None))
        for batch in dict.fromkeys(said.batch for said in first):
            transport.settle(batch)
            transport.settle(batch)
        subject.say([{"submission_id": one, "outcome": "rejected"} for one in IDS[5:]])
        known = {said.identity for said in first}
        rest = [said for said in transport.acknowledgements(first[-1].batch) if said.identity not in known]
        assert [said.submission_id for said in rest] == IDS[5:]

    @pytest.mark.parametrize(
        "hostile",
        [
            {"submission_id": "../../etc/passwd", "outcome": "accepted"},
            {"submission_id": IDS[0], "outcome": "perhaps"},
            {"submission_id": IDS[0], "outcome": ["accepted"]},
            {"submission_id": 7, "outcome": "accepted"},
            {},
        ],
    )
    def test_what_is_not_as_published_is_no_acknowledgement_and_hides_no_other(
        self, subject: TransportSubject, transport: Transport, hostile: Mapping[str, object]
    ) -> None:
        subject.say([hostile, {"submission_id": IDS[1], "outcome": "accepted"}])
        for _ in range(2):
            assert [said.submission_id for said in transport.acknowledgements(None)] == [IDS[1]]
            assert not isinstance(transport, Counting) or transport.unreadable == 1

    @pytest.mark.parametrize("text", [{"a": 1}, 7, "two\nlines", "x" * 201, ""])
    @pytest.mark.parametrize("outcome", ["accepted", "rejected"])
    def test_a_reference_or_a_reason_that_cannot_be_kept_is_left_out_and_what_was_decided_counts(
        self, subject: TransportSubject, transport: Transport, text: object, outcome: str
    ) -> None:
        subject.say([{"submission_id": IDS[0], "outcome": outcome, "reference": text, "reason": text}])
        (said,) = transport.acknowledgements(None)
        assert (said.submission_id, said.accepted, said.their_reference, said.reason) == (IDS[0], outcome == "accepted", None, None)
        assert not isinstance(transport, Counting) or transport.unreadable == 0


class RefusesInPart(TransportPromises):
    """Of a batch some reports are refused, and the others are delivered."""

    demonstrates: ClassVar = Capability.REFUSES_IN_PART

    def test_of_a_batch_the_reports_that_are_refused_are_named_with_their_codes(
        self, subject: TransportSubject, transport: Transport
    ) -> None:
        assert subject.refuse is not None
        batch = replace(payload(b"batch"), reports=tuple(Carried(one, None, "crime") for one in IDS))
        subject.refuse({IDS[3]: "no-officer", IDS[7]: "not-ours"})
        assert transport.send(batch).refused == ((IDS[3], "no-officer"), (IDS[7], "not-ours"))

    def test_of_a_batch_that_is_taken_whole_nothing_is_refused(self, transport: Transport) -> None:
        batch = replace(payload(b"batch"), reports=tuple(Carried(one, None, "crime") for one in IDS))
        assert transport.send(batch).refused == ()


class Encloses(TransportPromises):
    """Attachments may travel in one request with their report."""

    demonstrates: ClassVar = Capability.ENCLOSES

    def test_a_report_and_its_attachments_arrive_together_or_not_at_all(self, subject: TransportSubject) -> None:
        assert subject.enclosing is not None
        assert subject.enclosed is not None
        transport = subject.enclosing()
        video, empty = (payload(body, PayloadKind.ATTACHMENT, name) for body, name in ((b"\r\n--x" * 99_999, "a.mp4"), (b"", "b.jpg")))
        sent = replace(payload(b"report"), attachments=(video, empty))
        for attachment in (video, empty):
            assert isinstance(transport.find(attachment), Absent)
            transport.send(attachment)
            assert list(subject.enclosed(sent)) == []
        transport.send(sent)
        transport.close()
        assert list(subject.enclosed(sent)) == [b"report", b"\r\n--x" * 99_999, b""]
