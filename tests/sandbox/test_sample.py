"""A sample is what it says: real incidents, made-up people, known faults, the same bytes for the same seed."""

import gzip
import hashlib
import json
import re
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hub.clock import day_of
from hub.forces.registry import Registry
from hub.reports.reader import Read, Unreadable, read
from hub.reports.services import SERVICES
from hub.reports.urgency import lane_of
from sandbox.sample import Expected, Fate, build
from sandbox.sample.faults import FAULTS, UNUSED_CODE
from sandbox.sample.incidents import EXTRACT, RESIDENTS
from sandbox.sample.incidents import read as read_incidents
from tests.sandbox.sample_forces import FIVE, Force, Forces

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
REPORTS = 1_000
READERS = {
    "not-json",
    "too-deep",
    "envelope-incomplete",
    "field-missing",
    "field-unknown",
    "field-unreadable",
    "time-without-date",
    "time-without-offset",
    "unknown-service",
}


class Built:
    """A sample on disk, and what the reader makes of it."""

    def __init__(self, out: Path, expected: Expected) -> None:
        self.out, self.expected = out, expected
        self.read: dict[int, Read] = {}
        self.unreadable: dict[int, Unreadable] = {}
        for number, fate in enumerate(expected.submissions):
            try:
                self.read[number] = read(self.body(fate))
            except Unreadable as unreadable:
                self.unreadable[number] = unreadable

    def body(self, fate: Fate) -> bytes:
        whole = (self.out / "intake" / fate.file).read_bytes()
        return whole if fate.line is None else whole.split(b"\n")[fate.line - 1]

    def planted(self, code: str) -> list[Fate]:
        return [fate for fate in self.expected.submissions if fate.code == code]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    out = tmp_path_factory.mktemp("sample")
    return Built(out, build(REPORTS, out, 7, AT, None, FIVE, ndjson_lines=40))


def test_there_are_as_many_as_asked_for_and_the_totals_add_up(built: Built) -> None:
    assert built.expected.reports == sum(built.expected.totals.values()) == REPORTS
    on_disk = json.loads((built.out / "expected.json").read_text())
    assert on_disk["totals"] == dict(Counter(each["outcome"] for each in on_disk["submissions"])) == built.expected.totals
    assert (on_disk["seed"], on_disk["at"], on_disk["reports"], len(on_disk["submissions"])) == (7, AT.isoformat(), REPORTS, REPORTS)


def test_every_line_of_every_file_is_one_submission(built: Built) -> None:
    intake = built.out / "intake"
    lines = sum(len(path.read_bytes().splitlines()) if path.suffix == ".ndjson" else 1 for path in intake.glob("*.*json"))
    assert lines == REPORTS
    assert sum(fate.line is not None for fate in built.expected.submissions) == REPORTS // 5
    assert {path.name for path in intake.iterdir()} == {fate.file for fate in built.expected.submissions} | {"attachments"}


def test_the_reader_finds_the_faults_that_are_its_own_and_no_others(built: Built) -> None:
    for number, fate in enumerate(built.expected.submissions):
        found = built.unreadable[number].code if number in built.unreadable else None
        assert found == (fate.code if fate.code in READERS else None), fate


def test_what_is_expected_of_force_and_service_is_what_can_still_be_read(built: Built) -> None:
    codes = {force.pnc_code: force.slug for force in FIVE.forces.values()}
    for number, fate in enumerate(built.expected.submissions):
        if number in built.unreadable:
            envelope = built.unreadable[number].envelope
            category = next((service.slug for service in SERVICES.values() if service.category == envelope.category), "unknown")
            assert (envelope.submission_id, codes.get(envelope.force_code or "", "unknown"), category) == (
                fate.submission_id,
                fate.force,
                fate.service,
            )
        else:
            report = built.read[number].report
            assert (report.submission_id, codes.get(report.force_code, "unknown"), report.service) == (
                fate.submission_id,
                fate.force,
                fate.service,
            )


def test_the_lane_that_the_sample_means_is_the_one_that_the_hub_finds(built: Built) -> None:
    lanes = Counter()  # type: Counter[str]
    for number, found in built.read.items():
        meant = built.expected.submissions[number].lane
        if meant:
            assert lane_of(found.report, AT) == meant
            lanes[meant] += 1
    assert min(lanes["urgent"], lanes["routine"]) > 20


def test_dirt_is_read_and_counted_and_nothing_else_has_a_signal(built: Built) -> None:
    dirty = [number for number, found in built.read.items() if found.signals]
    assert len(dirty) == built.expected.planted["dirt"] > 5
    assert {built.expected.submissions[number].outcome for number in dirty} == {"accepted"}
    kinds = {signal.kind for number in dirty for signal in built.read[number].signals}
    assert kinds == {"boolean-as-text", "blank-for-absent", "odd-casing", "number-as-text"}


