import gc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from hub.clock import Clock
from hub.contracts import Format, Misconfigured, Unencodable
from hub.forces.registry import Route
from hub.ledger.checked import Result, results
from hub.ledger.queue import claim
from hub.ledger.tables import drops, members, payloads, reports, signals
from hub.mapping.compile import Unmappable
from hub.mapping.fieldmap import FieldMap
from hub.mapping.record import Record
from hub.quality.checks import BrokenCheck, Finding
from hub.reports.model import Report
from hub.reports.reader import Read, read
from hub.steps.map import Mapped
from hub.steps.prepare import _of_record
from hub.steps.slots import waits_for_its_slot
from hub.words import Severity
from tests.ledger.making import kept, rows, submission_id, taken
from tests.steps.house import AT, ESSEX, KENT, House, sent, wire

URGENT = wire(0)["digitalReport"] | {"safeguarding": {"immediateDanger": True}}
EARLY = Clock.at(datetime(2021, 1, 15, tzinfo=UTC))  # before either force is live


def test_what_waits_is_sealed_into_a_drop_for_each_route_and_lane_urgent_ones_first(house: House) -> None:
    house.pick_up(sent(1), sent(2, ESSEX), sent(3), sent(4, digitalReport=URGENT), sent(5, ESSEX, digitalReport=URGENT))
    done = house.prepare()
    assert (done.sealed, done.drops, done.quarantined, done.held) == (5, 4, 0, 0)
    assert [(row["force"], row["lane"], row["reports"]) for row in rows(house.ledger, drops)] == [
        ("essex", "urgent", 1),
        ("kent", "urgent", 1),
        ("essex", "routine", 1),
        ("kent", "routine", 2),
    ]
    assert house.states() == ["sealed"] * 5


def test_what_the_checks_found_is_counted_whatever_its_severity(house: House) -> None:
    house.checks.amiss = {submission_id(1): ("stops", Severity.BLOCK), submission_id(2): ("warns", Severity.WARN)}
    house.pick_up(sent(1), sent(2, ESSEX), sent(3))
    house.prepare()
    assert results(house.ledger, house.clock.today(), house.clock.today()) == [
        Result("test", "stops", 3, 1, {"kent": 1}),
        Result("test", "warns", 3, 1, {"essex": 1}),
    ]


def test_nothing_waits_and_nothing_happens(house: House) -> None:
    done = house.prepare()
    assert (done.sealed, done.drops, house.checks.batches) == (0, 0, [])
    assert rows(house.ledger, drops) == []


def test_one_payload_for_all_has_a_manifest_and_payloads_of_their_own_have_none(house: House) -> None:
    house.sealed(1, 2, force=KENT, files={"a.txt": b"a"})
    house.sealed(3, 4, force=ESSEX, files={"a.txt": b"a"})
    found = rows(house.ledger, payloads)
    files, records = ["attachment"] * 2, ["records"]
    assert [row["kind"] for row in found] == [*files, *records, "manifest", *files, *records * 2]
    assert [row["payload_id"] for row in rows(house.ledger, members)] == [None, None, found[6]["id"], found[7]["id"]]
    assert found[0]["name"] == f"{submission_id(1)}.1.txt"


def test_no_drop_is_larger_than_its_route_wants(house: House) -> None:
    house.pick_up(*(sent(n) for n in range(260)))
    done = house.prepare()
    assert done.drops == 2
    assert [row["reports"] for row in rows(house.ledger, drops)] == [250, 10]


def test_batches_follow_each_other_until_nothing_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.steps.prepare.BATCH", 3)
    house.pick_up(*(sent(n) for n in range(7)))
    told: list[int] = []
    house.prepare(progress=told.append)
    assert (told, house.checks.batches) == ([3, 3, 1], [3, 3, 1])
    assert house.states() == ["sealed"] * 7


