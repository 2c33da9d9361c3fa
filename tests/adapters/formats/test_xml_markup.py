"""XML as other people's schemas ask for it: namespaces, nil, CDATA, documents inside documents, schemas of several files."""

from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from adapters.registry import make_format
from hub.contracts import Misconfigured, Unencodable
from hub.mapping.record import Node, Record
from hub.reports.model import Report
from tests.adapters.formats.records import DROP
from tests.mapping.maps import DAY, a_report, field_map

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
HEAD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"'
ANY = f'{HEAD} targetNamespace="urn:a"><xs:element name="Top"/><xs:element name="Drop"/></xs:schema>'
INNER = f"""{HEAD} xmlns="urn:b" targetNamespace="urn:b"><xs:include schemaLocation="types.xsd"/>
<xs:element name="Case"><xs:complexType>
<xs:sequence><xs:element name="Ref" type="Ref"/></xs:sequence></xs:complexType></xs:element></xs:schema>"""
TYPES = f"""{HEAD} xmlns="urn:b" targetNamespace="urn:b"><xs:simpleType name="Ref"><xs:restriction base="xs:string">
<xs:maxLength value="20"/></xs:restriction></xs:simpleType></xs:schema>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("any.xsd", ANY), ("inner.xsd", INNER), ("types.xsd", TYPES)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def mapped(folder: Path, fields: str, report: Report | None = None) -> Record:
    return field_map(folder, fields).apply(report or a_report(), DAY)


def body(folder: Path, record: Record, **options: object) -> bytes:
    settings = {"schema": "any.xsd", "batch": "report", "namespace": "urn:a", **options}
    (payload,) = make_format("xml", settings, folder).encode([record], DROP)
    return payload.body


def test_a_namespace_holds_for_an_element_and_what_is_below_it(folder: Path) -> None:
    fields = "Top: {fields: {A: reference, B: {namespace: 'urn:c', fields: {C: reference, '@d': service}}, 'p:E': category}}"
    written = body(folder, mapped(folder, fields), namespaces={"p": "urn:p"})
    assert [element.tag for element in etree.fromstring(written).iter("*")] == [
        "{urn:a}Top",
        "{urn:a}A",
        "{urn:c}B",
        "{urn:c}C",
        "{urn:p}E",
    ]
    assert written.count(b"xmlns") == 3
    assert b"<C>" in written


def test_what_is_absent_is_left_out_or_empty_or_nil(folder: Path) -> None:
    fields = """
Top:
  fields:
    Out: incident.weapon
    Empty: {from: incident.weapon, empty: true}
    Nil: {from: incident.weapon, empty: nil}
    Group: {empty: nil, fields: {Weapon: incident.weapon}}
    There: {from: reference, empty: nil}
