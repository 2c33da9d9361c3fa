"""Records as XML: one document for a drop, or one for each report, valid against the profile's XSD."""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from lxml import etree
from pydantic import BaseModel, Field, model_validator

from adapters.formats.schemas import schema_file
from adapters.formats.values import as_instant, as_text
from adapters.settings import STRICT, read
from hub.contracts import DropHeader, Encoded, Misconfigured, Unencodable
from hub.mapping.record import Node, Record


class XmlOptions(BaseModel):
    """`root` is the element around the records; where each report is a document of its own, it may do without one."""

    model_config = STRICT

    schema_: str = Field(alias="schema")  # an XSD in the profile's folder
    root: str | None = None
    namespace: str | None = None  # of every name without a prefix
    namespaces: Mapping[str, str] = {}  # by the prefix that target names use: `p:Person`
    batch: Literal["drop", "report"] = "drop"

    @model_validator(mode="after")
    def _a_drop_has_a_root(self) -> "XmlOptions":
        if self.batch == "drop" and not self.root:
            raise ValueError("a drop of many reports needs a root element: give `root`, or `batch: report`")
        return self


class XmlFormat:
    """Writes records as XML in UTF-8; a Record has exactly one node at the top, the report's own element.

    Target names are elements, `@name` attributes and `#text` the text beside them. The schema judges the whole document
    first and, only where it fails, each report alone, so that every one at fault is named.
    """

    suffix = "xml"
    media_type = "application/xml"

    def __init__(self, options: Mapping[str, object], folder: Path) -> None:
        self._options = read(XmlOptions, options, "format 'xml'")
        self._schema = _schema(schema_file(folder, self._options.schema_))
        self._judging = threading.Lock()  # a schema keeps the errors of its last document
        default: Any = {None: self._options.namespace} if self._options.namespace else {}  # the stubs know no default namespace
        self._nsmap = {**default, **self._options.namespaces}
        self._qualify = cache(self._qualified)

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        """One payload with every record, or one for each. Raises Unencodable, code `schema-invalid`."""
        elements = self._elements(records)
        if self._options.batch == "report":
            documents = [self._document([element], drop) for element in elements]
            self._judge_each(documents)
            for index, document in enumerate(documents):
                key = f"{drop.key}/{records[index].key}"
                yield Encoded(key, f"{drop.key}.{records[index].key}.xml", self.media_type, _written(document), (index,))
            return
        document = self._document(elements, drop)
        if self._errors(document):
            self._judge_each([self._document([element], drop) for element in elements])
            raise Misconfigured("bad-schema", f"the drop's own element does not hold to {self._options.schema_}")
        yield Encoded(drop.key, f"{drop.key}.xml", self.media_type, _written(document), tuple(range(len(records))))

    def count(self, body: bytes) -> int:
        """The reports in a document. Raises ValueError where it is not well-formed, or declares a document type."""
        root = parse(body)
        return sum(isinstance(child.tag, str) for child in root) if self._options.root else 1

    def _elements(self, records: Sequence[Record]) -> list[etree._Element]:
        elements: list[etree._Element] = []
        faults: list[tuple[int, str, str]] = []
        for index, record in enumerate(records):
            try:
                elements.append(self._element(record))
            except _Unwritable as fault:
                faults.append((index, "schema-invalid", f"{fault} (character that XML cannot hold)"))
        if faults:
            raise Unencodable(faults)
        return elements

    def _element(self, record: Record) -> etree._Element:
        if len(record.nodes) != 1 or not isinstance(record.nodes[0].content, list):
            raise Misconfigured("bad-field-map", "an XML field map has exactly one element at the top, with the others below it")
        top = record.nodes[0]
        element = etree.Element(self._qualify(top.field.name), nsmap=self._nsmap)
        self._fill(element, record.nodes[0].content)
        return element

    def _fill(self, parent: etree._Element, nodes: list[Node]) -> None:
        qualify, below = self._qualify, etree.SubElement  # sixty nodes in a report: names are looked up once
        for field, content in nodes:
            name = field.name
            try:
                if isinstance(content, list):
                    self._fill(below(parent, qualify(name)), content)
                elif name[0] == "@":
                    parent.set(qualify(name), as_text(content))
                elif name == "#text":
                    parent.text = as_text(content)
                else:
                    below(parent, qualify(name)).text = as_text(content)
            except ValueError:
                raise _Unwritable(field.path) from None

    def _qualified(self, name: str) -> str:
        """A target's name in lxml's notation. An attribute without a prefix is in no namespace, as XML has it."""
        attribute = name.startswith("@")
        prefix, _, local = name.removeprefix("@").rpartition(":")
        if not prefix:
            return local if attribute or not self._options.namespace else f"{{{self._options.namespace}}}{local}"
        if prefix not in self._options.namespaces:
            raise Misconfigured(
                "bad-settings", f"target {name!r}: no namespace is declared for the prefix {prefix!r} (format option namespaces)"
            )
        return f"{{{self._options.namespaces[prefix]}}}{local}"

    def _document(self, elements: Sequence[etree._Element], drop: DropHeader) -> etree._Element:
        if not self._options.root:
            return elements[0]
        header = {
            "drop": drop.key,
            "force": drop.force,
            "series": drop.series,
            "sequence": str(drop.sequence),
            "sealed_at": as_instant(drop.sealed_at),
        }
        root = etree.Element(self._qualify(self._options.root), nsmap=self._nsmap, attrib={**header, "count": str(len(elements))})
        root.extend(elements)
        return root

    def _judge_each(self, documents: Sequence[etree._Element]) -> None:
        judged = ((index, self._errors(document)) for index, document in enumerate(documents))
        if faults := [(index, "schema-invalid", where) for index, errors in judged for where in errors]:
            raise Unencodable(faults)

    def _errors(self, document: etree._Element) -> list[str]:
        """Where and how a document fails its schema; the messages of libxml2 hold values, so none goes on."""
        with self._judging:
            if self._schema.validate(document):
                return []
            entries = list(cast("Iterable[Any]", self._schema.error_log))  # the stubs lack its iterator
        inside = 1 if self._options.root else 0
        return [f"{_path(document, entry.path or '/*', inside)}{_attribute(entry.message)} ({_word(entry.type_name)})" for entry in entries]


