"""Code lists: the row of the day decides, and what is wrong with a list is said with its line."""

from datetime import date
from pathlib import Path

import pytest

from hub.documents import InvalidDocument
from hub.mapping.codes import load_codes
from hub.mapping.run import Unmappable
from tests.mapping.maps import DAY, a_report, field_map, outline, signals

HEADING = "code,value,valid_from,valid_to,lossy\n"
OFFENCES = "arson,56,,2023-04-01,\narson,56A,2023-04-01,2026-11-23,\narson,56B,2026-11-23,,yes\n"
FIELDS = "Code: {from: incident.offence, lookup: offence}"


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2023, 3, 31), "56"), (date(2023, 4, 1), "56A"), (date(2026, 11, 22), "56A"), (date(2026, 11, 23), "56B")],
)
def test_the_row_that_holds_on_the_day_decides(tmp_path: Path, day: date, expected: str) -> None:
    made = field_map(tmp_path, FIELDS, {"offence": OFFENCES})
    assert outline(made.apply(a_report(incident={"offence": "arson"}), day)) == [("Code", expected)]


def test_a_code_that_says_less_is_signalled(tmp_path: Path) -> None:
    record = field_map(tmp_path, FIELDS, {"offence": OFFENCES}).apply(a_report(incident={"offence": "arson"}), date(2027, 1, 1))
    assert signals(record) == [("lossy-code", "Code")]


def test_a_code_without_a_translation_quarantines_the_report(tmp_path: Path) -> None:
    made = field_map(tmp_path, FIELDS, {"offence": OFFENCES})
    with pytest.raises(Unmappable) as raised:
        made.apply(a_report(incident={"offence": "drugs"}), DAY)
    assert (raised.value.code, raised.value.path) == ("code-unmapped", "Code")
    assert "drugs" not in str(raised.value)


def test_or_becomes_the_text_that_the_map_gives_and_is_signalled(tmp_path: Path) -> None:
    made = field_map(tmp_path, "Code: {from: incident.offence, lookup: offence, unmapped: ZZ}", {"offence": OFFENCES})
    record = made.apply(a_report(incident={"offence": "drugs"}), DAY)
    assert (outline(record), signals(record)) == ([("Code", "ZZ")], [("unmapped-code", "Code")])


def test_a_translation_may_be_a_number(tmp_path: Path) -> None:
    fields = "Sex: {each: people, fields: {Code: {from: .gender, lookup: gender, format: integer}}}"
    made = field_map(tmp_path, fields, {"gender": "female,2,,,\n"})
    record = made.apply(a_report(people=[{"id": "p1", "roles": ["victim"], "gender": "female"}]), DAY)
    assert outline(record) == [("Sex", [("Code", 2)])]


def test_a_yes_or_no_may_be_translated(tmp_path: Path) -> None:
    made = field_map(tmp_path, "Anon: {from: anonymous, lookup: flags}", {"flags": "true,ANON,,,\nfalse,NAMED,,,\n"})
    assert outline(made.apply(a_report(anonymous=True), DAY)) == [("Anon", "ANON")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("code,value\na,b\n", "1:1: the first line should be 'code,value,valid_from,valid_to,lossy'; it is 'code,value'"),
        ("", "1:1: the first line should be 'code,value,valid_from,valid_to,lossy'; it is ''"),
        (HEADING + "a,1,,,\nb,2,,\n", "3:1: 4 values, where the heading has 5"),
        (HEADING + "a,,,,\n", "2:1: code and value may not be empty"),
        (HEADING + ",1,,,\n", "2:1: code and value may not be empty"),
        (HEADING + "a,1,,,no\n", "2:1: lossy should be 'yes' or empty"),
        (HEADING + "a,1,01/04/2023,,\n", "2:1: valid_from should be a date (YYYY-MM-DD) or empty"),
        (HEADING + "a,1,,2023-02-30,\n", "2:1: valid_to should be a date (YYYY-MM-DD) or empty"),
        (HEADING + "a,1,2023-04-01,2023-04-01,\n", "2:1: valid_to should be after valid_from"),
        (HEADING + "a,1,,2023-04-01,\nb,1,,,\na,2,2023-03-31,,\n", "4:1: the code 'a' holds twice on the same day; the other is in line 2"),
        (HEADING + "a,1,,,\na,2,,,\n", "3:1: the code 'a' holds twice on the same day; the other is in line 2"),
        (HEADING + 'a,"1"x,,,\n', "2:1: not CSV: ',' expected after '\"'"),
        (HEADING + 'a,"1,,,\n', "2:1: not CSV: unexpected end of data"),
    ],
)
def test_what_is_wrong_with_a_list_is_said_with_its_line(tmp_path: Path, body: str, expected: str) -> None:
    path = tmp_path / "codes" / "gender.csv"
    path.parent.mkdir()
    path.write_text(body, encoding="utf-8")
    with pytest.raises(InvalidDocument) as raised:
        load_codes(path)
    assert str(raised.value) == f"codes/gender.csv:{expected}"


def test_a_list_that_is_no_utf_8_or_is_not_there_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "codes" / "gender.csv"
    path.parent.mkdir()
    path.write_bytes(HEADING.encode() + b"a,\xff,,,\n")
    with pytest.raises(InvalidDocument, match=r"^codes/gender\.csv:2:1: the code list is not UTF-8$"):
        load_codes(path)
    with pytest.raises(InvalidDocument, match=r"^codes/none\.csv:1:1: the code list cannot be read: No such file or directory$"):
        load_codes(path.with_name("none.csv"))
