"""How values are written: dates in the zone that is asked for, numbers with every digit, letters that the target can hold."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.mapping.maps import DAY, a_report, field_map, outline, signals


def written(folder: Path, rule: str, /, **report: object) -> tuple[Any, list[str]]:
    """The value that a rule writes, and the kinds of signal."""
    record = field_map(folder, f"X: {rule}").apply(a_report(**report), DAY)
    ((_, value),) = outline(record)
    return value, [kind for kind, _ in signals(record)]


@pytest.mark.parametrize(
    ("instant", "format_", "expected"),
    [
        ("2026-11-22T06:15:00+00:00", "datetime-utc", "2026-11-22T06:15:00Z"),
        ("2026-07-01T00:30:00+01:00", "datetime-utc", "2026-06-30T23:30:00Z"),
        ("2026-07-01T00:30:00+01:00", "datetime-local", "2026-07-01T00:30:00"),
        ("2026-06-30T23:30:00+00:00", "datetime-local", "2026-07-01T00:30:00"),
        ("2026-06-30T23:30:00+00:00", "datetime-offset", "2026-07-01T00:30:00+01:00"),
        ("2026-06-30T23:30:00+00:00", "date", "2026-07-01"),
        ("2026-06-30T23:30:00+00:00", "date-uk", "01/07/2026"),
        ("2026-06-30T23:30:00+00:00", "time", "00:30:00"),
        ("2026-11-22T06:15:00.123456+00:00", "datetime-utc", "2026-11-22T06:15:00Z"),
        ("2026-03-29T01:30:00+00:00", "datetime-local", "2026-03-29T02:30:00"),  # the hour that March has not
    ],
)
def test_an_instant_is_written_in_the_zone_that_is_asked_for(tmp_path: Path, instant: str, format_: str, expected: str) -> None:
    assert written(tmp_path, f"{{from: submitted_at, format: {format_}}}", submitted_at=instant) == (expected, [])


@pytest.mark.parametrize(
    ("instant", "expected", "kinds"),
    [
        ("2026-10-25T00:59:59+00:00", "2026-10-25T01:59:59", ["ambiguous-time"]),
        ("2026-10-25T01:30:00+00:00", "2026-10-25T01:30:00", ["ambiguous-time"]),
        ("2026-10-24T23:59:59+00:00", "2026-10-25T00:59:59", []),
        ("2026-10-25T02:00:00+00:00", "2026-10-25T02:00:00", []),
    ],
)
def test_the_hour_that_october_has_twice_is_signalled_where_the_offset_is_lost(
    tmp_path: Path, instant: str, expected: str, kinds: list[str]
) -> None:
    assert written(tmp_path, "{from: submitted_at, format: datetime-local}", submitted_at=instant) == (expected, kinds)
    assert written(tmp_path, "{from: submitted_at, format: datetime-offset}", submitted_at=instant)[1] == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{each: people, first: true, from: .date_of_birth}", "1980-05-04"),
        ("{each: people, first: true, from: .date_of_birth, format: date-uk}", "04/05/1980"),
        ("{each: people, first: true, from: .age_from}", "30"),
    ],
)
def test_a_value_of_the_first_item_stands_alone(tmp_path: Path, rule: str, expected: str) -> None:
    person = {"id": "p1", "roles": ["suspect"], "date_of_birth": "1980-05-04", "age_from": 30}
    group = rule.replace("from: ", "fields: {V: {from: ").rstrip("}") + "}}}"
    ((_, value),) = written(tmp_path, group, people=[person])[0]
    assert value == expected


@pytest.mark.parametrize(
    ("path", "format_", "expected"),
    [
        ("anonymous", None, "false"),
        ("anonymous", "boolean", False),
        ("anonymous", "yes-no", "N"),
        ("submitted_at", None, "2026-11-22T06:15:00+00:00"),
        ("abuse.children_in_household", None, "2"),
        ("abuse.children_in_household", "integer", 2),
        ("abuse.children_in_household", "decimal", Decimal(2)),
        ("reference", "upper", "CRN-2026-000123"),
        ("anonymous", "upper", "FALSE"),
    ],
)
def test_a_value_is_a_text_unless_its_format_keeps_a_type(tmp_path: Path, path: str, format_: str | None, expected: object) -> None:
    rule = f"{{from: {path}, format: {format_}}}" if format_ else path
    value, _ = written(tmp_path, rule, abuse={"children_in_household": 2})
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize("number", ["0.00001", "-3.2", "51.4816", "0.1"])
def test_a_coordinate_keeps_its_digits_and_is_never_written_with_an_exponent(tmp_path: Path, number: str) -> None:
    fields = "Place: {each: locations, fields: {Text: .longitude, Number: {from: .longitude, format: decimal}}}"
    record = field_map(tmp_path, fields).apply(a_report(locations=[{"id": "l1", "longitude": float(number)}]), DAY)
    assert outline(record) == [("Place", [("Text", number), ("Number", Decimal(number))])]


def test_an_amount_keeps_its_pence(tmp_path: Path) -> None:
    fields = "Item: {each: property, fields: {Value: .value, Serial: .serial_number}}"
    report = a_report(property=[{"id": "i1", "status": "stolen", "value": "450.00", "serial_number": "0012"}])
    assert outline(field_map(tmp_path, fields).apply(report, DAY)) == [("Item", [("Value", "450.00"), ("Serial", "0012")])]


@pytest.mark.parametrize(("phone", "expected"), [("+447700900123", "07700900123"), ("+35312345678", "0035312345678")])
def test_a_phone_number_is_written_as_it_is_dialled_here(tmp_path: Path, phone: str, expected: str) -> None:
    fields = "P: {each: people, fields: {Phone: {from: .phone, format: national-phone}}}"
    report = a_report(people=[{"id": "p1", "roles": ["victim"], "phone": phone}])
    assert outline(field_map(tmp_path, fields).apply(report, DAY)) == [("P", [("Phone", expected)])]


@pytest.mark.parametrize(
    ("text", "format_", "expected", "kinds"),
    [
        ("Tŷ Gwyn, Siân’s", "ascii", "Ty Gwyn, Sian's", ["transliterated"]),
        ("Tŷ Gwyn, Siân’s £5", "cp1252", "Ty Gwyn, Siân’s £5", ["transliterated"]),
        ("Siân £5", "cp1252", "Siân £5", []),
        ("Example", "ascii", "Example", []),
        ("Łódź ß 日本", "ascii", "Lodz ss ??", ["transliterated"]),
        ("Sia\u0302n", "cp1252", "Siân", ["transliterated"]),
        ("siân", "[upper, ascii]", "SIAN", ["transliterated"]),
    ],
)
def test_letters_that_the_target_cannot_hold_are_transliterated_and_signalled(
    tmp_path: Path, text: str, format_: str, expected: str, kinds: list[str]
) -> None:
    assert written(tmp_path, f"{{from: text, format: {format_}}}", text=text) == (expected, kinds)


@pytest.mark.parametrize("rule", ["text", "{join: [text]}", "{template: '{text}'}", "{from: text, max: 99}", "{from: text, format: upper}"])
def test_characters_that_xml_cannot_hold_become_spaces_and_are_signalled(tmp_path: Path, rule: str) -> None:
    value, kinds = written(tmp_path, rule, text="A\x00B\x0bC\x1fD\ufffeE\tF\r\nG")
    assert (value, kinds) == ("A B C D E\tF\r\nG", ["control-character"])


@pytest.mark.parametrize(
    ("format_", "winter", "summer"),
    [
        ("time", "06:15:00", "00:30:00"),
        ("time-utc", "06:15:00Z", "23:30:00Z"),
        ("time-offset", "06:15:00+00:00", "00:30:00+01:00"),
        ("date-utc", "2026-11-22", "2026-06-30"),
        ("year", "2026", "2026"),
    ],
)
def test_the_parts_of_an_instant_are_written_with_or_without_their_offset(tmp_path: Path, format_: str, winter: str, summer: str) -> None:
    rule = f"{{from: submitted_at, format: {format_}}}"
    assert written(tmp_path, rule, submitted_at="2026-11-22T06:15:00+00:00") == (winter, [])
    assert written(tmp_path, rule, submitted_at="2026-06-30T23:30:00+00:00") == (summer, [])


@pytest.mark.parametrize(
    ("instant", "local", "offset", "kinds"),
    [
        ("2026-10-25T00:30:00Z", "01:30:00", "01:30:00+01:00", ["ambiguous-time"]),  # the first half past one
        ("2026-10-25T01:30:00Z", "01:30:00", "01:30:00+00:00", ["ambiguous-time"]),  # the second
        ("2026-10-25T02:30:00Z", "02:30:00", "02:30:00+00:00", []),
        ("2026-03-29T00:59:59Z", "00:59:59", "00:59:59+00:00", []),  # the last second before the hour that March has not
        ("2026-03-29T01:00:00Z", "02:00:00", "02:00:00+01:00", []),
    ],
)
def test_a_time_alone_is_right_on_the_days_the_clocks_change(
    tmp_path: Path, instant: str, local: str, offset: str, kinds: list[str]
) -> None:
    assert written(tmp_path, "{from: submitted_at, format: time}", submitted_at=instant) == (local, kinds)
    assert written(tmp_path, "{from: submitted_at, format: time-offset}", submitted_at=instant) == (offset, [])


@pytest.mark.parametrize(("anonymous", "expected"), [(True, "1"), (False, "0")])
def test_a_yes_or_no_may_be_a_digit(tmp_path: Path, anonymous: bool, expected: str) -> None:
    assert written(tmp_path, "{from: anonymous, format: one-zero}", anonymous=anonymous) == (expected, [])


@pytest.mark.parametrize(
    ("text", "only", "expected", "kinds"),
    [
        ("O'Neil-Ŵyn", "A-Za-z'-", "O'Neil-Wyn", ["transliterated"]),
        ("a|b`c", "a-z ", "a b c", ["transliterated"]),
        ("12/14", "0-9/", "12/14", []),
        ("[x]^\\", "[]^\\x", "[x]^\\", []),
        ("£5", "0-9", "   5", ["transliterated"]),
    ],
)
def test_a_text_is_written_in_the_characters_that_its_target_takes(
    tmp_path: Path, text: str, only: str, expected: str, kinds: list[str]
) -> None:
    value, found = written(tmp_path, f"{{from: text, only: '{only.replace(chr(39), chr(39) * 2)}'}}", text=text)
    assert (value.strip(), found) == (expected.strip(), kinds)


def test_a_column_of_a_width_has_one_line_and_no_more_than_its_width(tmp_path: Path) -> None:
    assert written(tmp_path, "{from: text, width: 8}", text="one\r\ntwo\tthree") == ("one two ", ["line-break", "truncated"])
    assert written(tmp_path, "{from: text, format: one-line}", text="one\r\ntwo") == ("one two", ["line-break"])
