from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import BinaryIO, NoReturn

import orjson
import pytest

from hub.clock import Clock
from hub.contracts import SourceUnavailable, Submission
from hub.documents import Fault
from hub.forces.registry import Registry
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.tables import attachments, bodies, reports, submissions
from hub.reports.reader import Read, read
from hub.steps.pick_up import pick_up
from hub.words import UNKNOWN, State
from tests.ledger.making import kept, rows, states, submission_id
from tests.steps.fakes import ListSource, broken
from tests.steps.house import ESSEX, House, brought, sent, wire


def test_what_is_picked_up_is_in_the_ledger_and_gone_from_the_source(house: House) -> None:
    done = house.pick_up(sent(1), sent(2, ESSEX))
    assert (done.seen, done.known, done.left, done.entered, done.codes) == (2, 0, 0, {State.WAITING: 2}, {})
    assert house.source.waiting == []
    assert [(row["force"], row["service"], row["lane"], row["state"]) for row in rows(house.ledger, reports)] == [
        ("essex", "crime", "routine", "waiting"),  # force by force
        ("kent", "crime", "routine", "waiting"),
    ]
    first = rows(house.ledger, submissions)[1]
    assert (first["identity"], first["reference"], first["language"]) == (submission_id(1), "SOH-26NOV-8F3K2A", "cy")
    assert kept(house.ledger, bodies)[1] == orjson.dumps(wire(1))


def test_an_empty_source_is_no_trouble(house: House) -> None:
    assert house.pick_up().seen == 0


def test_a_report_of_danger_takes_the_urgent_lane(house: House) -> None:
    digital = wire(1)["digitalReport"] | {"safeguarding": {"immediateDanger": True}}
    house.pick_up(sent(1, digitalReport=digital))
    assert rows(house.ledger, reports)[0]["lane"] == "urgent"


def test_the_same_bytes_again_are_a_duplicate_and_others_of_that_id_a_conflict(house: House) -> None:
    again, other = replace(sent(1), arrival="again"), replace(sent(1, formVersion="4"), arrival="other")
    done = house.pick_up(sent(1), again, other)
    assert done.entered == {State.WAITING: 1, State.DUPLICATE: 1, State.QUARANTINED: 1}
    assert house.states() == ["waiting", "duplicate", "quarantined conflict"]


@pytest.mark.parametrize(
    ("body", "code", "force"),
    [
        (b"", "not-json", UNKNOWN),
        (b"[" * 1_000, "too-deep", UNKNOWN),
        (orjson.dumps(wire(1) | {"submitTime": "06:15:00"}), "time-without-date", "kent"),
        (orjson.dumps(wire(1) | {"category": "ZZZ"}), "unknown-service", "kent"),
        (orjson.dumps(wire(1, "99")), "unknown-force", UNKNOWN),
        (orjson.dumps(wire(1) | {"nonsense": 1}), "field-unknown", "kent"),
    ],
    ids=["empty", "deep", "time-alone", "unknown-service", "unknown-force", "unknown-field"],
)
def test_what_cannot_be_read_is_quarantined_with_its_code_and_its_bytes_and_the_others_go_on(
    house: House, body: bytes, code: str, force: str
) -> None:
    house.pick_up(brought(body, "bad.json"), sent(2))
    bad, good = (0, 1) if force == "kent" else (1, 0)  # force by force
    assert (house.states()[bad], house.states()[good]) == (f"quarantined {code}", "waiting")
    assert rows(house.ledger, reports)[bad]["force"] == force
    assert kept(house.ledger, bodies)[bad] == body
    assert house.source.waiting == []


def test_what_is_too_large_is_streamed_to_the_store_and_never_read(house: House) -> None:
    large = b"x" * 3_000_000
    house.pick_up(replace(brought(b"", "large.json"), oversize=lambda: BytesIO(large)))
    assert house.states() == ["quarantined too-large"]
    (body,) = rows(house.ledger, bodies)
    assert (body["uri"] is not None, kept(house.ledger, bodies)) == (True, [large])


