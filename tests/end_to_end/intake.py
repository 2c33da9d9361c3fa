"""Submissions as the platform would send them, made up for a test and written into an intake folder."""

import hashlib
import itertools
import os
import time
import uuid
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson

Wire = dict[str, Any]

AT = "2026-11-22T06:00:00+00:00"
_LONG_AGO = 3600.0  # seconds: every file that is put here has settled
_numbers = itertools.count(1)

_CRIME: Wire = {
    "category": "OCR",
    "submitTime": "2026-11-21T18:15:00+00:00",
    "submissionContent": "OFFICIAL\nTorrodd rhywun ffenestr y tŷ.\nSomebody broke the window.",
    "formVersion": "3.2",
    "language": "cy",
    "digitalReport": {
        "anonymous": False,
        "involvement": "victim",
        "people": [
            {
                "id": "P1",
                "roles": ["reporter", "victim"],
                "title": "Ms",
                "givenNames": "Angharad",
                "familyName": "Prŷs-Example",
                "dateOfBirth": "1980-02-03",
                "gender": "female",
                "phone": "+447700900123",
                "email": "angharad.prys@example.org",
                "address": {"paon": "12", "street": "Stryd y Tŵr", "town": "Caer", "postcode": "CH1 2ZZ"},
            }
        ],
        "incident": {
            "occurredFrom": "2026-11-20T22:00:00+00:00",
            "occurredTo": "2026-11-20T23:00:00+00:00",
            "offence": "criminal-damage",
            "description": "Torrodd rhywun ffenestr y tŷ.",
        },
        "locations": [{"id": "L1", "latitude": 53.190871, "longitude": -2.891265, "address": {"street": "Stryd y Tŵr", "town": "Caer"}}],
        "property": [{"id": "I1", "status": "damaged", "description": "Window", "serialNumber": "000123", "value": "450.00"}],
    },
}


def crime(force: str, **envelope: object) -> Wire:
    """A clean report of a crime for the force of this PNC code, with an id and a reference of its own."""
    number = next(_numbers)
    own = {"submissionId": str(uuid.uuid4()), "customerReferenceNumber": f"SOH-26NOV-{os.getpid():X}-{number:04}"}
    return {**deepcopy(_CRIME), **own, "forceIdentifier": force, **envelope}


def announce(body: bytes, name: str, media_type: str = "image/jpeg") -> Wire:
    """An attachment as a submission names it."""
    return {"name": name, "mediaType": media_type, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def put(folder: Path, name: str | bytes, content: Wire | bytes, attachments: Mapping[str, bytes] | None = None) -> Path:
    """Writes a submission that has settled, its attachments first."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict) and attachments:
        beside = folder / "attachments" / content["submissionId"]
        beside.mkdir(parents=True)
        for file, body in attachments.items():
            (beside / file).write_bytes(body)
    path = folder / os.fsdecode(name)
    path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    return settled(path)


def settled(path: Path) -> Path:
    """The file, as if it had been written an hour ago."""
    then = time.time() - _LONG_AGO
    os.utime(path, (then, then))
    return path


def left_in(folder: Path) -> set[str]:
    """Everything that still lies in an intake, by its path there; folders for attachments that are empty do not count."""
    found = (path for path in folder.rglob("*") if not (path.is_dir() and path.name == "attachments"))
    return {str(path.relative_to(folder)) for path in found}