def test_garbage_is_looked_for_between_the_batches_and_not_in_them(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.steps.prepare.BATCH", 2)
    apply, inside, between = FieldMap.apply, list[bool](), list[bool]()

    def applied(self: FieldMap, report: Report, day: date) -> Record:
        inside.append(gc.isenabled())
        return apply(self, report, day)

    monkeypatch.setattr(FieldMap, "apply", applied)
    house.pick_up(*(sent(n) for n in range(4)))
    house.prepare(progress=lambda _: between.append(gc.isenabled()))
    assert (inside, between) == ([False] * 4, [True] * 2)


def test_a_report_that_a_check_blocks_goes_to_quarantine_with_its_code_and_the_others_go_on(house: House) -> None:
    house.checks.amiss = {submission_id(2): ("crime-before-birth", Severity.BLOCK)}
    house.checks.amiss_in_records = {submission_id(3): ("too-many-persons", Severity.BLOCK)}
    house.pick_up(*(sent(n) for n in (1, 2, 3, 4)))
    done = house.prepare()
    assert house.states() == ["sealed", "quarantined crime-before-birth", "quarantined too-many-persons", "sealed"]
    assert house.where()[1:3] == ["people.family_name"] * 2
    assert (done.sealed, done.quarantined, done.codes) == (2, 2, {"crime-before-birth": 1, "too-many-persons": 1})


def test_what_a_check_warns_of_goes_on_and_is_counted(house: House) -> None:
    house.checks.amiss = {submission_id(1): ("postcode-odd", Severity.WARN)}
    house.pick_up(sent(1))
    done = house.prepare()
    assert (house.states(), done.warnings) == (["sealed"], {"postcode-odd": 1})
    assert ("check-warn", "postcode-odd", 1) in [(row["kind"], row["field"], row["count"]) for row in rows(house.ledger, signals)]


def _mapping(monkeypatch: pytest.MonkeyPatch, number: int, error: Exception) -> None:
    """The mapping of one report raises this."""
    apply = FieldMap.apply

    def applied(self: FieldMap, report: object, day: object) -> Record:
        if getattr(report, "submission_id", None) == submission_id(number):
            raise error
        return apply(self, report, day)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(FieldMap, "apply", applied)


def test_a_report_that_cannot_be_mapped_goes_to_quarantine_with_its_code_and_place(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    _mapping(monkeypatch, 2, Unmappable("code-unmapped", "persons/GENDER"))
    house.pick_up(sent(1), sent(2), sent(3))
    house.prepare()
    assert (house.states(), house.where()[1]) == (["sealed", "quarantined code-unmapped", "sealed"], "persons/GENDER")


def test_a_report_that_the_mapping_itself_breaks_on_is_quarantined_and_the_others_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _mapping(monkeypatch, 2, KeyError("a value of the report"))
    house.pick_up(sent(1), sent(2), sent(3))
    house.prepare()
    assert (house.states(), house.where()[1]) == (["sealed", "quarantined hub-defect", "sealed"], "KeyError")


def test_a_report_that_the_reader_itself_breaks_on_is_quarantined_and_the_others_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(body: bytes, _clean_by: str | None) -> Read:
        if submission_id(2).encode() in body:
            raise MemoryError
        return read(body)

    house.pick_up(sent(1), sent(2))
    monkeypatch.setattr("hub.steps.prepare.read_again", breaks)
    house.prepare()
    assert (house.states(), house.where()[1]) == (["sealed", "quarantined hub-defect"], "MemoryError")


def test_a_report_whose_bytes_are_gone_is_quarantined_and_the_others_go_on(house: House) -> None:
    text = "OFFICIAL\n" + "x" * 100_000
    house.pick_up(sent(1, submissionContent=text), sent(2))
    for path in Path(house.ledger.store.url).rglob("*"):
        if path.is_file():
            path.unlink()  # the disk lost them
    house.prepare()
    assert house.states() == ["quarantined body-missing", "sealed"]


def test_exactly_what_the_schema_will_not_have_is_set_aside(house: House) -> None:
    house.formats["kent"].unwritable = {submission_id(2): "schema-invalid", submission_id(4): "too-long"}
    house.pick_up(*(sent(n) for n in range(1, 6)))
    done = house.prepare()
    assert house.states() == ["sealed", "quarantined schema-invalid", "sealed", "quarantined too-long", "sealed"]
    assert house.where()[1] == "line/1"
    assert (done.sealed, done.drops, done.codes) == (3, 1, {"schema-invalid": 1, "too-long": 1})
    assert kept(house.ledger, payloads)[0].decode().split() == [submission_id(n) for n in (1, 3, 5)]


def test_a_drop_of_which_nothing_can_be_encoded_is_none(house: House) -> None:
    house.formats["kent"].unwritable = {submission_id(1): "schema-invalid"}
    house.pick_up(sent(1))
    done = house.prepare()
    assert (done.drops, rows(house.ledger, drops), house.states()) == (0, [], ["quarantined schema-invalid"])
    house.sealed(2, force=KENT)
    assert rows(house.ledger, drops)[0]["sequence"] == 1


def test_a_report_that_the_format_itself_breaks_on_holds_up_only_itself(house: House) -> None:
    house.formats["kent"].breaks_on = {submission_id(2)}
    house.formats["kent"].unwritable = {submission_id(3): "schema-invalid"}
    house.pick_up(*(sent(n) for n in range(1, 5)), sent(5, ESSEX))
    house.prepare()
    assert house.states() == ["sealed", "sealed", "quarantined hub-defect", "quarantined schema-invalid", "sealed"]  # Essex's first
    assert house.where()[2] == "ZeroDivisionError"


def test_a_format_that_breaks_on_no_report_alone_gives_up_the_drop_and_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    encode = house.formats["kent"].encode

    def only_alone(records: list[Record], drop: object) -> Iterator[object]:
        if len(records) > 1:
            raise OverflowError
        return encode(records, drop)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(house.formats["kent"], "encode", only_alone)
    house.pick_up(sent(1), sent(2), sent(3, ESSEX))
    house.prepare()
    assert house.states() == ["sealed", "quarantined hub-defect", "quarantined hub-defect"]  # Essex's first


def test_a_record_that_the_format_left_out_is_not_called_sealed(house: House) -> None:
    house.formats["kent"].loses = {submission_id(2)}
    house.pick_up(*(sent(n) for n in range(1, 4)))
    house.prepare()
    assert house.states() == ["sealed", "quarantined hub-defect", "sealed"]
    assert kept(house.ledger, payloads)[0].decode().split() == [submission_id(1), submission_id(3)]


def test_a_format_that_faults_nobody_does_not_go_on_for_ever(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def faults_nobody(*_: object) -> NoReturn:
        raise Unencodable([(99, "schema-invalid", "nowhere")])

    monkeypatch.setattr(house.formats["kent"], "encode", faults_nobody)
    house.pick_up(sent(1))
    house.prepare()
    assert house.states() == ["quarantined schema-invalid"]


def test_what_is_held_for_a_date_goes_when_the_date_has_come(house: House) -> None:
    house.clock = EARLY
    house.pick_up(sent(1))
    house.pick_up(sent(2, ESSEX))
    assert house.prepare().let_go == 0
    assert house.states() == ["held force-not-live", "held service-not-live"]
    house.clock = Clock.at(datetime(2021, 2, 23, 12, tzinfo=UTC))
    done = house.prepare()
    assert (done.let_go, house.states()) == (1, ["held force-not-live", "sealed"])
    house.clock = Clock.at(AT)
    house.prepare()
    assert house.states() == ["sealed", "sealed"]


def test_what_waited_and_may_go_no_longer_is_held(house: House) -> None:
    house.pick_up(sent(1))
    house.clock = EARLY
    done = house.prepare()
    assert (done.held, done.codes, house.states()) == (1, {"force-not-live": 1}, ["held force-not-live"])


def test_a_route_whose_format_cannot_be_made_holds_its_reports_and_nobody_elses_until_it_can(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = house.format_of

    def format_of(route: Route) -> Format:
        if route.force == "kent":
            raise Misconfigured("bad-format", "format 'csv': there is no encoding 'utf-9'")
        return really(route)

    house.pick_up(sent(1), sent(2, ESSEX))
    with monkeypatch.context() as patch:
        patch.setattr(house, "format_of", format_of)
        house.prepare()
        assert house.states() == ["sealed", "held force-file-broken"]  # Essex's first
        assert house.prepare().let_go == 0
    assert house.prepare().let_go == 1
    assert house.states() == ["sealed", "sealed"]


@pytest.mark.parametrize("trouble", [BrokenCheck("rule x cannot be judged"), KeyboardInterrupt()], ids=["check", "interrupt"])
def test_what_could_not_be_finished_is_free_for_the_next_worker_at_once(house: House, trouble: Exception) -> None:
    house.pick_up(sent(1), sent(2))
    house.checks.breaks = trouble
    with pytest.raises(type(trouble)):
        house.prepare()
    assert house.states() == ["waiting", "waiting"]
    assert {row["worker"] for row in rows(house.ledger, reports)} == {None}
    assert len(claim(house.ledger, 10)) == 2


def test_only_the_forces_that_were_asked_for_are_prepared(house: House) -> None:
    house.pick_up(sent(1), sent(2, ESSEX))
    house.prepare(forces={"essex"})
    assert house.states() == ["sealed", "waiting"]  # Essex's first


def test_where_it_may_not_take_long_a_whole_batch_is_done_and_the_rest_goes_on_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.steps.prepare.BATCH", 2)
    house.pick_up(*(sent(n) for n in range(5)))
    done = [house.prepare(begin_for=0.0) for _ in range(4)]
    assert [(one.sealed, one.unfinished) for one in done] == [(2, True), (2, True), (1, True), (0, False)]
    assert house.states() == ["sealed"] * 5
    assert not house.prepare(begin_for=60.0).unfinished


def test_what_is_urgent_and_comes_between_two_batches_goes_before_the_second(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.steps.prepare.BATCH", 2)
    house.pick_up(*(sent(n) for n in range(4)))
    coming = [sent(9, digitalReport=URGENT)]

    def comes(_: int) -> None:
        house.pick_up(*coming)
        coming.clear()

    house.prepare(progress=comes)
    assert [(row["lane"], row["reports"]) for row in rows(house.ledger, drops)] == [("routine", 2), ("urgent", 1), ("routine", 2)]


def test_a_force_that_is_not_due_sends_only_what_is_urgent(house: House) -> None:
    house.pick_up(sent(1), sent(2, digitalReport=URGENT), sent(3, ESSEX))
    house.prepare(not_yet=waits_for_its_slot(house.registry, [("essex", "records-system")], AT.date()))
    assert house.states() == ["sealed", "waiting", "sealed"]  # Essex's first


def test_what_is_amiss_with_a_record_is_not_held_against_a_copy_of_another_profile(house: House) -> None:
    house.pick_up(sent(1))
    (found,) = taken(house.ledger, 1)
    route, record = house.route("kent"), Record(submission_id(1), [])
    findings = {record.key: [Finding(record.key, "too-many-persons", Severity.BLOCK, str(route.checks), "Persons")]}
    assert _of_record(Mapped(found.claimed, record.key, route, record), findings)
    assert not _of_record(Mapped(found.claimed, record.key, replace(route, checks="another-style"), record), findings)
