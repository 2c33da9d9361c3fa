"""What the 44 forces hold of the national sample is valid for the programs that they would read it with, and says what the report said."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
import yaml

from hub.reports.services import BY_CATEGORY
from hub.settings import PROJECT
from sandbox.holdings import Held
from tests.end_to_end.carrying import held_of
from tests.end_to_end.conftest import National
from tests.end_to_end.far_values import documents, records, rows, rows_by_pandas, table_of, values, xmllint
from tests.end_to_end.intake import Wire

pytestmark = pytest.mark.xdist_group("national sample")

PROFILES = PROJECT / "mappings" / "profiles"
BY_FORMAT = {
    "xml": {"niche-style", "red-sigma-style"},
    "json": {"connect-style", "mark43-style", "policeworks-style"},
    "csv": {"athena-style"},
}


@pytest.fixture(scope="module")
def held(national: National) -> list[Held]:
    return [one for _, one in sorted(held_of(national.stand_ins, national.hub.ledger).items())]


def of_format(held: list[Held], name: str) -> list[Held]:
    """The forces that take this format; every profile of it must be among them."""
    found = [one for one in held if one.stand.format == name and one.reports]
    assert {one.stand.profile for one in found} == BY_FORMAT[name]
    return found


@cache
def profile(name: str) -> Any:
    return yaml.safe_load((PROFILES / name / "profile.yaml").read_text(encoding="utf-8"))


def test_every_xml_document_validates_with_xmllint_against_its_profiles_schema(held: list[Held], tmp_path: Path) -> None:
    found = of_format(held, "xml")
    for name in BY_FORMAT["xml"]:
        payloads = [payload for one in found if one.stand.profile == name for payload in records(one)]
        files = [tmp_path / f"{name}-{number}.xml" for number in range(len(payloads))]
        for file, payload in zip(files, payloads, strict=True):
            file.write_bytes(payload.read())
        schema = PROFILES / name / profile(name)["format"]["schema"]
        status, said = xmllint(files, schema)
        assert (status, said.count(" validates\n")) == (0, len(files)), said[-2000:]


def test_xmllint_would_have_said_so_where_a_document_is_not_valid(held: list[Held], tmp_path: Path) -> None:
    payload = next(payload for one in of_format(held, "xml") if one.stand.profile == "niche-style" for payload in records(one))
    file = tmp_path / "spoilt.xml"
    file.write_bytes(payload.read().replace(b"<Reference>", b"<Referense>", 1).replace(b"</Reference>", b"</Referense>", 1))
    status, said = xmllint([file], PROFILES / "niche-style" / "occurrence-drop.xsd")
    assert status != 0
    assert "Referense" in said


def test_every_json_report_holds_to_its_profiles_schema(held: list[Held]) -> None:
    for one in of_format(held, "json"):
        options = profile(one.stand.profile)["format"]
        schema = jsonschema_rs.validator_for(orjson.loads((PROFILES / one.stand.profile / options["schema"]).read_bytes()))
        found = [document for payload in records(one) for document in documents(one, payload)]
        assert len(found) == len(one.reports)
        assert [error.instance_path for document in found for error in schema.iter_errors(document)] == []


def test_every_csv_table_reads_the_same_with_pythons_csv_and_with_pandas(held: list[Held]) -> None:
    for one in of_format(held, "csv"):
        for payload in records(one):
            by_csv = rows(one, payload)
            assert by_csv == rows_by_pandas(one, payload)
            assert {len(row) for row in by_csv} == {len(by_csv[0])}


def test_a_csv_row_says_in_each_column_what_the_report_said(national: National, held: list[Held]) -> None:
    compared = 0
    for one in of_format(held, "csv"):
        for payload in records(one):
            header, *found = rows(one, payload)
            for row in found:
                told = dict(zip(header, row, strict=True))
                wanted = _wanted(table_of(payload), national.sent[told["SUBMISSION_ID"]], told)
                fits = {column: value for column, value in wanted.items() if _fits(one, value)}
                assert {column: told[column] for column in fits} == fits
                compared += len(fits)
    assert compared > 1000


def _wanted(table: str, sent: Wire, told: dict[str, str]) -> dict[str, str]:
    """What must stand in some columns of a row, by the report as it was sent."""
    digital = sent["digitalReport"]
    if table == "incidents":
        whole = {"REFERENCE": sent["customerReferenceNumber"], "FORCE_CODE": sent["forceIdentifier"], "TEXT": sent["submissionContent"]}
        return whole | ({"DESCRIPTION": digital.get("incident", {}).get("description", "")} if told["FORM"] == "FULL" else {})
    if table == "persons":
        person = next(person for person in digital["people"] if person["id"] == told["PERSON_ID"])
        address = person.get("address", {})
        names = {"FORENAMES": person.get("givenNames", ""), "SURNAME": person.get("familyName", ""), "EMAIL": person.get("email", "")}
        national = {"PHONE": person["phone"].replace("+44", "0")} if "phone" in person else {}
        return names | national | {"STREET": address.get("street", ""), "POSTCODE": address.get("postcode", "")}
    if table == "property":
        item = next(item for item in digital["property"] if item["id"] == told["ITEM_ID"])
        return {"SERIAL_NUMBER": item.get("serialNumber", ""), "DESCRIPTION": item.get("description", "")}
    return {}


def test_every_force_can_read_each_report_letter_by_letter(national: National, held: list[Held]) -> None:
    compared = set()
    for one in held:
        told = values(one)
        assert set(told) == {report.submission_id for report in one.reports}
        for submission_id, there in told.items():
            wanted = [value for value in _told(national.sent[submission_id], one.stand.profile) if _fits(one, value)]
            assert [value for value in wanted if value not in there] == [], (one.stand.name, submission_id)
            compared.update(wanted)
    assert len(compared) > 3000


def test_the_sample_has_what_breaks_careless_formats(national: National, held: list[Held]) -> None:
    for one in (of_format(held, name) for name in BY_FORMAT):
        texts = [national.sent[report.submission_id]["submissionContent"] for force in one for report in force.reports]
        for sign in ('"', "\n", "&", ","):
            assert any(sign in text for text in texts), sign
    delivered = [national.sent[report.submission_id]["submissionContent"] for one in held for report in one.reports]
    assert all(any(letter in text for text in delivered) for letter in "ŵŷâô")
    sent = [wire for wire in national.sent.values() if str(wire.get("forceIdentifier", "")).startswith("0")]
    assert len(sent) > 50
    items = [item for wire in national.sent.values() for item in wire.get("digitalReport", {}).get("property", ())]
    assert any(str(item.get("serialNumber", "")).startswith("0") for item in items)


def _fits(held: Held, value: str) -> bool:
    """Whether the force's file can hold every letter; for one that cannot they are transliterated, and signalled."""
    try:
        value.encode(held.stand.options.get("encoding", "utf-8"))
    except UnicodeEncodeError:
        return False
    return True


def _told(sent: Wire, profile_name: str) -> Iterator[str]:
    """What every profile must carry of a report, as it was sent."""
    digital = sent["digitalReport"]
    yield from (sent["customerReferenceNumber"], sent["forceIdentifier"], sent["submissionContent"])
    is_full = BY_CATEGORY[sent["category"]].slug in profile(profile_name)["models"]
    for person in digital.get("people", ()) if is_full else ():
        address = person.get("address") or {}
        yield from _there(person, "givenNames", "familyName", "email", "description")
        yield from _there(address, "street", "postcode", "paon")
    for item in digital.get("property", ()) if is_full else ():
        yield from _there(item, "serialNumber", "description")
    yield from _there(digital.get("incident", {}) if is_full else {}, "description")


def _there(part: Wire, *names: str) -> Iterator[str]:
    yield from (part[name] for name in names if part.get(name))
