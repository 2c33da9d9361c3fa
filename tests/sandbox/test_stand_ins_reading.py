"""What the stand-ins find in a payload, by format and profile."""

import csv
import io

import orjson
import pytest

from sandbox.onboard import places_in
from sandbox.reading import Seen, Unreadable, reports_in
from sandbox.stands import Place, Stand

A, B = Seen("a", "SOH-1111"), Seen("b", "SOH-2222")


def stand(format_: str, *places: Place, **options: str) -> Stand:
    return Stand("kent", "rs", "kent", "some-style", "sftp", format_, places, options)


def test_xml_is_read_at_the_places_of_the_full_form_and_of_the_skeleton() -> None:
    reader = stand("xml", Place("o:Occurrence/Source/@id", "o:Occurrence/Source/#text"), Place("Enquiry/Id", "Enquiry/Reference"))
    body = b"""<Drop xmlns="urn:x" xmlns:o="urn:o"><o:Occurrence><Source id="a">SOH-1111</Source></o:Occurrence>
               <Enquiry><Id>b</Id><Reference>SOH-2222</Reference></Enquiry></Drop>"""
    assert reports_in(reader, "k.xml", body) == [A, B]


def test_a_form_with_another_inner_shape_under_the_same_element_is_read_too() -> None:
    reader = stand("xml", Place("Incident/Full/Id", "Incident/Full/Ref"), Place("Incident/Id", "Incident/Ref"))
    body = b"<D><Incident><Full><Id>a</Id><Ref>SOH-1111</Ref></Full></Incident><Incident><Id>b</Id><Ref>SOH-2222</Ref></Incident></D>"
    assert reports_in(reader, "k.xml", body) == [A, B]


def test_csv_reports_are_the_rows_of_the_main_table() -> None:
    reader = stand("csv", Place("incidents/ID", "incidents/REF"), delimiter=";", encoding="utf-8-sig")
    table = io.StringIO(newline="")
    rows = csv.writer(table, delimiter=";", quoting=csv.QUOTE_ALL)
    rows.writerows([["ID", "TEXT", "REF"], ["a", 'one; "two"\r\nthree', "SOH-1111"], ["b", "ŵ" * 150_000, "SOH-2222"]])
    body = table.getvalue().encode("utf-8-sig")
    assert reports_in(reader, "kent.rs.routine.k7q2.000001.incidents.csv", body) == [A, B]
    assert reports_in(reader, "kent.rs.routine.k7q2.000001.persons.csv", b"ID\r\na\r\na\r\n") == []


@pytest.mark.parametrize(("name", "envelope"), [("k.ndjson", ""), ("k.json", "reports"), ("k.json", "")])
def test_json_is_read_as_lines_as_an_envelope_or_as_one_report(name: str, envelope: str) -> None:
    documents = [{"meta": {"id": seen.submission_id}, "ref": seen.reference} for seen in (A, B)]
    bodies = {
        "k.ndjson": b"\n".join(map(orjson.dumps, documents)),
        "reports": orjson.dumps({"reports": documents}),
        "": orjson.dumps(documents[0]),
    }
    reader = stand("json", Place("meta/id", "ref"), **({"envelope": envelope} if envelope else {}))
    assert reports_in(reader, name, bodies[envelope or (name if "nd" in name else "")]) == ([A, B] if envelope or "nd" in name else [A])


@pytest.mark.parametrize(
    ("format_", "name", "body", "code"),
    [
        ("csv", "k.t.csv", b'ID,REF\r\n"a', "not-csv"),
        ("csv", "k.t.csv", b"ID,REF\r\n\xff,x", "not-csv"),
        ("csv", "k.t.csv", b"ID\r\na\r\n", "report-without-id"),
        ("json", "k.json", b"", "not-json"),
        ("json", "k.json", b'["a"]', "report-without-id"),
        ("json", "k.json", b"[" * 100_000, "not-json"),
        ("xml", "k.xml", b"", "not-xml"),
    ],
)
def test_what_is_not_as_published_is_told_by_a_code(format_: str, name: str, body: bytes, code: str) -> None:
    place = Place("ID", "REF") if format_ == "json" else Place("t/ID", "t/REF")
    with pytest.raises(Unreadable, match=f"^{code}$"):
        reports_in(stand(format_, place), name, body)


def test_a_field_map_says_where_a_report_identifies_itself() -> None:
    profile = {
        "fields": {
            "incidents": {"fields": {"SUBMISSION_ID": "submission_id", "WHO": {"fields": {"REF": {"from": "reference", "max": "40"}}}}},
            "persons": {"each": "people", "fields": {"SUBMISSION_ID": "submission_id", "REF": "reference"}},
        },
        "skeleton": {"fields": {"enquiries": {"fields": {"ID": "submission_id", "REF": "reference", "AGAIN": "reference"}}}},
    }
    expected = [Place("incidents/SUBMISSION_ID", "incidents/WHO/REF"), Place("enquiries/ID", "enquiries/REF")]
    assert list(places_in(profile, by_table=True)) == expected


def test_a_json_field_map_may_put_them_under_different_names() -> None:
    profile = {"fields": {"id": "submission_id", "attributes": {"with": "incident", "fields": {"ref": "reference"}}}}
    assert list(places_in(profile, by_table=False)) == [Place("id", "attributes/ref")]
