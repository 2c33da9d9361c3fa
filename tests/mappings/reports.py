"""Reports that fill every field to its limits, and reports with nothing but what must be there."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import BaseModel

from hub.reports.model import Report
from hub.reports.paths import Kind, Leaf, Part, report_paths
from hub.reports.services import SERVICES

CODES = 20  # as many variants use every code of every field: the longest list, of offences, has twenty
_MARK = 'Ŵŷ "â", '  # what tries a target: Welsh, quotes, a delimiter
_PATTERNED: dict[str, Any] = {
    "submission_id": "3f2b8c1e-0000-4000-8000-000000000001",
    "reference": "SOH-26-000001",
    "force_code": "05",
    "category": "OCR",
    "model_version": "1.0",
    "id": "p1",
    "uprn": "000100012345",
    "phone": "+447700900123",
    "email": "siân@example.com",
    "area_code": "E01000001",
    "media_type": "image/jpeg",
    "sha256": "0f" * 32,
    "latitude": -0.00001,
    "longitude": -179.999999,
    "value": Decimal("99999999.99"),
    "size": 10_737_418_240,
    "age_from": 0,
    "age_to": 130,
    "children_in_household": 30,
    "children_at_risk": 30,
}
_LIMITS = {"text": 5000}  # the model allows 200,000: enough to be too much for a file of 44 forces' tests


def full(service: str, variant: int = 0) -> Report:
    """Every field filled, texts to their limits; each code list gives its code number `variant`."""
    report = _filled(report_paths(), variant)
    return Report.model_validate({**report, "service": service, "category": SERVICES[service].category})


def bare(service: str) -> Report:
    """An anonymous report that has nothing but its text."""
    envelope = {name: _PATTERNED[name] for name in ("submission_id", "reference", "force_code")}
    person = {"id": "p1", "roles": ["reporter"]}
    return Report.model_validate(
        {
            **envelope,
            "service": service,
            "category": SERVICES[service].category,
            "submitted_at": "2026-11-21T23:59:59+00:00",
            "marking": "OFFICIAL",
            "text": "OFFICIAL",
            "anonymous": True,
            "people": [person],
        }
    )


def _filled(part: Part, variant: int) -> dict[str, Any]:
    return {name: _of(part, name, below, variant) for name, below in part.below.items() if name not in ("service", "category")}


def _of(part: Part, name: str, below: Part | Leaf, variant: int) -> Any:
    if isinstance(below, Leaf):
        value = _value(part.model, name, below, variant)
        return [value] if below.many else value
    if not below.many:
        return _filled(below, variant)
    items = [_filled(below, variant), _filled(below, variant + 1)]
    if "id" in below.below:
        items[1]["id"] = "p2"
    if name == "people":
        items[0]["roles"] = ["reporter", items[0]["roles"][0]]
    return items


def _value(model: type[BaseModel], name: str, leaf: Leaf, variant: int) -> Any:
    if name in _PATTERNED:
        return _PATTERNED[name]
    if leaf.kind is Kind.CODE:
        return leaf.codes[variant % len(leaf.codes)]
    if leaf.kind is Kind.TEXT:
        limit = _LIMITS.get(name) or _limit(model, name)
        return (_MARK * limit)[: limit - 1] + "x"
    return {
        Kind.DATE: date(2000, 2, 29),
        Kind.INSTANT: datetime.fromisoformat("2026-10-25T01:30:00+01:00"),
        Kind.BOOLEAN: variant % 2 == 0,
        Kind.INTEGER: 7,
        Kind.DECIMAL: Decimal("0.10"),
    }[leaf.kind]


@cache
def _limit(model: type[BaseModel], name: str) -> int:
    """The length that the model allows, as its JSON Schema says it."""
    field = model.model_json_schema(by_alias=False)["properties"][name]
    return int(next(each["maxLength"] for each in (field, *field.get("anyOf", ())) if "maxLength" in each))
