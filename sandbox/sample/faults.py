"""The faults that a sample plants, how many of each, and what must become of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from sandbox.sample.people import Wire

UNUSED_CODE = "00"  # no force has it
FULL_SET = 200  # from so many submissions on, there is at least one of each
EVENTS = ("crime", "anti-social-behaviour", "hate-crime")  # services that tell when something happened
SCHEMES = ("sarahs-law", "clares-law")

# Turns a clean submission (a copy of it) into a faulty one, in the n-th of its ways.
Spoil = Callable[[Wire, int], Wire | bytes]


@dataclass(frozen=True, slots=True)
class Planted:
    """One kind of fault: `rate` of a thousand submissions; `code` is None where the report must arrive all the same.

    What `spoil` takes away of the force, the service or the id, nobody can account for.
    """

    kind: str
    outcome: str
    code: str | None
    rate: float
    services: tuple[str, ...] = EVENTS
    spoil: Spoil = lambda sent, _n: sent
    laned: bool = True  # whether it can be read, and so has a lane
    series: str = ""  # of its reference
    file: str | None = None  # what becomes of its attachment: `missing` or `altered`
    again: bool = False  # it repeats an earlier submission


def counts(total: int) -> dict[str, int]:
    """How many of each kind there are among `total` submissions."""
    least = 1 if total >= FULL_SET else 0
    return {fault.kind: max(least, round(total * fault.rate / 1000)) for fault in FAULTS.values()}


def _not_json(sent: Wire, n: int) -> bytes:
    whole = orjson.dumps(sent)
    return (whole[: len(whole) * 2 // 3], b"<html><body>502 Bad Gateway</body></html>", whole.replace(b"\xc3", b"\xff") + b"]")[n % 3]


def _too_deep(sent: Wire, _: int) -> Wire:
    nested: Any = "deep"
    for _level in range(60):
        nested = [nested]
    sent["digitalReport"]["incident"]["weapon"] = nested
    return sent


def _envelope(sent: Wire, n: int) -> Wire:
    name = ("submitTime", "customerReferenceNumber", "submissionId", "forceIdentifier", "submissionContent")[n % 5]
    if name == "submissionContent":
        return sent | {name: "No marking on the first line."}
    return {key: value for key, value in sent.items() if key != name}


def _missing(sent: Wire, n: int) -> Wire:
    person = sent["digitalReport"]["people"][0]
    del person[("id", "roles")[n % 2]]
    return sent


def _unknown_field(sent: Wire, n: int) -> Wire:
    part = sent["digitalReport"] if n % 2 else sent["digitalReport"]["incident"]
    part["starSign"] = "Aries"
    return sent


def _bad_code(sent: Wire, n: int) -> Wire:
    digital = sent["digitalReport"]
    if n % 2:
        digital["incident"]["offence"] = "witchcraft"
    else:
        digital["people"][0]["gender"] = "GNDR_0007"
    return sent


def _time_alone(sent: Wire, n: int) -> Wire:
    sent["digitalReport"]["incident"]["occurredFrom"] = ("22:15", "22:15:00", "9:40 pm")[n % 3]
    return sent


def _no_offset(sent: Wire, n: int) -> Wire:
    if n % 2:
        return sent | {"submitTime": sent["submitTime"][:19]}
    incident = sent["digitalReport"]["incident"]
    incident["occurredFrom"] = incident["occurredFrom"][:19]
    return sent


def _unknown_service(sent: Wire, _: int) -> Wire:
    return sent | {"category": "ZZZ"}


def _unknown_force(sent: Wire, _: int) -> Wire:
    return sent | {"forceIdentifier": UNUSED_CODE}


def _in_future(sent: Wire, n: int) -> Wire:
    incident = sent["digitalReport"]["incident"]
    began = datetime.fromisoformat(sent["submitTime"]) + timedelta(days=(30, 365)[n % 2])
    incident["occurredFrom"] = began.isoformat()
    incident.pop("occurredTo", None)
    return sent


def _ends_before(sent: Wire, _: int) -> Wire:
    incident = sent["digitalReport"]["incident"]
    incident["occurredTo"] = (datetime.fromisoformat(incident["occurredFrom"]) - timedelta(hours=5)).isoformat()
    return sent


def _no_contact(sent: Wire, _: int) -> Wire:
    reporter = sent["digitalReport"]["people"][0]
    for name in ("title", "givenNames", "familyName", "dateOfBirth", "phone", "email", "contactPreference", "address"):
        reporter.pop(name, None)
    return sent


def _no_subject(sent: Wire, _: int) -> Wire:
    digital = sent["digitalReport"]
    digital["people"] = [person for person in digital["people"] if person["roles"] != ["subject"]]
    return sent


def _dirt(sent: Wire, n: int) -> Wire:
    """Read as it is meant, counted, and delivered: nobody's report is lost for the want of a pair of quotation marks."""
    digital, reporter = sent["digitalReport"], sent["digitalReport"]["people"][0]
    digital["anonymous"] = "False"
    reporter |= ({"disability": "Yes"}, {"disability": "false", "title": ""}, {"gender": reporter["gender"].upper()}, {"ethnicity": "w1"})[
        n % 4
    ]
    digital["incident"]["weapon"] = " "
    digital["incident"]["cctv"] = ("TRUE", "no")[n % 2]
    if n % 3 == 0:
        digital["people"].append({"id": "P9", "roles": ["Suspect"], "ageFrom": "30", "ageTo": "40"})
        sent["language"] = sent["language"].upper()
    return sent


