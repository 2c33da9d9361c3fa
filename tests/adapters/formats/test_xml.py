"""XML: what is written holds to the XSD, and says which report and which field where it would not."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from lxml import etree

from adapters.formats.xml import XmlFormat
from adapters.registry import make_format
from hub.contracts import Encoded, Misconfigured, Unencodable
from hub.mapping.record import Record
from tests.adapters.formats.records import DROP, group, item, record, value

_XSD = """<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:test:1" xmlns="urn:test:1" elementFormDefault="qualified">
  <xs:element name="Occurrence">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="Surname" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string"><xs:maxLength value="5"/></xs:restriction></xs:simpleType></xs:element>
        <xs:element name="Person" minOccurs="0" maxOccurs="unbounded">
          <xs:complexType mixed="true"><xs:attribute name="id" type="xs:NMTOKEN" use="required"/></xs:complexType>
        </xs:element>
        <xs:element name="Text" type="xs:string"/>
      </xs:sequence>
      <xs:attribute name="id" type="xs:NMTOKEN" use="required"/>
    </xs:complexType>
  </xs:element>
  <xs:element name="Drop">
    <xs:complexType>
      <xs:sequence><xs:element ref="Occurrence" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
      <xs:attribute name="drop" type="xs:string" use="required"/>
      <xs:attribute name="force" type="xs:string" use="required"/>
      <xs:attribute name="series" type="xs:string" use="required"/>
      <xs:attribute name="sequence" type="xs:positiveInteger" use="required"/>
      <xs:attribute name="sealed_at" type="xs:dateTime" use="required"/>
      <xs:attribute name="count" type="xs:nonNegativeInteger" use="required"/>
    </xs:complexType>
  </xs:element>
