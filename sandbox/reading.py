"""What a records system reads out of a payload: the reports in it, found by really parsing the bytes."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.stands import Stand

csv.field_size_limit(16 * 1024 * 1024)  # a whole submission as text is longer than the 128 KiB that Python reads by itself


class Unreadable(Exception):
    """The payload is not what the records system takes; the text is a stable code: `not-xml`, `report-without-id` …"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A report as the records system sees it: who it says it is."""

    submission_id: str
    reference: str


def reports_in(stand: Stand, name: str, body: bytes) -> list[Seen]:
    """The reports of one payload, in its order. `name` tells the tables of a CSV drop apart. Raises Unreadable."""
    return list(_READERS[stand.format](stand, name, body))


def _xml(stand: Stand, _name: str, body: bytes) -> Iterator[Seen]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise Unreadable("not-xml") from None
    if getattr(root.getroottree().docinfo, "doctype", None):
        raise Unreadable("doctype-refused")
    for record in root.iter(*{"{*}" + _head(place.submission_id) for place in stand.places}):
        yield _seen(stand, etree.QName(record).localname, lambda path, at=record: _xml_value(at, _tail(path)))


def _xml_value(element: Any, path: str) -> str | None:
    """The text, or with a last step of `@name` the attribute, at a path of local names, whatever their namespace."""
    steps, _, attribute = path.partition("@")
    found = element.find("/".join("{*}" + step.rpartition(":")[2] for step in steps.split("/") if step not in ("", "#text")) or ".")
    if found is None:
        return None
    value: str | None = found.get(attribute) if attribute else found.text
    return value


def _csv(stand: Stand, name: str, body: bytes) -> Iterator[Seen]:
    table = name.split(".")[-2]
    if table not in {_head(place.submission_id) for place in stand.places}:
        return
    try:
        text = io.StringIO(body.decode(stand.options.get("encoding", "utf-8")), newline="")
        delimiter, quote = stand.options.get("delimiter", ","), stand.options.get("quote", '"')
        rows = list(csv.DictReader(text, strict=True, delimiter=delimiter, quotechar=quote))
    except (UnicodeDecodeError, csv.Error):
        raise Unreadable("not-csv") from None
    for row in rows:
        yield _seen(stand, table, lambda path, at=row: at.get(path.split("/")[-1]))


def _json(stand: Stand, name: str, body: bytes) -> Iterator[Seen]:
    try:
        documents = [orjson.loads(line) for line in body.splitlines() if line] if name.endswith(".ndjson") else [orjson.loads(body)]
    except orjson.JSONDecodeError:
        raise Unreadable("not-json") from None
    envelope = stand.options.get("envelope")
    for document in documents:
        records = document.get(envelope) if envelope and isinstance(document, dict) else [document]
        if not isinstance(records, list):
            raise Unreadable("no-envelope")
        for record in records:
            yield _seen(stand, None, lambda path, at=record: _json_value(at, path))


def _json_value(value: Any, path: str) -> str | None:
    for step in path.split("/"):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _seen(stand: Stand, head: str | None, value: Any) -> Seen:
    """The identity at the first place that has it. A report that says nothing of itself is no report."""
    for place in stand.places:
        if head is None or _head(place.submission_id) == head:
            submission_id, reference = value(place.submission_id), value(place.reference)
            if submission_id and reference:
                return Seen(submission_id, reference)
    raise Unreadable("report-without-id")


def _head(path: str) -> str:
    return path.partition("/")[0].rpartition(":")[2]


def _tail(path: str) -> str:
    return path.partition("/")[2]


_READERS = {"xml": _xml, "csv": _csv, "json": _json}
