"""Made-up reports with which nothing is amiss, one of each service: what the cases spoil."""

import copy
from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

from hub.reports.model import Report
from hub.reports.services import SERVICES
from hub.reports.validator import report_of

DAY = date(2026, 11, 22)
Wire = dict[str, Any]
Spoil = Callable[[Wire], object]

_NUMBERS = count(1)

_REPORTER: Wire = {
    "id": "P1", "roles": ["reporter", "victim"], "given_names": "Siân", "family_name": "Example", "date_of_birth": "1980-02-29",
    "phone": "+447700900123", "email": "sian@example.org", "contact_preference": "phone", "safe_to_contact": True,
    "address": {"paon": "1", "street": "Example Street", "town": "Cardiff", "postcode": "CF10 1AA"},
}  # fmt: skip
_OTHERS: list[Wire] = [
    {"id": "P2", "roles": ["suspect", "driver"], "age_from": 30, "age_to": 40},
    {"id": "P3", "roles": ["subject"], "family_name": "Example", "address": {"postcode": "W1A 1AA"},
     "previous_addresses": [{"postcode": "M1 1AE"}]},
    {"id": "P4", "roles": ["child-at-risk"], "given_names": "Made-up"},
    {"id": "P5", "roles": ["missing"], "given_names": "Made-up"},
    {"id": "P6", "roles": ["officer"]},
]  # fmt: skip
_EVERYTHING: Wire = {  # a report of any service may have any part
    "reference": "ABC-123",
    "force_code": "07",
    "submitted_at": "2026-11-21T10:00:00+00:00",
    "marking": "OFFICIAL",
    "text": "OFFICIAL\n" + "A made-up report of something that did not happen. " * 2,
    "anonymous": False,
    "involvement": "victim",
    "reported_before": True,
    "previous_reference": "000123/26",
    "people": [_REPORTER, *_OTHERS],
    "incident": {
        "occurred_from": "2026-11-20T22:00:00+00:00",
        "occurred_to": "2026-11-20T23:00:00+00:00",
        "offence": "theft-of-vehicle",
        "description": "Somebody drove away.",
        "hate_strands": ["race"],
    },
    "locations": [
        {"id": "L1", "role": "incident", "latitude": 51.48, "longitude": -3.18, "address": {"postcode": "cf10  1aa"}},
        {"id": "L2", "role": "last-seen", "premises": "A park"},
    ],
    "vehicles": [{"id": "V1", "role": "stolen", "vrm": "AB12 CDE", "driver_id": "P2"}],
    "property": [{"id": "I1", "status": "lost", "description": "Umbrella"}],
    "safeguarding": {"immediate_danger": True, "children_present": True},
    "attachments": [{"name": "photo.jpg", "media_type": "image/jpeg", "size": 10, "sha256": "0" * 64}],
    "road_traffic": {"kind": "collision", "injuries": False, "footage": True},
    "anti_social": {"kind": "personal", "ongoing": True},
    "abuse": {"living_together": True, "children_in_household": 2},
    "sexual_offence": {"support_wanted": True, "within_seven_days": False},
    "corruption": {"kind": "bribery", "organisation": "Harbour & Sons Ltd"},
    "missing": {"last_seen_at": "2026-11-20T22:00:00+00:00", "risk": "medium"},
    "complaint": {"kind": "conduct", "collar_number": "00042", "outcome_wanted": "An apology."},
}
_SKELETON = ("reference", "force_code", "submitted_at", "marking", "text", "anonymous")


def good(service: str) -> Wire:
    """The fields of a report of this service, ready to be spoilt, under an id of its own."""
    known = SERVICES[service]
    wire = copy.deepcopy(_EVERYTHING if known.modelled else {name: _EVERYTHING[name] for name in _SKELETON} | {"people": [_REPORTER]})
    if known.modelled:
        wire["disclosure"] = {
            "scheme": "clare" if service == "clares-law" else "sarah",
            "reason": "Made up.",
            "relation_to_subject": "Neighbour",
        }
    number = next(_NUMBERS)
    return wire | {"submission_id": f"00000000-0000-4000-8000-{number:012d}", "service": service, "category": known.category}


def report(service: str, *spoils: Spoil) -> Report:
    """A good report of this service, spoilt."""
    wire = good(service)
    for spoil in spoils:
        spoil(wire)
    return report_of(wire)


def put(path: str, value: object) -> Spoil:
    """A spoil that puts a value at a path: `people.0.phone`."""
    *parts, last = path.split(".")

    def spoil(wire: Wire) -> None:
        part: Any = wire
        for name in parts:
            part = part[int(name) if name.isdigit() else name]
        part[int(last) if last.isdigit() else last] = value

    return spoil


def without(role: str) -> Spoil:
    """A spoil that takes a role from everybody, and away who then has none."""

    def spoil(wire: Wire) -> None:
        for person in wire["people"]:
            person["roles"] = [one for one in person["roles"] if one != role]
        wire["people"] = [person for person in wire["people"] if person["roles"]]

    return spoil
