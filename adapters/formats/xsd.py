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


class XmlSchema:
    """An XSD with everything that it imports and includes: files of the profile's folder, and nothing from a network or a DTD."""

    def __init__(self, path: Path) -> None:
        for file in _files(path):
            _read(file)
        try:
            self._schema = etree.XMLSchema(_read(path))
        except etree.XMLSchemaParseError as error:
            raise _no_schema(path, str(error)) from None
        self._judging = threading.Lock()  # a schema keeps the errors of its last document

    def faults(self, document: etree._Element, inside: int = 0) -> list[str]:
        """Where and how a document fails, `Occurrence/Person (maxlength)`; the messages of libxml2 hold values, so none goes on.

        `inside` is how many elements around a report its paths leave out.
        """
        with self._judging:
            if self._schema.validate(document):
                return []
            entries = list(cast("Iterable[Any]", self._schema.error_log))  # the stubs lack its iterator
        return [f"{_path(document, entry.path or '/*', inside)}{_attribute(entry.message)} ({_word(entry.type_name)})" for entry in entries]


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
