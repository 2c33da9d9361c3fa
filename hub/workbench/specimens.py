"""Made-up reports that try a mapping: full to every limit, bare, crowded, long; every code of every field. The same every time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, get_args

from msgspec import Meta, to_builtins
from msgspec.structs import fields, replace

from hub.contracts import DropHeader
from hub.reports import model
from hub.reports.model import Report
from hub.reports.paths import Kind, Leaf, Part, report_paths
from hub.reports.services import MODELLED, SERVICES, SKELETONS
from hub.reports.validator import report_of
from hub.words import Environment, Lane

CODES = 20  # as many variants use every code of every field: the longest list, of offences, has twenty
LONGEST = 200_000  # characters of a whole text: what the model allows

_LETTERS = 'Ŵŷ "â", '  # what tries a target: Welsh, quotes, a delimiter
_IN_SKELETON = frozenset({"people", "attachments"})  # what may come, of all lists and parts, with a service that is not modelled
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
_LIMITS = {"text": 5_000}  # one specimen alone has the longest

DROP = DropHeader(  # a drop that never was: golden pairs and trial runs carry its header
    force="kent",
    force_code="46",
    route="records-system",
    lane=Lane.ROUTINE,
    series="k7q2",
    sequence=17,
    key="kent.records-system.routine.k7q2.000017",
    sealed_at=datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
    environment=Environment.SANDBOX,
)


@dataclass(frozen=True, eq=False)
class Specimen:
    """A made-up report, and what it tries."""

    kind: str  # `full`, `codes`, `bare`, `crowd`, `long`
    report: Report


def specimens() -> Iterator[Specimen]:
    """Reports of every service, each with a submission id of its own."""
    for number, specimen in enumerate(_specimens(), 1):
        yield Specimen(specimen.kind, replace(specimen.report, submission_id=f"3f2b8c1e-0000-4000-8000-{number:012d}"))


def _specimens() -> Iterator[Specimen]:
    for service in SERVICES:
        yield Specimen("full", full(service))
        yield Specimen("full", full(service, 1))
        yield Specimen("bare", bare(service))
    for service in (MODELLED[0], SKELETONS[0]):
        yield from (Specimen("codes", full(service, variant)) for variant in range(2, CODES))
        yield Specimen("crowd", crowd(service))
        yield Specimen("long", replace(bare(service), text=f"OFFICIAL\n{'x' * (LONGEST - 9)}"))


def full(service: str, variant: int = 0) -> Report:
    """Every field that can come with a service filled, texts to their limits; each list of codes gives its code number `variant`."""
    filled = _filled(report_paths(), variant)
    if not SERVICES[service].modelled:
        filled = {name: value for name, value in filled.items() if name in _IN_SKELETON or not isinstance(value, list | dict)}
        filled["people"] = filled["people"][:1]
    return report_of({**filled, "service": service, "category": SERVICES[service].category})


def bare(service: str) -> Report:
    """An anonymous report that has nothing but its text."""
    envelope = {name: _PATTERNED[name] for name in ("submission_id", "reference", "force_code")}
    own = {"service": service, "category": SERVICES[service].category, "submitted_at": "2026-11-21T23:59:59+00:00"}
    people = [{"id": "p1", "roles": ["reporter"]}]
    return report_of({**envelope, **own, "marking": "OFFICIAL", "text": "OFFICIAL", "anonymous": True, "people": people})


def crowd(service: str) -> Report:
    """A report of ten people: every one of them a reporter, where the service takes no others."""
    whole = to_builtins(full(service))
    person, modelled = whole["people"][0], SERVICES[service].modelled
    roles = _leaf("people", "roles").codes
    people = [
        {**person, "id": f"p{number}", "roles": [role] if modelled and number > 1 else ["reporter"]} for number, role in enumerate(roles, 1)
    ]
    return report_of({**whole, "people": people})


def _leaf(*names: str) -> Leaf:
    here: Part | Leaf = report_paths()
    for name in names:
        assert isinstance(here, Part)  # noqa: S101 - the caller names fields of the model
        here = here.below[name]
    assert isinstance(here, Leaf)  # noqa: S101 - the same
    return here


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
        items[0]["roles"] = list(dict.fromkeys(["reporter", items[0]["roles"][0]]))
    return items


def _value(part: type[model.Part], name: str, leaf: Leaf, variant: int) -> Any:
    if name in _PATTERNED:
        return _PATTERNED[name]
    if leaf.kind is Kind.CODE:
        return leaf.codes[variant % len(leaf.codes)]
    if leaf.kind is Kind.TEXT:
        limit = _LIMITS.get(name) or _limit(part, name)
        return (_LETTERS * limit)[: limit - 1] + "x"
    return {
        Kind.DATE: date(2000, 2, 29),
        Kind.INSTANT: datetime.fromisoformat("2026-10-25T01:30:00+01:00"),  # the hour that October has twice
        Kind.BOOLEAN: variant % 2 == 0,
        Kind.INTEGER: 7,
        Kind.DECIMAL: Decimal("0.10"),
    }[leaf.kind]


@cache
def _limit(part: type[model.Part], name: str) -> int:
    """The length that the model allows."""
    return max(meta.max_length or 0 for meta in _metas(next(one.type for one in fields(part) if one.name == name)))


def _metas(kind: Any) -> Iterator[Meta]:
    """What is said of a type and of those that it is made of."""
    for one in (*getattr(kind, "__metadata__", ()), *get_args(kind)):
        if isinstance(one, Meta):
            yield one
        else:
            yield from _metas(one)