_ALL = (
    Planted("not-json", "quarantined", "not-json", 1.0, spoil=_not_json, laned=False),
    Planted("too-deep", "quarantined", "too-deep", 0.4, spoil=_too_deep, laned=False),
    Planted("envelope-incomplete", "quarantined", "envelope-incomplete", 1.0, spoil=_envelope, laned=False),
    Planted("field-missing", "quarantined", "field-missing", 1.0, spoil=_missing, laned=False),
    Planted("field-unknown", "quarantined", "field-unknown", 0.6, spoil=_unknown_field, laned=False),
    Planted("bad-code", "quarantined", "field-unreadable", 1.0, spoil=_bad_code, laned=False),
    Planted("time-without-date", "quarantined", "time-without-date", 0.8, spoil=_time_alone, laned=False),
    Planted("time-without-offset", "quarantined", "time-without-offset", 0.8, spoil=_no_offset, laned=False),
    Planted("unknown-service", "quarantined", "unknown-service", 0.6, spoil=_unknown_service, laned=False),
    Planted("unknown-force", "quarantined", "unknown-force", 0.6, spoil=_unknown_force, laned=False),
    Planted("incident-in-future", "quarantined", "incident-in-future", 1.0, spoil=_in_future),
    Planted("incident-ends-before-it-starts", "quarantined", "incident-ends-before-it-starts", 1.0, spoil=_ends_before),
    Planted("no-contact", "quarantined", "no-contact", 1.0, spoil=_no_contact),
    Planted("disclosure-without-subject", "quarantined", "disclosure-without-subject", 0.4, services=SCHEMES, spoil=_no_subject),
    Planted("attachment-missing", "quarantined", "attachment-missing", 0.4, file="missing", laned=False),
    Planted("attachment-altered", "quarantined", "attachment-altered", 0.4, file="altered", laned=False),
    Planted("rejected", "quarantined", "rejected", 2.0, series="ZZ"),
    Planted("refused", "quarantined", "refused", 1.0, series="YY"),
    Planted("dirt", "accepted", None, 12.0, spoil=_dirt),
    Planted("not-live", "held", None, 2.0),  # its code is what the force's file says
    Planted("duplicate", "duplicate", None, 4.0, again=True, laned=False),
    Planted("conflict", "quarantined", "conflict", 1.0, again=True, laned=False),
)
FAULTS: Mapping[str, Planted] = {fault.kind: fault for fault in _ALL}
