"""CSV: any reader gets every value back as it was, and the columns never move."""

import csv
import io
from pathlib import Path

import orjson
import pandas as pd
import pytest

from adapters.registry import make_format
from hub.contracts import Misconfigured, Unencodable
from hub.mapping.record import Record
from tests.adapters.formats.records import DROP, group, item, record, value

_TABLES = {"incidents": ("SUBMISSION_ID", "CODE", "TEXT"), "persons": ("SUBMISSION_ID", "SURNAME"), "vehicles": ("SUBMISSION_ID", "VRM")}
_NASTY = 'Ŵyn “said” "no", it\'s 10;30\r\n\nŷ\ra, b\t=1+1'


def report(key: str, text: str = _NASTY, surnames: tuple[str, ...] = ("Ŷnys", "O'Neil")) -> Record:
    persons = [
        item("persons", value("persons/SUBMISSION_ID", key), group("persons/NAME", value("persons/NAME/SURNAME", surname)))
        for surname in surnames
    ]
    incident = group("incidents", value("incidents/SUBMISSION_ID", key), value("incidents/TEXT", text), value("incidents/CODE", "007"))
    return record(key, incident, *persons)


def encoded(records: list[Record], **options: object) -> dict[str, bytes]:
    payloads = make_format("csv", {"tables": _TABLES, **options}, Path()).encode(records, DROP)
    return {payload.name.removeprefix(f"{DROP.key}."): payload.body for payload in payloads}


def test_each_table_is_a_payload_with_its_members() -> None:
    records = [report("a1"), report("a2", surnames=())]
    payloads = list(make_format("csv", {"tables": _TABLES}, Path()).encode(records, DROP))
    assert [(p.key, p.name, p.members) for p in payloads] == [
        (f"{DROP.key}.incidents", f"{DROP.key}.incidents.csv", (0, 1)),
        (f"{DROP.key}.persons", f"{DROP.key}.persons.csv", (0,)),
        (f"{DROP.key}.vehicles", f"{DROP.key}.vehicles.csv", ()),
    ]


@pytest.mark.parametrize("line_ending", ["crlf", "lf"])
@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_every_value_comes_back_through_the_csv_module_and_pandas(line_ending: str, delimiter: str, encoding: str) -> None:
    body = encoded([report("a1")], line_ending=line_ending, delimiter=delimiter, encoding=encoding)["incidents.csv"]
    expected = {"SUBMISSION_ID": "a1", "CODE": "007", "TEXT": _NASTY}
    assert list(csv.DictReader(io.StringIO(body.decode(encoding), newline=""), delimiter=delimiter)) == [expected]
    frame = pd.read_csv(io.BytesIO(body), dtype=str, sep=delimiter, encoding=encoding, keep_default_na=False)
    assert frame.to_dict("records") == [expected]


def test_the_columns_stand_in_the_order_of_the_tables_whatever_a_record_has() -> None:
    files = encoded([report("a1")])
    assert files["incidents.csv"].splitlines()[0] == b'"SUBMISSION_ID","CODE","TEXT"'
    assert files["vehicles.csv"] == b'"SUBMISSION_ID","VRM"\r\n'


def test_without_a_header_there_are_only_rows() -> None:
    assert encoded([report("a1", text="x")], header="false")["incidents.csv"] == b'"a1","007","x"\r\n'


def test_the_byte_order_mark_comes_once_and_only_where_asked() -> None:
    assert encoded([report("a1"), report("a2")], encoding="utf-8-sig")["incidents.csv"].count(b"\xef\xbb\xbf") == 1
    assert b"\xef\xbb\xbf" not in encoded([report("a1")])["incidents.csv"]


def test_windows_1252_holds_what_it_can_and_names_the_field_that_it_cannot() -> None:
    assert "café £5 â".encode("cp1252") in encoded([report("a1", text="café £5 â", surnames=())], encoding="cp1252")["incidents.csv"]
    with pytest.raises(Unencodable) as refused:
        encoded([report("a1", text="plain", surnames=()), report("a2", text="ŵ", surnames=("ŷ",))], encoding="cp1252")
    where = "(character that the file cannot hold)"
    assert refused.value.faults == ((1, "schema-invalid", f"incidents/TEXT {where}"), (1, "schema-invalid", f"persons/SURNAME {where}"))


def test_a_nul_is_refused() -> None:
    with pytest.raises(Unencodable):
        encoded([report("a1", text="a\0b")])