def test_one_that_the_source_cannot_read_is_left_and_named(house: House) -> None:
    lame = [Submission("list", name, name, b"", fault="not-readable") for name in ("locked.json", "Mrs Example's letter.json")]
    done = house.pick_up(*lame, sent(1))
    assert (done.left, done.unread, done.entered) == (2, ["locked.json", "?"], {State.WAITING: 1})
    assert house.source.waiting == lame


def _held(house: House) -> list[tuple[str, str]]:
    return [(row["state"], row["code"]) for row in rows(house.ledger, reports)]


def test_a_force_or_service_that_is_not_live_holds_its_reports(house: House) -> None:
    house.pick_up(sent(1, category="FAL", digitalReport={"people": []}), sent(2, ESSEX, category="LPR"))
    assert _held(house) == [("held", "service-not-live"), ("held", "service-not-live")]
    house.clock = Clock.at(datetime(2020, 1, 1, tzinfo=UTC))
    house.pick_up(sent(3))
    assert _held(house)[2] == ("held", "force-not-live")


def test_a_force_whose_file_is_broken_holds_its_reports(house: House) -> None:
    fault = Fault("kent.yaml", 1, 1, "wrong")
    house.registry = Registry({"essex": house.registry.forces["essex"]}, {"kent": (fault,)}, {"kent": "46"})
    house.pick_up(sent(1), sent(2, ESSEX))
    assert _held(house) == [("waiting", None), ("held", "force-file-broken")]  # Essex's first


def test_attachments_are_kept_in_their_order(house: House) -> None:
    house.pick_up(sent(1, files={"b.txt": b"second", "a.txt": b"first!"}))
    found = rows(house.ledger, attachments)
    assert [(row["number"], row["media_type"], row["size"]) for row in found] == [(1, "text/plain", 6), (2, "text/plain", 6)]
    assert kept(house.ledger, attachments) == [b"second", b"first!"]


def test_an_attachment_that_did_not_come_or_is_another_quarantines_its_report_alone(house: House) -> None:
    missing = replace(sent(1, files={"a.txt": b"a", "b.txt": b"b"}), attachments={})
    altered = replace(
        sent(2, files={"a.txt": b"a", "b.txt": b"b"}), attachments={"a.txt": lambda: BytesIO(b"a"), "b.txt": lambda: BytesIO(b"!")}
    )
    house.pick_up(missing, altered, sent(3, files={"a.txt": b"a"}))
    assert house.states() == ["quarantined attachment-missing", "quarantined attachment-altered", "waiting"]
    assert house.where() == ["attachments[0]", "attachments[1]", None]


def test_a_file_that_is_not_let_in_quarantines_its_report_alone_and_is_kept(house: House) -> None:
    many = {f"{number}.txt": b"a" for number in range(101)}
    house.pick_up(sent(1, files={"a.txt": b"a", "b.jpg": b"MZ, a program"}), sent(2, files=many), sent(3, files={"a.txt": b"a"}))
    assert house.states() == ["quarantined attachment-not-as-declared", "quarantined attachments-too-many", "waiting"]
    assert house.where() == ["attachments[1]", "attachments", None]
    assert [row["size"] for row in rows(house.ledger, attachments)[:2]] == [1, 13]


def test_a_missing_attachment_that_comes_with_the_submission_sent_again_is_not_lost(house: House) -> None:
    whole = sent(1, files={"a.txt": b"the film"})
    house.pick_up(replace(whole, attachments={}))
    house.pick_up(replace(whole, arrival="again"))
    assert house.states() == ["quarantined attachment-missing", "duplicate"]
    (row,) = rows(house.ledger, attachments)
    assert (row["submission_id"], kept(house.ledger, attachments)) == (1, [b"the film"])


def test_a_file_that_breaks_off_while_it_is_read_leaves_its_submission_for_the_next_pass(house: House) -> None:
    def breaks() -> BinaryIO:
        raise OSError(5, "the intake's disk")

    lame = replace(sent(1, files={"a.txt": b"a"}), attachments={"a.txt": breaks})
    done = house.pick_up(lame, sent(2))
    assert (done.left, done.unread, house.states()) == (1, ["1.json"], ["waiting"])
    assert house.source.waiting == [lame]


