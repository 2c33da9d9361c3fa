"""The canonical report: one submission, POLE-shaped (person, object, location, event), the same for every force.

Agnostic of language, force and records system. On the wire the names are camelCase (`familyName`), in field maps
snake_case (`people.family_name`). Published as JSON Schema in `docs/report.schema.json`. A change that an older reader
could not follow raises the major number of `MODEL_VERSION`.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

MODEL_VERSION = "1.0"

Short = Annotated[str, StringConstraints(max_length=35)]  # a name, a line of an address: 35 in the justice system's own XML
Line = Annotated[str, StringConstraints(max_length=100)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Whole = Annotated[str, StringConstraints(max_length=200_000)]

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


class Part(BaseModel):
    """A part of a report. Unknown fields are refused: a value nobody reads would be lost without a word."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Address(Part):
    """An address in the parts of BS 7666."""

    saon: Short | None = None  # secondary addressable object: `Flat 2`
    paon: Short | None = None  # primary addressable object: `12`
    street: Line | None = None
    locality: Short | None = None
    town: Annotated[str, StringConstraints(max_length=30)] | None = None
    postcode: Annotated[str, StringConstraints(max_length=10)] | None = None
    uprn: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}$")] | None = None


class Person(Part):
    """Somebody in the report: known by name, or only described."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,20}$")]
    roles: Annotated[list[Role], Field(min_length=1)]
    title: Short | None = None
    given_names: Short | None = None
    family_name: Short | None = None
    date_of_birth: date | None = None
    age_from: Annotated[int, Field(ge=0, le=130)] | None = None
    age_to: Annotated[int, Field(ge=0, le=130)] | None = None
    gender: Gender | None = None
    ethnicity: Ethnicity | None = None
    disability: bool | None = None
    communication_needs: Text | None = None
    language: Literal["en", "cy"] | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{6,15}$")] | None = None  # E.164
    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    contact_preference: Literal["phone", "email", "post", "none"] | None = None
    safe_to_contact: bool | None = None
    safe_contact: Text | None = None  # when and how: contacting wrongly can endanger
    relationship: Line | None = None  # to the victim, or to the reporter where there is none
    description: Text | None = None
    address: Address | None = None
    previous_addresses: list[Address] = Field(default_factory=list, json_schema_extra={"default": []})


class Incident(Part):
    """What happened, and when. `occurred_to` is absent where it happened at one moment."""

    occurred_from: AwareDatetime | None = None
    occurred_to: AwareDatetime | None = None
    exact_time_known: bool | None = None
    offence: Offence | None = None
    description: Text | None = None
    weapon: Line | None = None
    threat: bool | None = None
    injury: Literal["none", "minor", "serious"] | None = None
    hate_strands: list[HateStrand] = Field(default_factory=list, json_schema_extra={"default": []})
    cctv: bool | None = None
    witnesses: bool | None = None


class Location(Part):
    """Where: an address, a point (WGS 84), premises, or public transport."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,20}$")]
    role: Literal["incident", "last-seen", "lost-at", "other"] = "incident"
    address: Address | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    area_code: Annotated[str, StringConstraints(pattern=r"^[EWS][0-9]{8}$")] | None = None  # LSOA, ONS code
    premises: Line | None = None
    public_transport: Line | None = None
    description: Text | None = None


class Vehicle(Part):
    """A vehicle in the report."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,20}$")]
    role: Literal["involved", "stolen", "damaged", "suspect"] = "involved"
    vrm: Annotated[str, StringConstraints(max_length=11)] | None = None
    make: Short | None = None
    model: Short | None = None
    colour: Short | None = None
    driver_id: Short | None = None  # the `id` of a person
    insurer: Line | None = None


class Item(Part):
    """A thing that was stolen, damaged, lost or found."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,20}$")]
    status: Literal["stolen", "damaged", "lost", "found"]
    description: Line | None = None
    make: Short | None = None
    model: Short | None = None
    serial_number: Annotated[str, StringConstraints(max_length=40)] | None = None  # or IMEI: leading zeros matter
    value: Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)] | None = None  # pounds sterling


