"""Field maps written in a test, and what they make of a report."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from hub.documents import Closed, InvalidDocument, read
from hub.forces.profiles import code_lists
from hub.mapping.compile import compile_map
from hub.mapping.declared import declare
from hub.mapping.fieldmap import FieldMap
from hub.mapping.record import Node, Record
from hub.mapping.rules import Fields
from hub.reports.model import Report
from hub.reports.validator import report_of

DAY = date(2026, 11, 22)


class OnlyFields(Closed):
    """A file with nothing but a field map."""

    fields: Fields


def field_map(folder: Path, fields: str, codes: Mapping[str, str] | None = None) -> FieldMap:
    """The compiled map of a `fields` section, and its code lists by name. Raises InvalidDocument."""
    profile = folder / "tiny"
    (profile / "codes").mkdir(parents=True, exist_ok=True)
    for name, rows in (codes or {}).items():
        (profile / "codes" / f"{name}.csv").write_text(f"code,value,valid_from,valid_to,lossy\n{rows}", encoding="utf-8")
    path = profile / "profile.yaml"
    path.write_text("fields:\n" + "".join(f"  {line}\n" for line in fields.strip("\n").splitlines()), encoding="utf-8")
    document = read(path)
    made, faults = compile_map(declare(document.check(OnlyFields).fields, document, ("fields",)), {}, code_lists(profile / "codes"))
    if faults:
        raise InvalidDocument(faults)
    return made


def a_report(**fields: object) -> Report:
    """A report with these fields, and what every report must have."""
    always = {
        "submission_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "reference": "CRN-2026-000123",
        "force_code": "07",
        "service": "crime",
        "category": "OCR",
        "submitted_at": "2026-11-22T06:15:00+00:00",
        "marking": "OFFICIAL",
        "text": "OFFICIAL",
    }
    return report_of({**always, **fields})


def outline(record: Record) -> list[tuple[str, Any]]:
    """The record's names and contents, as plain lists."""
    return [_outline(node) for node in record.nodes]


def _outline(node: Node) -> tuple[str, Any]:
    field, content = node
    return field.name, [_outline(one) for one in content] if isinstance(content, list) else content


def signals(record: Record) -> list[tuple[str, str]]:
    """The record's signals: kind and field."""
    return [(signal.kind, signal.field) for signal in record.signals]