def test_every_kind_of_fault_is_planted(built: Built) -> None:
    assert built.expected.planted.keys() == FAULTS.keys()
    assert min(built.expected.planted.values()) >= 1


def test_the_faults_that_only_a_check_can_find_are_in_the_reports(built: Built) -> None:
    by_code: dict[str, list[Any]] = {}
    for number, found in built.read.items():
        by_code.setdefault(built.expected.submissions[number].code or "", []).append(found.report)
    assert all(report.incident.occurred_from > AT for report in by_code["incident-in-future"])
    assert all(report.incident.occurred_to < report.incident.occurred_from for report in by_code["incident-ends-before-it-starts"])
    assert all(report.people[0].phone is report.people[0].email is report.people[0].address is None for report in by_code["no-contact"])
    assert not any(report.anonymous for report in by_code["no-contact"])
    assert not any("subject" in person.roles for report in by_code["disclosure-without-subject"] for person in report.people)
    for report in by_code[""]:
        began, ended = (report.incident.occurred_from, report.incident.occurred_to) if report.incident else (None, None)
        assert began is None or began < report.submitted_at
        assert ended is None or began <= ended <= report.submitted_at


def test_duplicates_and_conflicts_come_after_what_they_repeat_by_name_and_by_time(built: Built) -> None:
    first: dict[str | None, Fate] = {}
    again = Counter()  # type: Counter[str]
    for fate in built.expected.submissions:
        earlier = first.setdefault(fate.submission_id, fate)
        if earlier is fate or fate.submission_id is None:
            continue
        same = built.body(fate) == built.body(earlier)
        assert (fate.outcome, fate.code, same) in {("duplicate", None, True), ("quarantined", "conflict", False)}
        assert _place(built, earlier) < _place(built, fate)
        assert earlier.outcome == "accepted"
        again[fate.outcome] += 1
    assert again == {"duplicate": built.expected.planted["duplicate"], "quarantined": built.expected.planted["conflict"]}


def _place(built: Built, fate: Fate) -> tuple[int, str, int]:
    return (built.out / "intake" / fate.file).stat().st_mtime_ns, fate.file, fate.line or 0


def test_files_are_later_by_time_when_they_are_later_by_name(built: Built) -> None:
    files = sorted(path for path in (built.out / "intake").glob("*.*json"))
    assert all(one.stat().st_mtime_ns <= other.stat().st_mtime_ns for one, other in pairwise(files))


def test_attachments_lie_beside_their_submission_but_for_those_that_are_meant_to_fail(built: Built) -> None:
    found = Counter()  # type: Counter[str]
    for number, got in built.read.items():
        fate = built.expected.submissions[number]
        for named in got.report.attachments:
            path = built.out / "intake" / "attachments" / got.report.submission_id / named.name
            state = "missing" if not path.exists() else "whole" if _digest(path) == named.sha256 else "altered"
            found[f"{fate.code}: {state}"] += 1
            if state == "whole":
                assert path.stat().st_size == named.size
                assert path.read_bytes().startswith(MAGIC[named.media_type])
    assert found["None: whole"] > 20
    assert found["None: missing"] == found["None: altered"] == 0
    assert found["attachment-missing: missing"] == built.expected.planted["attachment-missing"]
    assert found["attachment-altered: altered"] == built.expected.planted["attachment-altered"]
    assert max(path.stat().st_size for path in (built.out / "intake" / "attachments").rglob("*.*")) > 250_000


MAGIC = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG", "application/pdf": b"%PDF-", "video/mp4": b"\x00\x00\x00\x1cftyp"}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_all_forces_that_are_live_and_all_services_are_there(built: Built) -> None:
    arriving = [fate for fate in built.expected.submissions if fate.outcome == "accepted"]
    assert {fate.service for fate in arriving} == set(SERVICES)
    assert {fate.force for fate in arriving} == {"kent", "dyfed-powys", "metropolitan", "durham"}
    assert "firearms-licensing" not in {fate.service for fate in arriving if fate.force == "durham"}


def test_what_is_not_live_is_held_under_the_code_that_the_force_gives(built: Built) -> None:
    held = [fate for fate in built.expected.submissions if fate.outcome == "held"]
    assert held
    for fate in held:
        assert fate.code == FIVE.forces[fate.force].not_live(fate.service, day_of(AT))


def test_references_say_who_will_say_no(built: Built) -> None:
    for number, found in built.read.items():
        fate = built.expected.submissions[number]
        series = {"rejected": "ZZ", "refused": "YY"}.get(fate.code or "", "")
        assert re.fullmatch(rf"SOH-{series}26NOV-[2-9A-Z]{{6}}", found.report.reference)
        if fate.code == "refused":
            assert fate.force == "metropolitan"