"""
    root = etree.fromstring(body(folder, mapped(folder, fields)))
    assert [(etree.QName(child).localname, child.text, child.get(f"{XSI}nil")) for child in root] == [
        ("Empty", None, None),
        ("Nil", None, "true"),
        ("Group", None, "true"),
        ("There", "CRN-2026-000123", None),
    ]


@pytest.mark.parametrize("text", ["<b> & c", "a ]]> b", "]]>"])
def test_cdata_is_read_back_as_it_was_whatever_is_in_it(folder: Path, text: str) -> None:
    written = body(folder, mapped(folder, "Top: {fields: {T: {from: text, cdata: true}}}", a_report(text=text)))
    assert etree.fromstring(written)[0].text == text
    assert (b"<![CDATA[" in written) is ("]]>" not in text)


@pytest.mark.parametrize("embed", ["xml", "base64"])
def test_a_document_inside_has_its_own_namespace_and_schema(folder: Path, embed: str) -> None:
    fields = f"Top: {{fields: {{Payload: {{embed: {embed}, fields: {{Case: {{namespace: 'urn:b', fields: {{Ref: reference}}}}}}}}}}}}"
    text = etree.fromstring(body(folder, mapped(folder, fields), embedded={"Payload": "inner.xsd"}))[0].text
    inner = etree.fromstring(b64decode(str(text)) if embed == "base64" else str(text).encode())
    assert [(element.tag, element.text) for element in inner.iter("*")] == [("{urn:b}Case", None), ("{urn:b}Ref", "CRN-2026-000123")]


def test_a_fault_inside_is_named_by_its_path_without_its_value(folder: Path) -> None:
    fields = "Top: {fields: {Payload: {embed: xml, fields: {Case: {namespace: 'urn:b', fields: {Ref: text}}}}}}"
    with pytest.raises(Unencodable) as refused:
        body(folder, mapped(folder, fields, a_report(text="canary" * 9)), embedded={"Payload": "inner.xsd"})
    assert refused.value.faults == ((0, "schema-invalid", "Top/Payload/Case/Ref (maxlength)"),)


def test_the_root_may_be_as_a_third_party_wants_it(folder: Path) -> None:
    options = {"root": "Drop", "header": "none", "attributes": {"SchemaVersion": "1.0"}, "schema_location": "urn:a any.xsd"}
    root = etree.fromstring(body(folder, mapped(folder, "Top: {fields: {A: reference}}"), **options))
    assert {str(name): text for name, text in root.items()} == {"SchemaVersion": "1.0", f"{XSI}schemaLocation": "urn:a any.xsd"}


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (
            f'{HEAD}><xs:import namespace="urn:x" schemaLocation="http://example.com/x.xsd"/></xs:schema>',
            "nothing is fetched from a network",
        ),
        (f'{HEAD}><xs:include schemaLocation="../elsewhere.xsd"/></xs:schema>', "no file in the profile's folder"),
        (f"<!DOCTYPE a [<!ENTITY b 'c'>]>{HEAD}></xs:schema>", "document type declaration"),
    ],
)
def test_a_schema_leads_nowhere_but_to_its_own_folder(folder: Path, schema: str, says: str) -> None:
    (folder / "far.xsd").write_text(schema, encoding="utf-8")
    with pytest.raises(Misconfigured, match=says):
        make_format("xml", {"schema": "far.xsd", "batch": "report"}, folder)


def _with(nodes: list[Node], text: str) -> list[Node]:
    """The nodes, each value another."""
    return [(field, _with(content, text) if isinstance(content, list) else text) for field, content in nodes]


@pytest.mark.parametrize("embed", ["xml", "base64"])
@pytest.mark.parametrize("text", ["a\x0bb", "half \ud800 a pair"])
def test_a_character_that_xml_cannot_hold_is_named_inside_a_document_too(folder: Path, embed: str, text: str) -> None:
    fields = f"Top: {{fields: {{Payload: {{embed: {embed}, fields: {{Case: {{fields: {{Ref: reference}}}}}}}}}}}}"
    record = mapped(folder, fields)  # a map lets no such character through: only a format that is used by itself meets one
    with pytest.raises(Unencodable) as refused:
        body(folder, replace(record, nodes=_with(record.nodes, text)))
    assert refused.value.faults == ((0, "schema-invalid", "Top/Payload/Case/Ref (character that XML cannot hold)"),)


def test_an_attribute_that_two_rules_write_is_found_in_its_own_report(folder: Path) -> None:
    fields = "Top: {fields: {'@a': {from: reference, when: {language: cy}}, Twice: {from: category, name: '@a'}}}"
    options = {"schema": "any.xsd", "root": "Drop", "namespace": "urn:a"}
    records = [mapped(folder, fields), mapped(folder, fields, a_report(language="cy"))]
    with pytest.raises(Unencodable) as refused:
        list(make_format("xml", options, folder).encode(records, DROP))
    assert refused.value.faults == ((1, "schema-invalid", "report (an attribute twice)"),)


def test_a_name_in_no_namespace_says_so_inside_one_that_has_one(folder: Path) -> None:
    fields = "Top: {fields: {A: reference, '@x': {literal: \"1\\t2\\n'3'\\\"\"}}}"
    options = {"root": "Drop", "namespaces": {"a": "urn:a"}, "namespace": "urn:a"}
    written = body(folder, mapped(folder, fields), **options)
    root = etree.fromstring(written)
    assert [element.tag for element in root.iter("*")] == ["{urn:a}Drop", "{urn:a}Top", "{urn:a}A"]
    assert root[0].get("x") == "1\t2\n'3'\""
    with pytest.raises(Misconfigured, match="no such name"):
        body(folder, mapped(folder, "Top: {fields: {'A&B': reference}}"))
