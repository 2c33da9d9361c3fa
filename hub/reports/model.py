"""The canonical report: one submission, POLE-shaped (person, object, location, event), the same for every force.

Agnostic of language, force and records system. On the wire the names are camelCase (`familyName`), in field maps
snake_case (`people.family_name`). Published as JSON Schema in `docs/report.schema.json`. A change that an older reader
could not follow raises the major number of `MODEL_VERSION`.

A report is read whole or not at all (`hub/reports/submission.py`); why one cannot be read is told by `hub/reports/validator.py`, which is
made from what stands here. Constructing one by hand judges nothing: for a made-up report ask `report_of` there.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

MODEL_VERSION = "1.0"

Short = Annotated[str, Meta(max_length=35)]  # a name, a line of an address: 35 in the justice system's own XML
Line = Annotated[str, Meta(max_length=100)]
Text = Annotated[str, Meta(max_length=4000)]
Whole = Annotated[str, Meta(max_length=200_000)]
Instant = Annotated[datetime, Meta(tz=True)]
Money = Annotated[Decimal, Meta(extra={"ge": 0, "max_digits": 10, "decimal_places": 2})]  # pounds sterling; the reader sees to it

Gender = Literal["not-known", "male", "female", "not-specified"]  # ISO 5218: 0, 1, 2, 9
Ethnicity = Literal[  # self-defined, 18+1
    "W1", "W2", "W3", "W9", "M1", "M2", "M3", "M9", "A1", "A2", "A3", "A4", "A9", "B1", "B2", "B9", "O2", "O9", "NS"
]  # fmt: skip
Role = Literal[
    "reporter", "victim", "suspect", "witness", "subject", "child-at-risk", "missing", "driver", "owner", "officer"
]  # fmt: skip
HateStrand = Literal["race", "religion", "sexual-orientation", "disability", "transgender"]
Offence = Literal[  # what the form's questions suggest; recording a crime is the force's decision
    "burglary-residential",
    "burglary-other",
    "cycle-theft",
    "theft-from-vehicle",
    "theft-of-vehicle",
    "theft-from-person",
    "shoplifting",
    "theft-other",
    "robbery",
    "criminal-damage",
    "arson",
    "harassment",
    "assault-with-injury",
    "assault-without-injury",
    "sexual-offence",
    "public-order",
    "drugs",
    "weapons",
    "corruption",
    "other",
]


class Part(Struct, rename="camel", forbid_unknown_fields=True, frozen=True, gc=False):
    """A part of a report. Unknown fields are refused: a value nobody reads would be lost without a word."""


class Address(Part, frozen=True):
    """An address in the parts of BS 7666."""

    saon: Short | None = None  # secondary addressable object: `Flat 2`
    paon: Short | None = None  # primary addressable object: `12`
    street: Line | None = None
    locality: Short | None = None
    town: Annotated[str, Meta(max_length=30)] | None = None
    postcode: Annotated[str, Meta(max_length=10)] | None = None
    uprn: Annotated[str, Meta(pattern=r"^[0-9]{1,12}\Z")] | None = None


class Person(Part, frozen=True):
    """Somebody in the report: known by name, or only described."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,20}\Z")]
    roles: Annotated[list[Role], Meta(min_length=1)]
    title: Short | None = None
    given_names: Short | None = None
    family_name: Short | None = None
    date_of_birth: date | None = None
    age_from: Annotated[int, Meta(ge=0, le=130)] | None = None
    age_to: Annotated[int, Meta(ge=0, le=130)] | None = None
    gender: Gender | None = None
    ethnicity: Ethnicity | None = None
    disability: bool | None = None
    communication_needs: Text | None = None
    language: Literal["en", "cy"] | None = None
    phone: Annotated[str, Meta(pattern=r"^\+[0-9]{6,15}\Z")] | None = None  # E.164
    email: Annotated[str, Meta(max_length=254)] | None = None
    contact_preference: Literal["phone", "email", "post", "none"] | None = None
    safe_to_contact: bool | None = None
    safe_contact: Text | None = None  # when and how: contacting wrongly can endanger
    relationship: Line | None = None  # to the victim, or to the reporter where there is none
    description: Text | None = None
    address: Address | None = None
    previous_addresses: list[Address] = field(default_factory=list)


class Incident(Part, frozen=True):
    """What happened, and when. `occurred_to` is absent where it happened at one moment."""

    occurred_from: Instant | None = None
    occurred_to: Instant | None = None
    exact_time_known: bool | None = None
    offence: Offence | None = None
    description: Text | None = None
    weapon: Line | None = None
    threat: bool | None = None
    injury: Literal["none", "minor", "serious"] | None = None
    hate_strands: list[HateStrand] = field(default_factory=list)
    cctv: bool | None = None
    witnesses: bool | None = None


