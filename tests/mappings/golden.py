"""Golden pairs: a report, and what it becomes for a profile, written so that a person can read it.

`<name>.report.json` is the report in the wire's spelling, `<name>.expected.*` the payloads: XML indented, JSON indented,
CSV as it is (`<name>.expected.<table>.csv`).
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from lxml import etree

from adapters.registry import make_format
from hub.forces.profiles import Profile
from hub.reports.model import Report
from tests.adapters.formats.records import DROP

DAY = date(2026, 11, 22)


def produced(profile: Profile, report: Report) -> dict[str, bytes]:
    """The payloads of this one report by what its golden file ends with: `xml`, `json`, `incidents.csv`."""
    fields, skeleton = profile.maps
    options = dict(profile.file.format)
    name = options.pop("name")
    if name == "csv":
        options["tables"] = fields.columns()
    field_map = fields if report.service in profile.file.models else skeleton
    payloads = make_format(name, options, profile.folder).encode([field_map.apply(report, DAY)], DROP)
    ending = f"{DROP.key}." if name == "csv" else ""
    return {payload.name.removeprefix(ending) if ending else name: payload.body for payload in payloads}


def expected(folder: Path, name: str) -> Mapping[str, bytes]:
    """The golden files of one pair, by what their names end with."""
    start = f"{name}.expected."
    return {path.name.removeprefix(start): path.read_bytes() for path in folder.glob(f"{start}*")}


def canonical_xml(body: bytes) -> bytes:
    """The document without the indentation between its elements."""
    root = etree.fromstring(body, etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True))
    return etree.tostring(root, method="c14n2")