def test_some_are_anonymous_and_some_are_welsh_to_the_letter(built: Built) -> None:
    reports = [found.report for found in built.read.values()]
    anonymous = [report for report in reports if report.anonymous]
    assert len(anonymous) > 20
    assert not any(person.phone or person.email for report in anonymous for person in report.people)
    welsh = "".join(report.text for report in reports if report.language == "cy")
    assert all(letter in welsh for letter in "ŵŷâô")


def test_nobody_can_be_reached(built: Built) -> None:
    people = [person for found in built.read.values() for person in found.report.people]
    phones, emails = [person.phone for person in people if person.phone], [person.email for person in people if person.email]
    assert len(phones) > 500
    assert all(re.fullmatch(r"\+447700900[0-9]{3}|\+442079460[0-9]{3}", phone) for phone in phones)
    assert all(re.fullmatch(r"[a-z.0-9-]+@example\.(com|org|net)", email) for email in emails)


def test_reports_are_of_the_day_before_in_london(built: Built) -> None:
    assert {day_of(found.report.submitted_at) for found in built.read.values()} == {date(2026, 11, 21)}


def test_places_are_those_of_real_rows_and_the_others_are_marked(built: Built) -> None:
    real = {(row.longitude, row.latitude, row.area_code) for rows in read_incidents(EXTRACT).values() for row in rows}
    assert built.expected.made_up == ["metropolitan"]
    for number, found in built.read.items():
        force = built.expected.submissions[number].force
        for place in found.report.locations if force != "unknown" else ():
            assert ((place.longitude, place.latitude, place.area_code) in real) is (force != "metropolitan")
            assert (place.description == "A made-up place.") is (force == "metropolitan")


def test_the_same_seed_makes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    digests = []
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        build(250, tmp_path / name, seed, AT, None, FIVE)
        digests.append({str(path.relative_to(tmp_path / name)): _digest(path) for path in (tmp_path / name).rglob("*.*") if path.is_file()})
    assert digests[0] == digests[1] != digests[2]


def test_a_sample_for_the_forces_on_file_reaches_all_of_them_with_every_service(tmp_path: Path) -> None:
    registry = Registry.load(Path(__file__).parents[2] / "mappings")
    expected = build(1_500, tmp_path, 7, AT, None, registry)
    arriving = [fate for fate in expected.submissions if fate.outcome == "accepted"]
    assert {fate.force for fate in arriving} == registry.forces.keys()
    assert len(registry.forces) == 44
    assert {fate.service for fate in arriving} == set(SERVICES)
    assert expected.made_up == sorted(RESIDENTS)
    assert registry.by_code(UNUSED_CODE) is None
    for fate in arriving:
        assert registry.forces[fate.force].not_live(fate.service, day_of(AT)) is None


def test_before_a_force_is_live_it_gets_nothing_but_what_is_meant_to_be_held(tmp_path: Path) -> None:
    registry = Registry.load(Path(__file__).parents[2] / "mappings")
    then = datetime(2021, 3, 8, 6, 0, tzinfo=UTC)
    expected = build(400, tmp_path, 7, then, None, registry)
    assert expected.planted["not-live"] == expected.totals["held"] >= 1
    for fate in expected.submissions:
        if "unknown" not in (fate.force, fate.service):
            assert (registry.forces[fate.force].not_live(fate.service, day_of(then)) is not None) is (fate.outcome == "held")


def test_a_small_sample_has_every_fault_from_two_hundred_on(tmp_path: Path) -> None:
    assert build(200, tmp_path / "200", 1, AT, None, FIVE).planted.keys() == FAULTS.keys()
    few = build(12, tmp_path / "12", 1, AT, None, FIVE)
    assert (few.reports, few.totals) == (12, {"accepted": 12})


def test_where_everything_is_live_nothing_is_held_and_the_notes_say_so(tmp_path: Path) -> None:
    expected = build(200, tmp_path, 1, AT, None, Forces({"kent": Force("kent", "46")}))
    assert "held" not in expected.totals
    assert expected.planted.keys() == FAULTS.keys() - {"not-live", "refused"}
    assert any("not-live, refused" in note for note in expected.notes)


def test_an_intake_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "intake").mkdir()
    (tmp_path / "intake" / "other.json").write_text("{}")
    with pytest.raises(FileExistsError, match="choose another --out"):
        build(10, tmp_path, 1, AT, None, FIVE)
    assert [path.name for path in (tmp_path / "intake").iterdir()] == ["other.json"]


def test_incidents_without_the_columns_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"force,month\nkent,2019-01\n"))
    with pytest.raises(ValueError, match=r"rows\.csv\.gz has no column 'longitude'"):
        build(10, tmp_path, 1, AT, tmp_path / "rows.csv.gz", FIVE)


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[int] = []
    build(600, tmp_path, 1, AT, None, FIVE, progress=told.append)
    assert told == [250, 500, 600]
