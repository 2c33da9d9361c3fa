"""Named values that a suite may ask of a report or of a volume (`call: name`), where a path or a count cannot say it.

Each is pure and gives None where there is nothing to judge: an absent value passes every expectation but
`expect_column_values_to_not_be_null`. Limits and patterns stand in the suites, not here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from hub.clock import day_of
from hub.quality.volume import Volume
from hub.reports.model import Address, Location, Person, Report
from hub.reports.services import SKELETONS
from hub.reports.urgency import deadline

R = TypeVar("R")
Function = Callable[[R, date], float | str | None]  # of a row and the day of the run


@dataclass(frozen=True, slots=True)
class Derived(Generic[R]):
    """A named value of a row: a text or a number. `field` is where an operator looks first."""

    field: str
    text: bool
    of: Function[R]
    about: str


OF_REPORTS: dict[str, Derived[Report]] = {}
OF_VOLUMES: dict[str, Derived[Volume]] = {}


def of_report(field: str, *, text: bool = False) -> Callable[[Function[Report]], Function[Report]]:
    """Offer a function to the suites of reports, under its own name."""
    return _registering(OF_REPORTS, field, text)


def of_volume(field: str, *, text: bool = False) -> Callable[[Function[Volume]], Function[Volume]]:
    """Offer a function to the suite of volumes, under its own name."""
    return _registering(OF_VOLUMES, field, text)


def _registering(registry: dict[str, Derived[R]], field: str, text: bool) -> Callable[[Function[R]], Function[R]]:
    def register(function: Function[R]) -> Function[R]:
        registry[function.__name__] = Derived(field, text, function, (function.__doc__ or "").splitlines()[0])
        return function

    return register


@of_report("incident.occurred_from")
def incident_lead_minutes(report: Report, _: date) -> float | None:
    """Whole minutes from the submission to the beginning of the incident: negative where it lies in the past, as it should."""
    started = report.incident and report.incident.occurred_from
    return (started - report.submitted_at).total_seconds() // 60 if started else None


@of_report("incident.occurred_from")
def days_past_deadline(report: Report, day: date) -> float | None:
    """Days from the last day to announce a prosecution to the day of the run; only of road traffic reports."""
    last = deadline(report)
    return (day - last).days if last else None


@of_report("incident.occurred_from")
def days_to_report(report: Report, _: date) -> float | None:
    """Whole days from the beginning of the incident to the submission."""
    started = report.incident and report.incident.occurred_from
    return (report.submitted_at - started).days if started else None


@of_report("submitted_at")
def days_submitted_ahead(report: Report, day: date) -> float | None:
    """Days from the day of the run to the day of submission: positive where a report comes from the future."""
    return (day_of(report.submitted_at) - day).days


@of_report("missing.last_seen_at")
def last_seen_lead_minutes(report: Report, _: date) -> float | None:
    """Whole minutes from the submission to when the missing person was last seen: negative, as it should be."""
    seen = report.missing and report.missing.last_seen_at
    return (seen - report.submitted_at).total_seconds() // 60 if seen else None


@of_report("people.date_of_birth")
def youngest_age_days(report: Report, _: date) -> float | None:
    """Days from the latest date of birth in the report to its submission: negative where somebody is not born yet."""
    births = [person.date_of_birth for person in report.people if person.date_of_birth]
    return (report.submitted_at.date() - max(births)).days if births else None


@of_report("people.phone")
def ways_to_contact(report: Report, _: date) -> float | None:
    """How many of phone, email and address the reporters have; none to judge where there is no reporter."""
    ways = [_ways(person) for person in report.people if "reporter" in person.roles]
    return sum(ways) if ways else None


def _ways(person: Person) -> int:
    return bool(person.phone) + bool(person.email) + _says_something(person.address)


def _says_something(address: Address | None) -> bool:
    return address is not None and bool(address.postcode or address.street or address.paon or address.saon or address.town or address.uprn)


@of_report("people.contact_preference")
def preferences_without_means(report: Report, _: date) -> float | None:
    """How many people prefer a way of contact that they do not give."""
    return sum([_cannot_be_had(person) for person in report.people if person.contact_preference])


def _cannot_be_had(person: Person) -> bool:
    match person.contact_preference:
        case "phone":
            return not person.phone
        case "email":
            return not person.email
        case "post":
            return not _says_something(person.address)
    return False


@of_report("people.safe_contact")
def unsafe_contacts_unexplained(report: Report, _: date) -> float | None:
    """How many people are not safe to contact, with nothing said of how else to reach them."""
    return sum([person.safe_to_contact is False and not person.safe_contact for person in report.people])


@of_report("people.age_to")
def reversed_age_ranges(report: Report, _: date) -> float | None:
    """How many people have an age range that ends before it begins."""
    return sum([p.age_from is not None and p.age_to is not None and p.age_from > p.age_to for p in report.people])


@of_report("locations.address.postcode", text=True)
def postcodes(report: Report, _: date) -> str | None:
    """Every postcode of the report, one a line: in capitals, with one space before its last three characters."""
    return "\n".join([_normal(address.postcode) for address in _addresses(report) if address.postcode]) or None


def _normal(postcode: str) -> str:
    bare = postcode.replace(" ", "").upper()
    return f"{bare[:-3]} {bare[-3:]}"


def _addresses(report: Report) -> list[Address]:
    found = [location.address for location in report.locations if location.address]
    for person in report.people:
        if person.address:
            found.append(person.address)
        if person.previous_addresses:
            found += person.previous_addresses
    return found


SOUTH, NORTH, WEST, EAST = 49.8, 60.9, -8.7, 1.8  # a box around Great Britain and Scilly, in degrees (WGS 84)


@of_report("locations.latitude")
def degrees_outside_britain(report: Report, _: date) -> float | None:
    """How far the farthest point of the report lies outside a box around Great Britain, in degrees; 0 inside."""
    return max([_degrees_outside(location) for location in report.locations], default=None)


def _degrees_outside(location: Location) -> float:
    latitude, longitude = location.latitude, location.longitude
    north_south = 0.0 if latitude is None or SOUTH <= latitude <= NORTH else max(SOUTH - latitude, latitude - NORTH)
    east_west = 0.0 if longitude is None or WEST <= longitude <= EAST else max(WEST - longitude, longitude - EAST)
    return max(north_south, east_west)


@of_report("locations")
def places(report: Report, _: date) -> float | None:
    """How many locations say where: by an address, a point, premises, public transport or a description."""
    return sum(_says_where(location) for location in report.locations)


def _says_where(location: Location) -> bool:
    by_name = location.premises or location.public_transport or location.description
    return bool(by_name) or location.latitude is not None or _says_something(location.address)


@of_report("text")
def text_length(report: Report, _: date) -> float | None:
    """Characters of the whole text after its first line, the protective marking."""
    return len(report.text.partition("\n")[2].strip())


@of_report("vehicles.driver_id")
def drivers_not_listed(report: Report, _: date) -> float | None:
    """How many vehicles name a driver who is none of the report's people."""
    listed = {person.id for person in report.people}
    return sum(bool(vehicle.driver_id) and vehicle.driver_id not in listed for vehicle in report.vehicles)


