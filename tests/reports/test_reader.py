"""The reader: what is clean, what is known dirt, and what cannot be read."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.causes import CODES
from hub.mapping.record import Signal
from hub.reports.edition import EDITION
from hub.reports.parsing import DEEPEST, MOST_VALUES
from hub.reports.reader import Unreadable, read
from tests.reports.submissions import CLEAN, SKELETON, having, spoilt


def fault(body: bytes) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        read(body)
    return caught.value.code, caught.value.where


def signals(body: bytes) -> set[tuple[str, str]]:
    return {(signal.kind, signal.field) for signal in read(body).signals}


def test_a_clean_submission_is_read_without_a_signal() -> None:
    report, found = read(orjson.dumps(CLEAN)).report, read(orjson.dumps(CLEAN)).signals
    assert found == ()
    assert (report.service, report.category, report.force_code, report.marking) == ("crime", "OCR", "07", "OFFICIAL")
    assert report.submitted_at == datetime(2026, 11, 22, 6, 15, tzinfo=UTC)
    assert report.text == "OFFICIAL\nTorrodd rhywun ffenestr y tŷ."
    assert report.people[0].family_name == "Prŷs"
    assert report.people[0].date_of_birth == date(1980, 2, 3)
    assert report.property[0].value == Decimal("450.00")
    assert report.property[0].serial_number == "00123"
    assert report.attachments[0].name == "llun o'r tŷ.jpg"


@pytest.mark.parametrize("text", ["false", "FALSE", "False", "no", "No", " NO "])
def test_a_boolean_as_text_is_read_as_it_is_meant_and_counted(text: str) -> None:
    found = read(having("digitalReport.people.0.disability", text))
    assert found.report.people[0].disability is False
    assert found.signals == (Signal("boolean-as-text", "people.disability"),)


@pytest.mark.parametrize("text", ["true", "TRUE", "Yes", "yes"])
def test_danger_as_text_is_danger(text: str) -> None:
    found = read(having("digitalReport.safeguarding", {"immediateDanger": text}))
    assert found.report.safeguarding
    assert found.report.safeguarding.immediate_danger is True


@pytest.mark.parametrize(
    ("path", "value", "signal"),
    [
        ("digitalReport.people.0.gender", "FEMALE", ("odd-casing", "people.gender")),
        ("digitalReport.people.1.roles.0", "Suspect", ("odd-casing", "people.roles")),
        ("category", "ocr", ("odd-casing", "category")),
        ("language", "CY", ("odd-casing", "language")),
        ("submissionContent", "Official\nx", ("odd-casing", "marking")),
        ("submissionId", "0F3C0000-0000-4000-8000-000000000001", ("odd-casing", "submission_id")),
        ("attachments.0.mediaType", "image/JPEG", ("odd-casing", "attachments.media_type")),
        ("digitalReport.people.1.ageFrom", "20", ("number-as-text", "people.age_from")),
        ("digitalReport.locations.0.latitude", "53.19", ("number-as-text", "locations.latitude")),
        ("digitalReport.people.0.title", "", ("blank-for-absent", "people.title")),
        ("digitalReport.people.0.title", " \t\u00a0", ("blank-for-absent", "people.title")),
        ("digitalReport.people.1.dateOfBirth", "", ("blank-for-absent", "people.date_of_birth")),
        ("digitalReport.people.0.address", "", ("blank-for-absent", "people.address")),
        ("digitalReport.vehicles", None, ("blank-for-absent", "vehicles")),
    ],
)
def test_known_dirt_is_read_as_the_clean_value_and_counted_once(path: str, value: object, signal: tuple[str, str]) -> None:
    found = read(having(path, value))
    assert [(each.kind, each.field) for each in found.signals] == [signal]
    clean = read(orjson.dumps(CLEAN)).report
    assert replace(found.report, text="", marking="OFFICIAL") == replace(clean, text="")


def test_every_repair_of_a_report_is_counted() -> None:
    def spoil(wire: dict[str, object]) -> None:
        people = [
            {"id": "P1", "roles": ["Reporter"], "disability": "No"},
            {"id": "P2", "roles": ["suspect"], "disability": "yes", "title": ""},
        ]
        wire["digitalReport"] = {"people": people}

    kinds = [signal.kind for signal in read(spoilt(spoil)).signals]
    assert sorted(kinds) == ["blank-for-absent", "boolean-as-text", "boolean-as-text", "odd-casing"]


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("digitalReport.incident.occurredFrom", "22:15", "time-without-date", "digitalReport.incident.occurredFrom"),
        ("digitalReport.incident.occurredFrom", "22:15:00Z", "time-without-date", "digitalReport.incident.occurredFrom"),
        ("submitTime", "06:15", "time-without-date", "submitTime"),
        ("submitTime", "2026-11-22T06:15:00", "time-without-offset", "submitTime"),
        ("digitalReport.incident.occurredFrom", "2026-11-21T22:00:00", "time-without-offset", "digitalReport.incident.occurredFrom"),
        ("digitalReport.incident.occurredFrom", "2026-11-21", "field-unreadable", "digitalReport.incident.occurredFrom"),
        ("digitalReport.incident.occurredFrom", "1700000000", "field-unreadable", "digitalReport.incident.occurredFrom"),
        ("digitalReport.incident.occurredFrom", 1700000000, "field-unreadable", "digitalReport.incident.occurredFrom"),
        ("digitalReport.incident.occurredFrom", "0001-01-01T00:00:00+05:00", "field-unreadable", "digitalReport.incident.occurredFrom"),
        ("digitalReport.incident.occurredFrom", "2026-02-30T00:00:00Z", "field-unreadable", "digitalReport.incident.occurredFrom"),
        ("digitalReport.people.0.dateOfBirth", "0", "field-unreadable", "digitalReport.people[0].dateOfBirth"),
        ("digitalReport.people.1.gender", "GNDR_0007", "field-unreadable", "digitalReport.people[1].gender"),
        ("digitalReport.people.1.ageFrom", "twenty", "field-unreadable", "digitalReport.people[1].ageFrom"),
        ("digitalReport.people.1.ageFrom", 20.5, "field-unreadable", "digitalReport.people[1].ageFrom"),
        ("digitalReport.property.0.value", "1_000", "field-unreadable", "digitalReport.property[0].value"),
        ("digitalReport.property.0.serialNumber", "1\x002", "field-unreadable", "digitalReport.property[0].serialNumber"),
        ("digitalReport.people.0.family_name", "x", "field-unknown", "digitalReport.people[0].family_name"),
        ("digitalReport.starSign", "Aries", "field-unknown", "digitalReport.starSign"),
        ("digitalReport.submissionId", "x", "field-unknown", "digitalReport.submissionId"),
        ("starSign", "Aries", "field-unknown", "starSign"),
        ("digitalReport.people.0.id", "", "field-missing", "digitalReport.people[0].id"),
        ("attachments.0.sha256", "abc", "field-unreadable", "attachments[0].sha256"),
        ("category", "ZZZ", "unknown-service", "category"),
        ("category", 7, "envelope-incomplete", "category"),
        ("forceIdentifier", 7, "envelope-incomplete", "forceIdentifier"),
        ("forceIdentifier", "007", "envelope-incomplete", "forceIdentifier"),
        ("customerReferenceNumber", "", "envelope-incomplete", "customerReferenceNumber"),
        ("submissionContent", "no marking", "envelope-incomplete", "submissionContent"),
        ("submissionContent", "SECRET\nx", "envelope-incomplete", "submissionContent"),
        ("digitalReport", [], "envelope-incomplete", "digitalReport"),
    ],
)
def test_what_is_wrong_is_told_by_a_code_and_a_path(path: str, value: object, code: str, where: str) -> None:
    assert fault(having(path, value)) == (code, where)


@pytest.mark.parametrize(
    "name", ["submissionId", "customerReferenceNumber", "forceIdentifier", "category", "submitTime", "submissionContent"]
)
def test_a_field_missing_from_the_envelope_is_named(name: str) -> None:
    assert fault(spoilt(lambda wire: wire.pop(name))) == ("envelope-incomplete", name)


def test_the_optional_fields_of_the_envelope_may_be_left_out() -> None:
    report = read(spoilt(lambda wire: [wire.pop(name) for name in ("formVersion", "language", "attachments")])).report
    assert (report.form_version, report.language, report.attachments) == (None, "en", [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        orjson.dumps(CLEAN)[:-40],
        b"\xef\xbb\xbf" + orjson.dumps(CLEAN),
        orjson.dumps(CLEAN).replace(b"450.00", b"\xff"),
        orjson.dumps(CLEAN).replace(b'"450.00"', b"NaN"),
        orjson.dumps(CLEAN).replace(b'"450.00"', b"-Infinity"),
        orjson.dumps(CLEAN).replace(b"450.00", rb"\ud83d"),
        orjson.dumps(CLEAN).replace(b"450.00", b"\x00"),
    ],
)
def test_what_is_not_json_says_so(body: bytes) -> None:
    assert fault(body) == ("not-json", "")


@pytest.mark.parametrize("deep", [DEEPEST + 1, 250, 900, 200_000])
def test_deep_nesting_is_refused_whether_or_not_it_can_be_parsed(deep: int) -> None:
    nested = b"[" * deep + b"]" * deep
    assert fault(orjson.dumps(CLEAN).replace(b'"450.00"', nested)) == ("too-deep", "")
    assert fault(b'{"a":' * deep) == ("too-deep", "")


def test_brackets_in_a_text_are_not_nesting() -> None:
    assert read(having("digitalReport.incident.description", "[" * 500 + '"{' * 40)).signals == ()


def test_a_report_of_absurdly_many_values_is_refused_before_each_becomes_an_error() -> None:
    assert fault(having("digitalReport.people", [7] * MOST_VALUES)) == ("too-large", "")


@pytest.mark.parametrize(
    "twice",
    [
        b'{"forceIdentifier":"46",' + orjson.dumps(CLEAN)[1:],
        orjson.dumps(CLEAN).replace(b'"value":"450.00"', b'"value":"450.00","value":"1.00"'),
        orjson.dumps(CLEAN).replace(b'"value":"450.00"', rb'"value":"450.00","make":"\":","value" :"1.00"'),
    ],
)
def test_a_field_that_stands_twice_is_refused(twice: bytes) -> None:
    assert fault(twice) == ("duplicate-field", "")


def test_a_text_that_looks_like_a_field_is_a_text() -> None:
    text = 'He wrote "name": "me", and "name" : "you".'
    found = read(having("digitalReport.incident.description", text))
    assert found.report == replace(read(orjson.dumps(CLEAN)).report, incident=found.report.incident)
    assert (found.signals, found.clean_by) == ((), EDITION)


def test_a_skeleton_has_its_text_and_its_reporter() -> None:
    report = read(orjson.dumps(SKELETON)).report
    assert (report.service, report.people[0].family_name, report.incident) == ("fraud", "Prŷs", None)


def test_a_skeleton_with_more_than_that_is_refused() -> None:
    assert fault(having("digitalReport.incident", {}, SKELETON)) == ("field-unknown", "digitalReport.incident")
    assert fault(having("digitalReport.people.0.roles", ["suspect"], SKELETON)) == ("field-unknown", "digitalReport.people[0]")


def test_the_envelope_goes_with_the_error() -> None:
    with pytest.raises(Unreadable) as caught:
        read(having("digitalReport.people.0.gender", "GNDR_0007"))
    envelope = caught.value.envelope
    assert (envelope.submission_id, envelope.reference, envelope.force_code, envelope.category, envelope.language) == (
        "0f3c0000-0000-4000-8000-000000000001",
        "SOH-26NOV-8F3K2A",
        "07",
        "OCR",
        "cy",
    )
    assert envelope.submitted_at == datetime(2026, 11, 22, 6, 15, tzinfo=UTC)


def test_the_envelope_has_only_what_holds_to_the_model() -> None:
    wrong = {
        "submissionId": "1",
        "forceIdentifier": 7,
        "category": ["OCR"],
        "submitTime": "1700000000",
        "language": "fr",
        "customerReferenceNumber": "\x00",
        "attachments": [{"name": "a.jpg"}],
    }
    with pytest.raises(Unreadable) as caught:
        read(spoilt(lambda wire: wire.update(wrong)))
    envelope = caught.value.envelope
    assert [getattr(envelope, name) for name in envelope.__slots__] == [None] * 7


def test_the_envelope_of_a_repairable_id_has_its_one_form() -> None:
    with pytest.raises(Unreadable) as caught:
        read(spoilt(lambda wire: wire.update(submissionId="0F3C0000-0000-4000-8000-00000000000A", category="zzz")))
    assert caught.value.envelope.submission_id == "0f3c0000-0000-4000-8000-00000000000a"
    assert caught.value.code == "unknown-service"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("digitalReport.people.0.gender", "Canary"),
        ("digitalReport.incident.occurredFrom", "Canary"),
        ("digitalReport.Canary Jones", "x"),
        ("Canary Jones", "x"),
        ("submissionContent", "Canary"),
    ],
)
def test_no_value_is_in_the_error_or_behind_it(path: str, value: object) -> None:
    with pytest.raises(Unreadable) as caught:
        read(having(path, value))
    behind: BaseException | None = caught.value
    while behind is not None:
        assert not re.search("canary", repr(behind) + str(behind), re.IGNORECASE)
        behind = behind.__cause__ or behind.__context__


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "roles", "people", "address", "x"]), inner, max_size=3)
        ),
        max_leaves=12,
    ),
    st.sampled_from(
        [*CLEAN, *(f"digitalReport.{name}" for name in CLEAN["digitalReport"]), "digitalReport.people.0", "attachments.0.name"]
    ),
)
def test_whatever_stands_in_a_field_is_read_or_refused_with_a_known_code(value: object, path: str) -> None:
    try:
        body = having(path, value)
    except (orjson.JSONEncodeError, TypeError):
        return  # a number or text that is not JSON
    try:
        read(body)
    except Unreadable as unreadable:
        assert unreadable.code in CODES  # noqa: PT017  (it may as well be readable)


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_refused_with_a_code(body: bytes) -> None:
    assert fault(body)[0] in {"not-json", "envelope-incomplete", "too-deep", "field-unknown", "duplicate-field"}