def test_a_large_one_that_changes_meanwhile_is_left_for_the_next_pass(house: House) -> None:
    def changed() -> BinaryIO:
        raise SourceUnavailable("a file of the intake folder changed while it was read; run again")

    done = house.pick_up(replace(brought(b"", "large.json"), oversize=changed), sent(2))
    assert (done.left, house.states()) == (1, ["waiting"])


def test_a_submission_that_the_hub_itself_breaks_on_is_quarantined_and_the_others_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(body: bytes) -> Read:
        if submission_id(2).encode() in body:
            raise RecursionError("a value of the report")
        return read(body)

    monkeypatch.setattr("hub.steps.pick_up.read", breaks)
    house.pick_up(sent(1), sent(2), sent(3))
    assert house.states() == ["waiting", "waiting", "quarantined hub-defect"]  # of no force that is known: last
    assert house.where()[2] == "RecursionError"
    assert kept(house.ledger, bodies)[2] == orjson.dumps(wire(2))


class DiesBeforeSettling(ListSource):
    """The hub is killed when the ledger has a chunk and the source has not let go."""

    def settle(self, _submissions: Sequence[Submission]) -> NoReturn:
        raise KeyboardInterrupt

    def close(self) -> None:
        pass


def test_a_crash_between_commit_and_letting_go_counts_nothing_twice(house: House) -> None:
    house.source = DiesBeforeSettling([sent(1), sent(2)])
    with pytest.raises(KeyboardInterrupt):
        house.pick_up()
    assert house.states() == ["waiting", "waiting"]
    house.source = ListSource(house.source.waiting)
    done = house.pick_up(sent(3))
    assert (done.seen, done.known, done.entered) == (3, 2, {State.WAITING: 1})
    assert (house.states(), house.source.waiting) == (["waiting"] * 3, [])


def test_nothing_is_let_go_that_the_ledger_could_not_take(house: House) -> None:
    with broken("hub.steps.pick_up.record", LedgerUnavailable("it is full")), pytest.raises(LedgerUnavailable):
        house.pick_up(sent(1))
    assert (len(house.source.waiting), states(house.ledger)) == (1, [])
    house.pick_up()
    assert (house.source.waiting, house.states()) == ([], ["waiting"])


def test_a_source_that_goes_away_in_the_middle_keeps_what_was_not_committed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class GoesAway(ListSource):
        def submissions(self) -> Iterator[Submission]:
            yield from self.waiting[:3]
            raise SourceUnavailable("the intake folder is not there")

    monkeypatch.setattr("hub.steps.pick_up.CHUNK", 2)
    house.source = GoesAway([sent(n) for n in range(4)])
    with pytest.raises(SourceUnavailable):
        house.pick_up()
    assert house.states() == ["waiting", "waiting"]
    assert [submission.name for submission in house.source.waiting] == ["2.json", "3.json"]


def test_chunks_are_committed_one_after_another_and_each_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.steps.pick_up.CHUNK", 3)
    told: list[int] = []
    source = ListSource([sent(n) for n in range(7)])
    done = pick_up(house.ledger, source, house.registry, house.clock, progress=told.append)
    assert (told, done.seen, house.states()) == ([3, 3, 1], 7, ["waiting"] * 7)


def test_the_first_commit_may_be_a_smaller_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.steps.pick_up.CHUNK", 3)
    told: list[int] = []
    source = ListSource([sent(n) for n in range(7)])
    done = pick_up(house.ledger, source, house.registry, house.clock, first=2, progress=told.append)
    assert (told, done.seen, source.waiting) == ([2, 3, 2], 7, [])


def test_where_others_come_between_fewer_are_committed_at_once(house: House) -> None:
    told: list[int] = []
    source = ListSource([sent(n) for n in range(7)])
    pick_up(house.ledger, source, house.registry, house.clock, chunk=4, first=2, progress=told.append)
    assert told == [2, 4, 1]
