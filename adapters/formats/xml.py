"""Records as XML: one document for a drop, or one for each report, valid against the profile's XSD."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lxml import etree
from pydantic import BaseModel, model_validator
from pydantic import Field as Option

from adapters.formats.schemas import schema_file
from adapters.formats.values import as_instant, as_text
from adapters.formats.xsd import XmlSchema
from adapters.settings import STRICT, read
from hub.contracts import DropHeader, Encoded, Misconfigured, Unencodable
from hub.mapping.record import Node, Record, TargetField

XSI = "http://www.w3.org/2001/XMLSchema-instance"
_KNOWN = {"xsi": XSI, "xml": "http://www.w3.org/XML/1998/namespace"}  # prefixes that need no declaration
_NIL = f"{{{XSI}}}nil"


class XmlOptions(BaseModel):
    """`root` is the element around the records; where each report is a document of its own, it may do without one."""

    model_config = STRICT

    schema_: str = Option(alias="schema")  # an XSD in the profile's folder
    root: str | None = None
    header: Literal["attributes", "none"] = "attributes"  # whether the root has the drop's key, sequence and count
    attributes: Mapping[str, str] = {}  # that the root always has
    schema_location: str | None = None  # the root's xsi:schemaLocation
    namespace: str | None = None  # of every name without a prefix
    namespaces: Mapping[str, str] = {}  # by the prefix that target names use: `p:Person`
    embedded: Mapping[str, str] = {}  # the schema of the document inside, by the name of the target that holds it
    batch: Literal["drop", "report"] = "drop"

    @model_validator(mode="after")
    def _a_drop_has_a_root(self) -> "XmlOptions":
        if self.batch == "drop" and not self.root:
            raise ValueError("a drop of many reports needs a root element: give `root`, or `batch: report`")
        if not self.root and self.attributes:
            raise ValueError("attributes are the root's: give `root`, or map them as `@name`")
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
        self._schema = XmlSchema(schema_file(folder, self._options.schema_))
        self._inner = {name: XmlSchema(schema_file(folder, file)) for name, file in self._options.embedded.items()}
        self._written_as: dict[TargetField, _Tag] = {}

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
        if self._faults(document):
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
                elements.append(self._top(record.nodes))
            except _Unwritable as unwritable:
                faults += [(index, "schema-invalid", where) for where in unwritable.wheres]
        if faults:
            raise Unencodable(faults)
        return elements

    def _top(self, nodes: list[Node]) -> etree._Element:
        """The one element at the top of a record, or of a document inside it."""
        field, content = nodes[0] if len(nodes) == 1 else (None, None)
        if field is None or not isinstance(content, list):
            raise Misconfigured("bad-field-map", "an XML field map has exactly one element at the top, with the others below it")
        tag = self._written_as.get(field) or self._tag(field)
        element = etree.Element(tag.name, nsmap={**self._namespaces(field.markup.namespace), **self._options.namespaces})
        self._fill(element, content)
        return element

    def _fill(self, parent: etree._Element, nodes: list[Node]) -> None:
        tags, below = self._written_as, etree.SubElement  # sixty nodes in a report: names are looked up once
        for field, content in nodes:
            tag = tags.get(field) or self._tag(field)
            try:
                if isinstance(content, list):
                    self._group(below(parent, tag.name, None, tag.nsmap), field, content)
                elif tag.plain:
                    below(parent, tag.name, None, tag.nsmap).text = content if content.__class__ is str else as_text(content)
                elif field.name[0] == "@":
                    parent.set(tag.name, as_text(content))
                elif field.name == "#text":
                    parent.text = as_text(content)
                else:
                    _marked(below(parent, tag.name, None, tag.nsmap), field, as_text(content), absent=content is None)
            except ValueError:
                raise _Unwritable([f"{field.path} (character that XML cannot hold)"]) from None

    def _group(self, element: etree._Element, field: TargetField, content: list[Node]) -> None:
        if field.markup.embed and content:
            _marked(element, field, self._embedded(field, content), absent=False)
        elif content or not field.markup.nil:
            self._fill(element, content)
        else:
            element.set(_NIL, "true")

    def _embedded(self, field: TargetField, content: list[Node]) -> str:
        """A document of its own, as text; judged by its own schema, where the options name one."""
        document = self._top(content)
        schema = self._inner.get(field.name)
        if schema and (faults := schema.faults(document)):
            raise _Unwritable([f"{field.path}/{where}" for where in faults])
        body = _written(document)
        return b64encode(body).decode() if field.markup.embed == "base64" else body.decode()

    def _tag(self, field: TargetField) -> "_Tag":
        """How a target is written, found once. An attribute without a prefix is in no namespace, as XML has it."""
        name, markup = field.name, field.markup
        prefix, _, local = name.removeprefix("@").rpartition(":")
        namespace = self._prefixed(name, prefix) if prefix else None if name[0] == "@" else self._default(markup.namespace)
        special = name[0] in "@#" or markup.cdata or markup.nil
        nsmap = self._namespaces(markup.namespace) if markup.declared and not prefix else None
        tag = _Tag(f"{{{namespace}}}{local}" if namespace else local, nsmap, not special)
        self._written_as[field] = tag
        return tag

    def _default(self, own: str | None) -> str | None:
        return self._options.namespace if own is None else own

    def _namespaces(self, own: str | None) -> Any:  # the stubs know no default namespace
        namespace = self._default(own)
        return {None: namespace} if namespace else {}

    def _prefixed(self, name: str, prefix: str) -> str:
        namespace = self._options.namespaces.get(prefix) or _KNOWN.get(prefix)
        if namespace is None:
            message = f"target {name!r}: no namespace is declared for the prefix {prefix!r} (format option namespaces)"
            raise Misconfigured("bad-settings", message)
        return namespace

    def _document(self, elements: Sequence[etree._Element], drop: DropHeader) -> etree._Element:
        options = self._options
        location = {f"{{{XSI}}}schemaLocation": options.schema_location} if options.schema_location else {}
        if not options.root:
            for name, text in location.items():
                elements[0].set(name, text)
            return elements[0]
        prefix, _, local = options.root.rpartition(":")
        namespace = self._prefixed(options.root, prefix) if prefix else options.namespace
        header = _header(drop, len(elements)) if options.header == "attributes" else {}
        root = etree.Element(
            f"{{{namespace}}}{local}" if namespace else local,
            nsmap={**self._namespaces(None), **options.namespaces},
            attrib={**header, **options.attributes, **location},
        )
        root.extend(elements)
        return root

    def _judge_each(self, documents: Sequence[etree._Element]) -> None:
        judged = ((index, self._faults(document)) for index, document in enumerate(documents))
        if faults := [(index, "schema-invalid", where) for index, wheres in judged for where in wheres]:
            raise Unencodable(faults)

    def _faults(self, document: etree._Element) -> list[str]:
        return self._schema.faults(document, inside=1 if self._options.root else 0)


class _Tag(NamedTuple):
    """How a target is written: its name in lxml's notation, the namespaces that it declares, and whether it is an element with a text."""

    name: str
    nsmap: Any
    plain: bool


class _Unwritable(Exception):
    """A record cannot be written: a value holds a character that XML has no way to write, or a document inside fails its schema."""

    def __init__(self, wheres: list[str]) -> None:
        super().__init__(", ".join(wheres))
        self.wheres = wheres


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


def _marked(element: etree._Element, field: TargetField, text: str, *, absent: bool) -> None:
    """An element's text as CDATA, or that it is nil. CDATA cannot hold its own end: such a text is escaped, which means the same."""
    if absent and field.markup.nil:
        element.set(_NIL, "true")
    elif field.markup.cdata and "]]>" not in text:
        element.text = etree.CDATA(text)
    else:
        element.text = text


def _header(drop: DropHeader, count: int) -> dict[str, str]:
    return {
        "drop": drop.key,
        "force": drop.force,
        "series": drop.series,
        "sequence": str(drop.sequence),
        "sealed_at": as_instant(drop.sealed_at),
        "count": str(count),
    }


def _written(document: etree._Element) -> bytes:
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")