@of_report("vehicles.vrm")
def vehicles_without_vrm(report: Report, _: date) -> float | None:
    """How many vehicles have no registration mark."""
    return sum(not vehicle.vrm for vehicle in report.vehicles)


@of_report("property.description")
def items_not_described(report: Report, _: date) -> float | None:
    """How many items say neither what they are nor who made them."""
    return sum(not (item.description or item.make or item.model) for item in report.property)


@of_report("service", text=True)
def is_skeleton(report: Report, _: date) -> str | None:
    """`true` for a service that is not modelled, else `false`."""
    return "true" if report.service in SKELETONS else "false"


@of_report("attachments.size")
def smallest_attachment(report: Report, _: date) -> float | None:
    """Bytes of the smallest attachment."""
    return min((attachment.size for attachment in report.attachments), default=None)


@of_report("people.roles")
def accused(report: Report, _: date) -> float | None:
    """How many suspects, subjects, officers and organisations the report accuses."""
    people = sum(not {"suspect", "subject", "officer"}.isdisjoint(person.roles) for person in report.people)
    return people + bool(report.corruption and report.corruption.organisation)


@of_report("people.roles")
def officers(report: Report, _: date) -> float | None:
    """How many officers the report names, by name, description or collar number."""
    people = sum("officer" in person.roles for person in report.people)
    return people + bool(report.complaint and report.complaint.collar_number)


@of_report("people.family_name")
def unnamed_subjects(report: Report, _: date) -> float | None:
    """How many subjects of an application have no name at all."""
    return sum("subject" in p.roles and not (p.given_names or p.family_name) for p in report.people)


@of_volume("quarantined")
def share_quarantined(volume: Volume, _: date) -> float | None:
    """The share of a force's reports that went to quarantine, from 0 to 1."""
    return volume.quarantined / volume.picked_up if volume.picked_up else None