class _Unwritable(Exception):
    """A value holds a character that XML has no way to write; the text is its field's path."""


def parse(body: bytes) -> etree._Element:
    """The root of a document, read without entities, document types, network or huge trees. Raises ValueError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed XML in line {error.lineno}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("XML with a document type declaration is refused")
    return root


def _schema(path: Path) -> etree.XMLSchema:
    try:
        return etree.XMLSchema(etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)))
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise Misconfigured("bad-schema", f"{path.parent.name}/{path.name} is not a schema: {error}") from None


def _written(document: etree._Element) -> bytes:
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def _path(document: etree._Element, path: str, inside: int) -> str:
    """An element's path by its names (`Occurrence/Person`), from libxml2's, which has `*` for every name in a namespace."""
    found = cast("list[etree._Element]", document.getroottree().xpath(path))
    element = found[0] if found else document
    names = [etree.QName(step).localname for step in (*reversed(list(element.iterancestors())), element)]
    return "/".join(names[inside:] or names)


def _attribute(message: str) -> str:
    """The attribute that a message of libxml2 begins with, as `/@name`: its path leads only to the element."""
    named = re.match(r"Element '[^']*', attribute '(?:\{[^}']*\})?([^']*)':", message)
    return f"/@{named[1]}" if named else ""


def _word(kind: str) -> str:
    """`SCHEMAV_CVC_MAXLENGTH_VALID` as `maxlength`."""
    return kind.removeprefix("SCHEMAV_").removeprefix("CVC_").removesuffix("_VALID").replace("_", "-").lower()
