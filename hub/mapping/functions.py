"""Named functions of a report or of one of its parts: what a field map can ask for with `call`, where its own words do not reach.

Each declares the fields that it reads, in the words of a field map (`.family_name` of the part, `submission_id` of the
report), so that they count as mapped; and what it gives, so that a format that does not fit is found when the map is loaded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub.clock import day_of
from hub.reports.attachments import attachment_name
from hub.reports.model import Address, Attachment, Incident, Location, Part, Person, Report
from hub.reports.paths import Kind

PROSECUTION_LIMIT = timedelta(days=14)  # Road Traffic Offenders Act 1988, section 1: a notice of intended prosecution


@dataclass(frozen=True, eq=False)
class Function:
    """A named function: `of` is the part that it is called in, `gives` the kind of its value; None is absent."""

    name: str
    of: type[Part]
    reads: tuple[str, ...]
    gives: Kind
    call: Callable[[Report, Any], Any]


def full_name(_: Report, person: Person) -> str | None:
    """`Mrs Siân Example`: title, given names and family name, as far as they are known."""
    return " ".join(name for name in (person.title, person.given_names, person.family_name) if name) or None


def address_line(_: Report, address: Address) -> str | None:
    """`Flat 2, 12 High Street, Llandaf, Cardiff, CF5 2YZ`: a number stands before its street without a comma (BS 7666)."""
    paon, street = address.paon, address.street
    numbered = f"{paon} {street}" if paon and street and paon[0].isdigit() else ", ".join(part for part in (paon, street) if part)
    parts = (address.saon, numbered, address.locality, address.town, address.postcode)
    return ", ".join(part for part in parts if part) or None


def previous_addresses(report: Report, person: Person) -> str | None:
    """The previous addresses of a person, each on one line as `address-line` has it, `; ` between them."""
    return "; ".join(line for address in person.previous_addresses if (line := address_line(report, address))) or None


def location_line(report: Report, location: Location) -> str | None:
    """A place on one line: premises, address, public transport, as far as they are known."""
    address = address_line(report, location.address) if location.address else None
    return ", ".join(part for part in (location.premises, address, location.public_transport) if part) or None


def offence_date_kind(_: Report, incident: Incident) -> str | None:
    """The justice system's code for how the date is known: 1 on or in, 4 between, 5 on or about, 6 on or before."""
    start, end = incident.occurred_from, incident.occurred_to
    if start is None:
        return None if end is None else "6"
    if end is not None and day_of(end) != day_of(start):
        return "4"
    return "5" if incident.exact_time_known is False and end is None else "1"


def incident_duration(_: Report, incident: Incident) -> str | None:
    """How long it went on, as an xs:duration in whole minutes (`P1DT2H30M`), where both ends are known and in their order."""
    start, end = incident.occurred_from, incident.occurred_to
    if start is None or end is None or end < start:
        return None
    minutes = int((end - start).total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    return f"P{f'{days}D' if days else ''}{f'T{time}' if time else ''}" if days or time else "PT0M"


def prosecution_deadline(report: Report, incident: Incident) -> object:
    """The last day for a notice of intended prosecution: 14 days from the incident, for road traffic alone."""
    if report.road_traffic is None or incident.occurred_from is None:
        return None
    return day_of(incident.occurred_from) + PROSECUTION_LIMIT


def age_text(_: Report, person: Person) -> str | None:
    """`34`, `30 to 40`, `30 or over`, `40 or under`: the age that was given, never reckoned from a date of birth."""
    low, high = person.age_from, person.age_to
    if low is None or high is None:
        return f"{low} or over" if low is not None else f"{high} or under" if high is not None else None
    return str(low) if low == high else f"{low} to {high}"


def travelling_name(report: Report, attachment: Attachment) -> str:
    """The name under which the file travels beside the records: `docs/delivery.md`."""
    number = next(n for n, each in enumerate(report.attachments, start=1) if each is attachment)
    return attachment_name(report.submission_id, number, attachment.media_type)


_LINE = ("saon", "paon", "street", "locality", "town", "postcode")  # an address on one line leaves out its UPRN
_PLACE = (".premises", *(f".address.{name}" for name in _LINE), ".public_transport")

_ALL = (
    Function("full-name", Person, (".title", ".given_names", ".family_name"), Kind.TEXT, full_name),
    Function("age-text", Person, (".age_from", ".age_to"), Kind.TEXT, age_text),
    Function("previous-addresses", Person, tuple(f".previous_addresses.{name}" for name in _LINE), Kind.TEXT, previous_addresses),
    Function("address-line", Address, tuple(f".{name}" for name in _LINE), Kind.TEXT, address_line),
    Function("location-line", Location, _PLACE, Kind.TEXT, location_line),
    Function("offence-date-kind", Incident, (".occurred_from", ".occurred_to", ".exact_time_known"), Kind.CODE, offence_date_kind),
    Function("incident-duration", Incident, (".occurred_from", ".occurred_to"), Kind.CODE, incident_duration),
    Function("prosecution-deadline", Incident, (".occurred_from",), Kind.DATE, prosecution_deadline),
    Function("attachment-name", Attachment, (".media_type", "submission_id"), Kind.CODE, travelling_name),
)  # fmt: skip

FUNCTIONS: dict[str, Function] = {function.name: function for function in _ALL}