class Safeguarding(Part):
    """Who may be in danger."""

    immediate_danger: bool | None = None
    children_present: bool | None = None
    vulnerable: bool | None = None
    repeat_victim: bool | None = None


class Attachment(Part):
    """A file that came with the submission. `name` is what the person called it: never a path of ours."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    media_type: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+$")]
    size: Annotated[int, Field(ge=0)]  # bytes
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class RoadTraffic(Part):
    """A collision, or driving that somebody saw. A prosecution must be announced within 14 days of it."""

    kind: Literal["collision", "dangerous-driving", "careless-driving", "mobile-phone", "red-light", "other"]
    injuries: bool | None = None
    footage: bool | None = None


class AntiSocial(Part):
    """Anti-social behaviour: what kind (the national three), and whether it goes on."""

    kind: Literal["personal", "nuisance", "environmental"]
    ongoing: bool | None = None


class Abuse(Part):
    """Domestic abuse: beside who and what, how they live."""

    living_together: bool | None = None
    pattern: bool | None = None
    children_in_household: Annotated[int, Field(ge=0, le=30)] | None = None


class SexualOffence(Part):
    """Rape or sexual assault: what the person wants, and whether forensic evidence may still be had."""

    support_wanted: bool | None = None
    within_seven_days: bool | None = None


class Corruption(Part):
    """Bribery or corruption."""

    organisation: Line | None = None
    kind: Literal["bribery", "abuse-of-position", "fraud", "other"]


class Disclosure(Part):
    """An application under Sarah's Law or Clare's Law."""

    scheme: Literal["sarah", "clare"]
    reason: Text | None = None
    relation_to_subject: Line | None = None
    children_at_risk: Annotated[int, Field(ge=0, le=30)] | None = None


class Missing(Part):
    """A missing person: when last seen, in what, and how great the risk."""

    last_seen_at: AwareDatetime | None = None
    clothing: Text | None = None
    medical_needs: Text | None = None
    risk: Literal["low", "medium", "high"] | None = None


class Complaint(Part):
    """A complaint about the police."""

    kind: Literal["service", "conduct", "other"]
    collar_number: Annotated[str, StringConstraints(max_length=12)] | None = None
    outcome_wanted: Text | None = None


class Report(Part):
    """One submission, read."""

    model_version: Literal["1.0"] = "1.0"
    submission_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    reference: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{4,40}$")]  # customer reference number
    force_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]  # PNC code: a string, it has leading zeros
    service: str
    category: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    submitted_at: AwareDatetime
    language: Literal["en", "cy"] = "en"
    form_version: Annotated[str, StringConstraints(max_length=20)] | None = None
    marking: Literal["OFFICIAL", "OFFICIAL-SENSITIVE"]
    text: Whole  # the whole submission as text, opening with its marking
    anonymous: bool = False
    involvement: Literal["victim", "witness", "third-party"] | None = None
    reported_before: bool | None = None
    previous_reference: Annotated[str, StringConstraints(max_length=40)] | None = None
    people: list[Person] = Field(default_factory=list, json_schema_extra={"default": []})
    incident: Incident | None = None
    locations: list[Location] = Field(default_factory=list, json_schema_extra={"default": []})
    vehicles: list[Vehicle] = Field(default_factory=list, json_schema_extra={"default": []})
    property: list[Item] = Field(default_factory=list, json_schema_extra={"default": []})
    safeguarding: Safeguarding | None = None
    attachments: list[Attachment] = Field(default_factory=list, json_schema_extra={"default": []})
    road_traffic: RoadTraffic | None = None
    anti_social: AntiSocial | None = None
    abuse: Abuse | None = None
    sexual_offence: SexualOffence | None = None
    corruption: Corruption | None = None
    disclosure: Disclosure | None = None
    missing: Missing | None = None
    complaint: Complaint | None = None
