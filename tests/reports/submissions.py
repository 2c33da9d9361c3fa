"""A clean submission for the reader's tests, to be spoilt by them."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import orjson

Wire = dict[str, Any]

CLEAN: Wire = {
    "submissionId": "0f3c0000-0000-4000-8000-000000000001",
    "customerReferenceNumber": "SOH-26NOV-8F3K2A",
    "forceIdentifier": "07",
    "category": "OCR",
    "submitTime": "2026-11-22T06:15:00+00:00",
    "submissionContent": "OFFICIAL\nTorrodd rhywun ffenestr y tŷ.",
    "formVersion": "3.2",
    "language": "cy",
    "digitalReport": {
        "anonymous": False,
        "involvement": "victim",
        "people": [
            {
                "id": "P1",
                "roles": ["reporter", "victim"],
                "familyName": "Prŷs",
                "dateOfBirth": "1980-02-03",
                "gender": "female",
                "disability": False,
            },
            {"id": "P2", "roles": ["suspect"], "ageFrom": 20, "ageTo": 30},
        ],
        "incident": {"occurredFrom": "2026-11-21T22:00:00+00:00", "offence": "burglary-residential", "cctv": True},
        "locations": [{"id": "L1", "latitude": 53.19, "longitude": -2.89, "address": {"street": "Stryd y Tŵr", "town": "Caer"}}],
        "property": [{"id": "I1", "status": "stolen", "serialNumber": "00123", "value": "450.00"}],
    },
    "attachments": [{"name": "llun o'r tŷ.jpg", "mediaType": "image/jpeg", "size": 3, "sha256": "ab" * 32}],
}
SKELETON: Wire = CLEAN | {
    "category": "FRD",
    "attachments": [],
    "digitalReport": {"people": [{"id": "P1", "roles": ["reporter"], "familyName": "Prŷs"}]},
}


def spoilt(spoil: Callable[[Wire], object], clean: Wire = CLEAN) -> bytes:
    """The bytes of a clean submission after `spoil` had its way with it."""
    wire = deepcopy(clean)
    spoil(wire)
    return orjson.dumps(wire)


def having(path: str, value: object, clean: Wire = CLEAN) -> bytes:
    """A clean submission with `value` at a path (`digitalReport.people.0.gender`)."""

    def put(wire: Any) -> None:
        *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
        for step in steps:
            wire = wire[step]
        wire[last] = value

    return spoilt(put, clean)