def test_a_schema_of_the_tables_judges_every_row(tmp_path: Path) -> None:
    rows = {"type": "object", "properties": {"SURNAME": {"maxLength": 3}}}
    schema = {"properties": {"persons": {"items": rows}}}
    (tmp_path / "tables.schema.json").write_bytes(orjson.dumps(schema))
    strict = make_format("csv", {"tables": _TABLES, "schema": "tables.schema.json"}, tmp_path)
    assert len(list(strict.encode([report("a1", surnames=("Ŷnÿ",))], DROP))) == 3
    with pytest.raises(Unencodable) as refused:
        list(strict.encode([report("a1", surnames=("Ŷnÿ",)), report("a2")], DROP))
    assert refused.value.faults == ((1, "schema-invalid", "persons/SURNAME (maxLength)"),) * 2


def test_reports_are_counted_from_the_bytes_whatever_rows_they_have() -> None:
    table = make_format("csv", {"tables": _TABLES}, Path())
    payloads = list(table.encode([report("a1"), report("a2"), report("a3", surnames=())], DROP))
    assert [table.count(payload.body) for payload in payloads] == [3, 2, 0] == [len(payload.members) for payload in payloads]


def test_a_text_longer_than_python_reads_by_itself_is_counted() -> None:
    table = make_format("csv", {"tables": _TABLES}, Path())
    incidents = next(iter(table.encode([report("a1", text="x" * 200_000)], DROP)))
    assert table.count(incidents.body) == 1


@pytest.mark.parametrize("body", [b'"SUBMISSION_ID"\r\n"a1', b"\xff\xfe\xff", b'"a"b,c\r\n'])
def test_bytes_that_are_no_such_file_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"CSV|utf-8"):
        make_format("csv", {"tables": _TABLES}, Path()).count(body)


def test_a_value_without_a_column_is_never_dropped() -> None:
    astray = record("a1", group("incidents", value("incidents/SUBMISSION_ID", "a1"), value("incidents/NEW", "x")))
    unknown = record("a1", group("weapons", value("weapons/SUBMISSION_ID", "a1")))
    twice = record("a1", group("incidents", value("incidents/SUBMISSION_ID", "a1"), value("incidents/SUBMISSION_ID", "a1")))
    for wrong, says in ((astray, "NEW"), (unknown, "weapons"), (twice, "several values")):
        with pytest.raises(Misconfigured, match=says):
            encoded([wrong])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "tables"),
        ({"tables": {}}, "tables"),
        ({"tables": _TABLES, "delimeter": ";"}, "did you mean 'delimiter'"),
        ({"tables": _TABLES, "delimiter": ";;"}, "delimiter"),
        ({"tables": _TABLES, "delimiter": '"'}, "same character"),
        ({"tables": _TABLES, "encoding": "utf-7"}, "encoding"),
    ],
)
def test_wrong_options_are_named(options: dict[str, object], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        make_format("csv", options, Path())


def test_a_row_before_and_a_row_after_say_whose_and_how_many() -> None:
    options = {"first_row": ["H", "{drop}", "{date}"], "last_row": ["T", "{rows}", "{reports:4}", "{table}"]}
    table = make_format("csv", {"tables": _TABLES, **options}, Path())
    payloads = {payload.key.rpartition(".")[2]: payload for payload in table.encode([report("a1"), report("a2", surnames=())], DROP)}
    rows = list(csv.reader(io.StringIO(payloads["persons"].body.decode(), newline="")))
    assert rows[:2] == [["H", DROP.key, "2026-11-22"], ["SUBMISSION_ID", "SURNAME"]]
    assert rows[-1] == ["T", "2", "0001", "persons"]
    assert [table.count(payload.body) for payload in payloads.values()] == [2, 1, 0]
    with pytest.raises(ValueError, match="missing"):
        table.count(payloads["persons"].body.rpartition(b'"T"')[0])


def test_formulas_are_harmless_where_a_spreadsheet_opens_the_file() -> None:
    texts = ["=1+1", "@x", "+44 7700 900123", "-1.5", "plain"]
    records = [report(f"a{n}", text=text, surnames=()) for n, text in enumerate(texts)]
    body = encoded(records, formulas="harmless")["incidents.csv"]
    found = [row["TEXT"] for row in csv.DictReader(io.StringIO(body.decode(), newline=""))]
    assert found == ["'=1+1", "'@x", "+44 7700 900123", "-1.5", "plain"]
    assert b'"=1+1"' in encoded(records)["incidents.csv"]


@pytest.mark.parametrize("line_ending", ["crlf", "lf"])
def test_with_minimal_quoting_every_value_comes_back_too(line_ending: str) -> None:
    body = encoded([report("a1"), report("a2", text="x")], quoting="minimal", line_ending=line_ending)["incidents.csv"]
    assert [row["TEXT"] for row in csv.DictReader(io.StringIO(body.decode(), newline=""))] == [_NASTY, "x"]
    assert body.endswith(b"a2,007,x" + (b"\r\n" if line_ending == "crlf" else b"\n"))
