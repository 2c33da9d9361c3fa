"""An XML Schema says the same of a document whether it is judged while it is read, or as a tree."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.formats.xsd import OWN_BYTES, XmlSchema

_PARSER = etree.XMLParser(**OWN_BYTES)
_PERSONS = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="drop">
    <xs:complexType>
      <xs:choice maxOccurs="unbounded">
        <xs:element name="person">
          <xs:complexType>
            <xs:simpleContent><xs:extension base="short"><xs:attribute name="id" type="{id}"/></xs:extension></xs:simpleContent>
          </xs:complexType>
        </xs:element>
        <xs:element name="role"><xs:complexType><xs:attribute name="of" type="xs:string" use="required"/></xs:complexType></xs:element>
      </xs:choice>
    </xs:complexType>
    {keys}
  </xs:element>
  <xs:simpleType name="short"><xs:restriction base="xs:string"><xs:maxLength value="9"/></xs:restriction></xs:simpleType>
</xs:schema>
"""
_KEYS = """
    <xs:key name="ids"><xs:selector xpath="person"/><xs:field xpath="@id"/></xs:key>
    <xs:keyref name="roles" refer="ids"><xs:selector xpath="role"/><xs:field xpath="@of"/></xs:keyref>
"""
_GOOD = b'<drop><person id="a">Ann &amp; Bo</person><person id="b"/><role of="a"/></drop>'
_BAD = {
    "longer than it may be": b'<drop><person id="a">Ann and Bo</person></drop>',
    "unknown": b'<drop><person id="a"/><other/></drop>',
    "no attribute": b'<drop><person id="a"/><role/></drop>',
    "a key twice": b'<drop><person id="a"/><person id="a"/></drop>',
    "a reference to nothing": b'<drop><person id="a"/><role of="b"/></drop>',
    "nothing in it": b"<drop/>",
    "another root": b'<person id="a"/>',
}


def _schema(folder: Path, id_type: str = "xs:string", keys: str = _KEYS) -> XmlSchema:
    (folder / "persons.xsd").write_text(_PERSONS.format(id=id_type, keys=keys))
    return XmlSchema(folder / "persons.xsd")


def test_what_holds_to_a_schema_passes_and_has_no_faults(tmp_path: Path) -> None:
    schema = _schema(tmp_path)
    assert (schema.passes(_GOOD), _faults(schema, _GOOD)) == (True, [])


@pytest.mark.parametrize("document", _BAD.values(), ids=_BAD)
def test_what_does_not_hold_to_it_does_not_pass_and_has_faults(tmp_path: Path, document: bytes) -> None:
    schema = _schema(tmp_path)
    assert not schema.passes(document)
    assert _faults(schema, document)
    assert schema.passes(_GOOD)  # what was said of one document is not said of the next


def test_what_cannot_be_read_does_not_pass(tmp_path: Path) -> None:
    assert not _schema(tmp_path).passes(_GOOD[:-1])


def test_types_that_are_judged_whole_only_in_a_tree_are_judged_there(tmp_path: Path) -> None:
    schema = _schema(tmp_path, "xs:ID", keys="")
    assert (schema.passes(_GOOD), _faults(schema, _GOOD)) == (False, [])
    assert _faults(schema, _BAD["a key twice"]) == ["person/@id (datatype-valid-1-2-1)"]


def test_a_parser_that_says_nothing_of_the_schema_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parser = etree.XMLParser

    def deaf(**options: Any) -> etree.XMLParser:
        options.pop("schema", None)
        return parser(**options)

    monkeypatch.setattr(etree, "XMLParser", deaf)
    schema = _schema(tmp_path)
    assert (schema.passes(_GOOD), _faults(schema, _GOOD)) == (False, [])


def test_threads_that_judge_at_once_are_told_each_of_its_own_document(tmp_path: Path) -> None:
    schema = _schema(tmp_path)
    documents = [_GOOD, *_BAD.values()] * 200
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(schema.passes, documents)) == [document == _GOOD for document in documents]


def _faults(schema: XmlSchema, document: bytes) -> list[str]:
    return schema.faults(etree.fromstring(document, _PARSER), inside=1)
