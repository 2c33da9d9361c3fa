"""Records as XML: one document for a drop, or one for each report, valid against the profile's XSD."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from lxml import etree
from pydantic import BaseModel, model_validator
from pydantic import Field as Option

from adapters.formats.elements import DECLARATION, Elements, Unwritable, is_name, unwritable
from adapters.formats.schemas import schema_file
from adapters.formats.values import as_instant
from adapters.formats.xsd import OWN_BYTES, XmlSchema
from adapters.settings import STRICT, read
from hub.contracts import DropHeader, Encoded, Misconfigured, Unencodable
from hub.mapping.record import Record


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

    @model_validator(mode="after")
    def _has_names(self) -> "XmlOptions":
        wrong = [name for name in (*self.attributes, *([self.root] if self.root else [])) if not is_name(name.rpartition(":")[2])]
        if wrong:
            raise ValueError(f"XML allows no such name: {wrong[0]!r}")
        return self


class XmlFormat:
    """Writes records as XML in UTF-8; a Record has exactly one node at the top, the report's own element.

    Target names are elements, `@name` attributes and `#text` the text beside them. What is written is read back, and the schema judges
    the whole document first and, only where it fails, each report alone, so that every one at fault is named.
    """

    suffix = "xml"
    media_type = "application/xml"

    def __init__(self, options: Mapping[str, object], folder: Path) -> None:
        self._options = read(XmlOptions, options, "format 'xml'")
        self._schema = XmlSchema(schema_file(folder, self._options.schema_))
        self._inner = {name: XmlSchema(schema_file(folder, file)) for name, file in self._options.embedded.items()}
        self._elements = Elements(self._options.namespace, self._options.namespaces, self._inner_faults)

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        """One payload with every record, or one for each. Raises Unencodable, code `schema-invalid`."""
        elements = self._written(records)
        try:
            yield from self._payloads(elements, records, drop)
        except _Unreadable:
            faults = list(self._why_unreadable(elements, records, drop))
            if not faults:
                raise Misconfigured("bad-settings", "the format options for a drop's own element cannot be written as XML") from None
            raise Unencodable(faults) from None

    def _payloads(self, elements: Sequence[str], records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        if self._options.batch == "report":
            documents = [self._document([element], drop) for element in elements]
            self._judge_each(documents)
            for index, document in enumerate(documents):
                key = f"{drop.key}/{records[index].key}"
                yield Encoded(key, f"{drop.key}.{records[index].key}.xml", self.media_type, document, (index,))
            return
        document = self._document(elements, drop)
        if self._faults(document):
            self._judge_each([self._document([element], drop) for element in elements])
            raise Misconfigured("bad-schema", f"the drop's own element does not hold to {self._options.schema_}")
        yield Encoded(drop.key, f"{drop.key}.xml", self.media_type, document, tuple(range(len(records))))

    def count(self, body: bytes) -> int:
        """The reports in a document. Raises ValueError where it is not well-formed, or declares a document type."""
        root = parse(body)
        return sum(isinstance(child.tag, str) for child in root) if self._options.root else 1

    def _written(self, records: Sequence[Record]) -> list[str]:
        """The element of each record."""
        elements: list[str] = []
        faults: list[tuple[int, str, str]] = []
        around = bool(self._options.root)
        own = {} if around else self._location()
        for index, record in enumerate(records):
            try:
                elements.append(self._elements.top(record.nodes, own, around=around))
            except Unwritable as fault:
                faults += [(index, "schema-invalid", where) for where in fault.wheres]
        if faults:
            raise Unencodable(faults)
        return elements

    def _why_unreadable(self, elements: Sequence[str], records: Sequence[Record], drop: DropHeader) -> Iterator[tuple[int, str, str]]:
        """The reports that a parser cannot read back, and why."""
        for index, (element, record) in enumerate(zip(elements, records, strict=True)):
            wheres = list(unwritable(record.nodes))
            try:
                self._faults(self._document([element], drop))
            except _Unreadable:
                wheres = wheres or ["report (an attribute twice)"]  # texts are escaped and names known: two rules write it
            yield from ((index, "schema-invalid", where) for where in wheres)

    def _location(self) -> dict[str, str]:
        return {"xsi:schemaLocation": self._options.schema_location} if self._options.schema_location else {}

    def _document(self, elements: Sequence[str], drop: DropHeader) -> bytes:
        options = self._options
        if not options.root:
            return _bytes(DECLARATION + elements[0])
        header = _header(drop, len(elements)) if options.header == "attributes" else {}
        own = {**header, **options.attributes, **self._location()}
        return _bytes(DECLARATION + self._elements.outermost(options.root, own, "".join(elements)))

    def _judge_each(self, documents: Sequence[bytes]) -> None:
        judged = ((index, self._faults(document)) for index, document in enumerate(documents))
        if faults := [(index, "schema-invalid", where) for index, wheres in judged for where in wheres]:
            raise Unencodable(faults)

    def _faults(self, document: bytes) -> list[str]:
        return _judged(self._schema, document, inside=1 if self._options.root else 0)

    def _inner_faults(self, name: str, document: str) -> list[str]:
        """What is wrong with a document inside another: with all of it, where the options name its schema."""
        try:
            return _judged(self._inner.get(name), _bytes(document))
        except _Unreadable:
            return ["document (an attribute twice)"]


_OWN_BYTES = etree.XMLParser(**OWN_BYTES)


class _Unreadable(Exception):
    """What was written cannot be read back: a character that XML cannot hold, or an attribute twice."""


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        raise _Unreadable from None


def _judged(schema: XmlSchema | None, document: bytes, inside: int = 0) -> list[str]:
    if schema and schema.passes(document):
        return []
    try:
        root = etree.fromstring(document, _OWN_BYTES)
    except etree.XMLSyntaxError:
        raise _Unreadable from None
    return schema.faults(root, inside=inside) if schema else []


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


def _header(drop: DropHeader, count: int) -> dict[str, str]:
    return {
        "drop": drop.key,
        "force": drop.force,
        "series": drop.series,
        "sequence": str(drop.sequence),
        "sealed_at": as_instant(drop.sealed_at),
        "count": str(count),
    }
