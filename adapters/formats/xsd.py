"""An XML Schema in a profile's folder, in one file or several, and what it says of a document."""

import re
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from lxml import etree

from hub.contracts import Misconfigured

_XS = "{http://www.w3.org/2001/XMLSchema}"
_LINKS = tuple(f"{_XS}{name}" for name in ("import", "include", "redefine"))
_OF_TREES = frozenset({"ID", "ENTITY", "ENTITIES", "NOTATION"})  # types that libxml2 judges whole only in a tree
_FOREIGN = b'<unknown xmlns="urn:of-no-schema"/>'


OWN_BYTES: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": True, "collect_ids": False}


class XmlSchema:
    """An XSD with everything that it imports and includes: files of the profile's folder, and nothing from a network or a DTD."""

    def __init__(self, path: Path) -> None:
        files = [_read(file) for file in _files(path)]
        try:
            self._schema = etree.XMLSchema(_read(path))
        except etree.XMLSchemaParseError as error:
            raise _no_schema(path, str(error)) from None
        self._judging = threading.Lock()  # a schema keeps the errors of its last document, and so does a parser
        self._parser = etree.XMLParser(**OWN_BYTES, schema=self._schema, target=cast(Any, _Nothing()))
        self._needs_tree = any(map(_has_types_of_trees, files)) or self._passes(_FOREIGN)

    def passes(self, document: bytes) -> bool:
        """Whether a document is well-formed and holds to the schema, for certain: judged while it is read, which takes no tree of it.

        Where that cannot be said the answer is no: `faults` says it of the tree.
        """
        return not self._needs_tree and self._passes(document)

    def _passes(self, document: bytes) -> bool:
        """lxml keeps what the schema says in the parser's log, and does not raise it where no tree is made."""
        with self._judging:
            try:
                etree.fromstring(document, self._parser)
            except etree.XMLSyntaxError:
                return False
            return not self._parser.error_log

    def faults(self, document: etree._Element, inside: int = 0) -> list[str]:
        """Where and how a document fails, `Occurrence/Person (maxlength)`; the messages of libxml2 hold values, so none goes on.

        `inside` is how many elements around a report its paths leave out.
        """
        with self._judging:
            if self._schema.validate(document):
                return []
            entries = list(cast("Iterable[Any]", self._schema.error_log))  # the stubs lack its iterator
        return [f"{_path(document, entry.path or '/*', inside)}{_attribute(entry.message)} ({_word(entry.type_name)})" for entry in entries]


class _Nothing:
    """What is made of a document that is only judged."""

    def close(self) -> None:
        pass


def _has_types_of_trees(file: Any) -> bool:
    """Whether a schema's file names such a type anywhere: as the type of something, or what another is made from."""
    words = (word for element in file.iter() for value in element.attrib.values() for word in value.split())
    return any(word.rpartition(":")[2] in _OF_TREES for word in words)


def _files(path: Path) -> set[Path]:
    """The schema's file and every one that it leads to. Raises Misconfigured for one that is not in the folder."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        for link in _read(file).iter(*_LINKS):
            if (location := link.get("schemaLocation")) is not None:
                waiting.append(_beside(file, location, path.parent))
    return found


def _beside(file: Path, location: str, folder: Path) -> Path:
    other = (file.parent / location).resolve()
    if not other.is_relative_to(folder.resolve()) or not other.is_file():
        message = f"{folder.name}/{file.name} leads to '{location[:100]}', which is no file in the profile's folder"
        raise Misconfigured("bad-schema", f"{message}: put it there; nothing is fetched from a network")
    return other


def _read(path: Path) -> Any:
    """A schema's file as a tree. Raises Misconfigured."""
    try:
        tree = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise _no_schema(path, str(error)) from None
    if tree.docinfo.internalDTD is not None:
        raise _no_schema(path, "it has a document type declaration: take it out")
    return tree


def _no_schema(path: Path, why: str) -> Misconfigured:
    return Misconfigured("bad-schema", f"{path.parent.name}/{path.name} is not a schema: {why}")


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