</xs:schema>
"""  # noqa: E501 - a schema in the width of a schema
_OPTIONS = {"schema": "drop.xsd", "root": "Drop", "namespace": "urn:test:1"}
_NAMES = {"t": "urn:test:1"}


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    (tmp_path / "drop.xsd").write_text(_XSD, encoding="utf-8")
    return tmp_path


def occurrence(key: str, *, surname: str = "Ŵyn", text: str = "OFFICIAL") -> Record:
    return record(
        key,
        group(
            "Occurrence",
            value("Occurrence/@id", key),
            value("Occurrence/Surname", surname),
            item("Occurrence/Person", value("Occurrence/Person/@id", "p1"), value("Occurrence/Person/#text", "Siân & co")),
            item("Occurrence/Person", value("Occurrence/Person/@id", "p2")),
            value("Occurrence/Text", text),
        ),
    )


def only(payloads: Iterable[Encoded]) -> Encoded:
    (payload,) = payloads
    return payload


def test_a_drop_is_one_document_with_its_header_and_every_report(profile: Path) -> None:
    payload = only(make_format("xml", _OPTIONS, profile).encode([occurrence("a1"), occurrence("a2")], DROP))
    root = etree.fromstring(payload.body)
    assert (payload.key, payload.name, payload.members) == (DROP.key, f"{DROP.key}.xml", (0, 1))
    assert payload.body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert {str(name): text for name, text in root.items()} == {
        "drop": DROP.key,
        "force": "kent",
        "series": "k7q2",
        "sequence": "17",
        "sealed_at": "2026-11-22T06:00:00Z",
        "count": "2",
    }
    assert root.xpath("t:Occurrence/@id", namespaces=_NAMES) == ["a1", "a2"]


def test_attributes_text_welsh_letters_and_markup_come_back_as_they_were(profile: Path) -> None:
    text = 'Rhoddodd hi ŵ, ŷ ac â\r\n<b> & ]]> "quoted"\ttab\n'
    payload = only(make_format("xml", _OPTIONS, profile).encode([occurrence("a1", text=text)], DROP))
    root = etree.fromstring(payload.body)
    assert root.findtext("t:Occurrence/t:Text", namespaces=_NAMES) == text
    assert root.findtext("t:Occurrence/t:Surname", namespaces=_NAMES) == "Ŵyn"
    assert root.findtext("t:Occurrence/t:Person[@id='p1']", namespaces=_NAMES) == "Siân & co"


def test_a_report_can_be_a_document_of_its_own(profile: Path) -> None:
    options = {"schema": "drop.xsd", "namespace": "urn:test:1", "batch": "report"}
    xml = make_format("xml", options, profile)
    payloads = list(xml.encode([occurrence("a1"), occurrence("a2")], DROP))
    assert [(p.key, p.name, p.members) for p in payloads] == [
        (f"{DROP.key}/a1", f"{DROP.key}.a1.xml", (0,)),
        (f"{DROP.key}/a2", f"{DROP.key}.a2.xml", (1,)),
    ]
    assert [etree.fromstring(p.body).tag for p in payloads] == ["{urn:test:1}Occurrence"] * 2
    assert [xml.count(p.body) for p in payloads] == [1, 1]


@pytest.mark.parametrize("batch", ["drop", "report"])
def test_every_report_that_fails_the_schema_is_named_with_its_path_and_never_its_value(profile: Path, batch: str) -> None:
    xml = make_format("xml", _OPTIONS | {"batch": batch}, profile)
    records = [occurrence("a1"), occurrence("a2", surname="Canary-Surname"), occurrence("bad id")]
    with pytest.raises(Unencodable) as refused:
        list(xml.encode(records, DROP))
    assert refused.value.faults == (
        (1, "schema-invalid", "Occurrence/Surname (maxlength)"),
        (2, "schema-invalid", "Occurrence/@id (datatype-valid-1-2-1)"),
    )
    assert "Canary" not in repr(refused.value) + str(refused.value.__context__)


def test_a_character_that_xml_cannot_hold_is_named_by_its_field(profile: Path) -> None:
    with pytest.raises(Unencodable) as refused:
        list(make_format("xml", _OPTIONS, profile).encode([occurrence("a1", text="a\x0bb")], DROP))
    assert refused.value.faults == ((0, "schema-invalid", "Occurrence/Text (character that XML cannot hold)"),)


def test_an_empty_drop_is_a_valid_document(profile: Path) -> None:
    xml = make_format("xml", _OPTIONS, profile)
    assert xml.count(only(xml.encode([], DROP)).body) == 0


def test_reports_are_counted_from_the_bytes(profile: Path) -> None:
    xml = make_format("xml", _OPTIONS, profile)
    assert xml.count(only(xml.encode([occurrence(f"a{n}") for n in range(7)], DROP)).body) == 7


def test_a_large_drop_is_read_back_without_a_huge_tree(profile: Path) -> None:
    xml = make_format("xml", _OPTIONS, profile)
    records = [occurrence(f"a{n}", text="x" * 200_000) for n in range(120)]
    assert xml.count(only(xml.encode(records, DROP)).body) == 120


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Drop>",
        b'<!DOCTYPE Drop [<!ENTITY a "boom">]><Drop>&a;</Drop>',
        b'<!DOCTYPE Drop SYSTEM "file:///etc/passwd"><Drop/>',
        b"<a>" * 5000,
    ],
    ids=["empty", "cut", "entity", "external", "deep"],
)
def test_hostile_bytes_are_refused_when_they_are_read_back(profile: Path, body: bytes) -> None:
    with pytest.raises(ValueError, match="XML"):
        make_format("xml", _OPTIONS, profile).count(body)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"schema": "drop.xsd"}, "root"),
        ({"schema": "drop.xsd", "root": "Drop", "rooot": "x"}, "rooot"),
        ({"schema": "missing.xsd", "root": "Drop"}, "missing.xsd"),
        ({"schema": "../drop.xsd", "root": "Drop"}, "../drop.xsd"),
        ({"schema": "broken.xsd", "root": "Drop"}, "broken.xsd"),
        ({"root": "Drop"}, "schema"),
    ],
)
def test_wrong_options_are_named(profile: Path, options: dict[str, object], says: str) -> None:
    (profile / "broken.xsd").write_text("<schema/>", encoding="utf-8")
    with pytest.raises(Misconfigured, match=says.replace(".", r"\.")):
        make_format("xml", options, profile)


def test_a_prefix_puts_a_name_into_its_own_namespace(tmp_path: Path) -> None:
    (tmp_path / "any.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:b:1"><xs:element name="Top"/></xs:schema>',
        encoding="utf-8",
    )
    xml = XmlFormat({"schema": "any.xsd", "batch": "report", "namespace": "urn:a:1", "namespaces": {"b": "urn:b:1"}}, tmp_path)
    top = group("b:Top", value("b:Top/@x", "1"), value("b:Top/@b:y", "2"), value("b:Top/Plain", "3"))
    root = etree.fromstring(only(xml.encode([record("a1", top)], DROP)).body)
    assert (root.tag, {str(name): text for name, text in root.items()}, root[0].tag) == (
        "{urn:b:1}Top",
        {"x": "1", "{urn:b:1}y": "2"},
        "{urn:a:1}Plain",
    )
    with pytest.raises(Misconfigured, match="'c'"):
        list(xml.encode([record("a1", group("c:Top"))], DROP))


def test_what_is_written_validates_with_xmllint_too(profile: Path) -> None:
    xmllint = shutil.which("xmllint")
    assert xmllint, "xmllint is missing: apt-get install libxml2-utils"
    (profile / "drop.xml").write_bytes(only(make_format("xml", _OPTIONS, profile).encode([occurrence("a1")], DROP)).body)
    subprocess.run([xmllint, "--noout", "--nonet", "--schema", "drop.xsd", "drop.xml"], cwd=profile, check=True, capture_output=True)
