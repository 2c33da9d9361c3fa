"""Payloads as golden files hold them: laid out for a person to read, and compared without regard to that."""

import json

import orjson
from lxml import etree

from adapters.formats.xml import parse


def laid_out(ending: str, body: bytes) -> bytes:
    """XML and JSON indented, every digit kept; everything else as it is. Raises ValueError for what cannot be read."""
    if ending == "xml":
        return etree.tostring(_without_blanks(body), pretty_print=True, xml_declaration=True, encoding="UTF-8")
    if ending == "json":
        loaded = json.loads(body, parse_float=orjson.Fragment)  # 450.00 stays 450.00
        return orjson.dumps(loaded, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return body


def same(ending: str, one: bytes, other: bytes) -> bool:
    """Whether two payloads say the same: the indentation of XML and JSON says nothing. Raises ValueError for what cannot be read."""
    if ending == "xml":
        return etree.tostring(_without_blanks(one), method="c14n2") == etree.tostring(_without_blanks(other), method="c14n2")
    if ending == "json":
        return bool(json.loads(one, parse_float=str) == json.loads(other, parse_float=str))
    return one == other


def _without_blanks(body: bytes) -> etree._Element:
    """The document without the indentation between its elements. Raises ValueError."""
    parse(body)  # refuses what is not well-formed, and document types
    return etree.fromstring(body, etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True))