class Location(Part, frozen=True):
    """Where: an address, a point (WGS 84), premises, or public transport."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,20}\Z")]
    role: Literal["incident", "last-seen", "lost-at", "other"] = "incident"
    address: Address | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    area_code: Annotated[str, Meta(pattern=r"^[EWS][0-9]{8}\Z")] | None = None  # LSOA, ONS code
    premises: Line | None = None
    public_transport: Line | None = None
    description: Text | None = None


class Vehicle(Part, frozen=True):
    """A vehicle in the report."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,20}\Z")]
    role: Literal["involved", "stolen", "damaged", "suspect"] = "involved"
    vrm: Annotated[str, Meta(max_length=11)] | None = None
    make: Short | None = None
    model: Short | None = None
    colour: Short | None = None
    driver_id: Short | None = None  # the `id` of a person
    insurer: Line | None = None


class Item(Part, frozen=True):
    """A thing that was stolen, damaged, lost or found."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,20}\Z")]
    status: Literal["stolen", "damaged", "lost", "found"]
    description: Line | None = None
    make: Short | None = None
    model: Short | None = None
    serial_number: Annotated[str, Meta(max_length=40)] | None = None  # or IMEI: leading zeros matter
    value: Money | None = None  # pounds sterling


class Safeguarding(Part, frozen=True):
    """Who may be in danger."""

    immediate_danger: bool | None = None
    children_present: bool | None = None
    vulnerable: bool | None = None
    repeat_victim: bool | None = None


class Attachment(Part, frozen=True):
    """A file that came with the submission. `name` is what the person called it: never a path of ours."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    media_type: Annotated[str, Meta(pattern=r"^[a-z]+/[a-z0-9.+-]+\Z")]
    size: Annotated[int, Meta(ge=0)]  # bytes
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class RoadTraffic(Part, frozen=True):
    """A collision, or driving that somebody saw. A prosecution must be announced within 14 days of it."""

    kind: Literal["collision", "dangerous-driving", "careless-driving", "mobile-phone", "red-light", "other"]
    injuries: bool | None = None
    footage: bool | None = None


class AntiSocial(Part, frozen=True):
    """Anti-social behaviour: what kind (the national three), and whether it goes on."""

    kind: Literal["personal", "nuisance", "environmental"]
    ongoing: bool | None = None


class Abuse(Part, frozen=True):
    """Domestic abuse: beside who and what, how they live."""

    living_together: bool | None = None
    pattern: bool | None = None
    children_in_household: Annotated[int, Meta(ge=0, le=30)] | None = None


class SexualOffence(Part, frozen=True):
    """Rape or sexual assault: what the person wants, and whether forensic evidence may still be had."""

    support_wanted: bool | None = None
    within_seven_days: bool | None = None


class Corruption(Part, frozen=True):
    """Bribery or corruption."""

    kind: Literal["bribery", "abuse-of-position", "fraud", "other"]
    organisation: Line | None = None


class Disclosure(Part, frozen=True):
    """An application under Sarah's Law or Clare's Law."""

    scheme: Literal["sarah", "clare"]
    reason: Text | None = None
    relation_to_subject: Line | None = None
    children_at_risk: Annotated[int, Meta(ge=0, le=30)] | None = None


class Missing(Part, frozen=True):
    """A missing person: when last seen, in what, and how great the risk."""

    last_seen_at: Instant | None = None
    clothing: Text | None = None
    medical_needs: Text | None = None
    risk: Literal["low", "medium", "high"] | None = None


class Complaint(Part, frozen=True):
    """A complaint about the police."""

    kind: Literal["service", "conduct", "other"]
    collar_number: Annotated[str, Meta(max_length=12)] | None = None
    outcome_wanted: Text | None = None


class Report(Part, frozen=True):
    """One submission, read: what is on its envelope, and what the form asked."""

    submission_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
    reference: Annotated[str, Meta(pattern=r"^[A-Z0-9-]{4,40}\Z")]  # customer reference number
    force_code: Annotated[str, Meta(pattern=r"^[0-9]{2}\Z")]  # PNC code: a string, it has leading zeros
    service: str
    category: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    submitted_at: Instant
    marking: Literal["OFFICIAL", "OFFICIAL-SENSITIVE"]
    text: Whole  # the whole submission as text, opening with its marking
    language: Literal["en", "cy"] = "en"
    form_version: Annotated[str, Meta(max_length=20)] | None = None
    attachments: list[Attachment] = field(default_factory=list)
    model_version: Literal["1.0"] = "1.0"
    anonymous: bool = False
    involvement: Literal["victim", "witness", "third-party"] | None = None
    reported_before: bool | None = None
    previous_reference: Annotated[str, Meta(max_length=40)] | None = None
    people: list[Person] = field(default_factory=list)
    incident: Incident | None = None
    locations: list[Location] = field(default_factory=list)
    vehicles: list[Vehicle] = field(default_factory=list)
    property: list[Item] = field(default_factory=list)
    safeguarding: Safeguarding | None = None
    road_traffic: RoadTraffic | None = None
    anti_social: AntiSocial | None = None
    abuse: Abuse | None = None
    sexual_offence: SexualOffence | None = None
    corruption: Corruption | None = None
    disclosure: Disclosure | None = None
    missing: Missing | None = None
    complaint: Complaint | None = None
