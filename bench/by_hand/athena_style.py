# ruff: noqa: ARG001, PLR0912, PLR0915, SIM102 - written out straight on purpose, every function alike
"""athena-style written out: the rows of CSV tables.

What its field map declares, with the checks and signals that it has, as straight-line code: for `python -m bench.mapping`.
"""

from typing import Any

from bench.by_hand.writing import Codes, Nodes, Signals, clean, cut, decimal, local, national, translated
from hub.mapping.functions import previous_addresses, travelling_name
from hub.reports.model import Attachment, Item, Location, Person, Report, Vehicle


def record(report: Report, codes: Codes) -> tuple[Nodes, Signals]:
    """The names and values of a report with fields of its own, and what was not carried over exactly."""
    value: Any
    nodes: Nodes = []
    signals: Signals = []
    inside_incidents: Nodes = []
    inside_incidents.append(
        (
            "SUBMISSION_ID",
            report.submission_id if report.submission_id.isprintable() else clean(report.submission_id, "incidents/SUBMISSION_ID", signals),
        )
    )
    inside_incidents.append(("FORM", "FULL"))
    inside_incidents.append(
        ("REFERENCE", report.reference if report.reference.isprintable() else clean(report.reference, "incidents/REFERENCE", signals))
    )
    inside_incidents.append(
        ("FORCE_CODE", report.force_code if report.force_code.isprintable() else clean(report.force_code, "incidents/FORCE_CODE", signals))
    )
    inside_incidents.append(("SERVICE", translated(codes.service, report.service, "incidents/SERVICE", signals)))
    inside_incidents.append(
        ("CATEGORY", report.category if report.category.isprintable() else clean(report.category, "incidents/CATEGORY", signals))
    )
    inside_incidents.append(("SUBMITTED_AT", local(report.submitted_at, "incidents/SUBMITTED_AT", signals)))
    inside_incidents.append(("LANGUAGE", report.language.upper()))
    if (value := report.form_version) is not None:
        inside_incidents.append(("FORM_VERSION", value if value.isprintable() else clean(value, "incidents/FORM_VERSION", signals)))
    inside_incidents.append(("MARKING", report.marking))
    inside_incidents.append(("ANONYMOUS", "Y" if report.anonymous else "N"))
    if (value := report.involvement) is not None:
        inside_incidents.append(("INVOLVEMENT", value.upper()))
    if (value := report.reported_before) is not None:
        inside_incidents.append(("REPORTED_BEFORE", "Y" if value else "N"))
    if (value := report.previous_reference) is not None:
        inside_incidents.append(
            ("PREVIOUS_REFERENCE", value if value.isprintable() else clean(value, "incidents/PREVIOUS_REFERENCE", signals))
        )
    safeguarding = report.safeguarding
    if safeguarding is not None:
        if (value := safeguarding.immediate_danger) is not None:
            inside_incidents.append(("IMMEDIATE_DANGER", "Y" if value else "N"))
        if (value := safeguarding.children_present) is not None:
            inside_incidents.append(("CHILDREN_PRESENT", "Y" if value else "N"))
        if (value := safeguarding.vulnerable) is not None:
            inside_incidents.append(("VULNERABLE", "Y" if value else "N"))
        if (value := safeguarding.repeat_victim) is not None:
            inside_incidents.append(("REPEAT_VICTIM", "Y" if value else "N"))
    incident = report.incident
    if incident is not None:
        if (value := incident.occurred_from) is not None:
            inside_incidents.append(("OCCURRED_FROM", local(value, "incidents/OCCURRED_FROM", signals)))
        if (value := incident.occurred_to) is not None:
            inside_incidents.append(("OCCURRED_TO", local(value, "incidents/OCCURRED_TO", signals)))
        if (value := incident.exact_time_known) is not None:
            inside_incidents.append(("EXACT_TIME_KNOWN", "Y" if value else "N"))
        if (value := incident.offence) is not None:
            inside_incidents.append(("SUGGESTED_OFFENCE", translated(codes.offence, value, "incidents/SUGGESTED_OFFENCE", signals)))
        if (value := incident.description) is not None:
            inside_incidents.append(
                (
                    "DESCRIPTION",
                    cut(
                        value if value.isprintable() else clean(value, "incidents/DESCRIPTION", signals),
                        2000,
                        "incidents/DESCRIPTION",
                        signals,
                    ),
                )
            )
        if (value := incident.weapon) is not None:
            inside_incidents.append(
                (
                    "WEAPON",
                    cut(value if value.isprintable() else clean(value, "incidents/WEAPON", signals), 60, "incidents/WEAPON", signals),
                )
            )
        if (value := incident.threat) is not None:
            inside_incidents.append(("THREAT", "Y" if value else "N"))
        if (value := incident.injury) is not None:
            inside_incidents.append(("INJURY", translated(codes.injury, value, "incidents/INJURY", signals)))
    if (incident := report.incident) is not None:
        if incident.hate_strands:
            inside_incidents.append(("HATE_STRANDS", "|".join(incident.hate_strands)))
    incident = report.incident
    if incident is not None:
        if (value := incident.cctv) is not None:
            inside_incidents.append(("CCTV", "Y" if value else "N"))
        if (value := incident.witnesses) is not None:
            inside_incidents.append(("WITNESSES", "Y" if value else "N"))
    road_traffic = report.road_traffic
    if road_traffic is not None:
        if (value := road_traffic.kind) is not None:
            inside_incidents.append(("RT_KIND", value.upper()))
        if (value := road_traffic.injuries) is not None:
            inside_incidents.append(("RT_INJURIES", "Y" if value else "N"))
        if (value := road_traffic.footage) is not None:
            inside_incidents.append(("RT_FOOTAGE", "Y" if value else "N"))
    anti_social = report.anti_social
    if anti_social is not None:
        if (value := anti_social.kind) is not None:
            inside_incidents.append(("ASB_KIND", value.upper()))
        if (value := anti_social.ongoing) is not None:
            inside_incidents.append(("ASB_ONGOING", "Y" if value else "N"))
    abuse = report.abuse
    if abuse is not None:
        if (value := abuse.living_together) is not None:
            inside_incidents.append(("DA_LIVING_TOGETHER", "Y" if value else "N"))
        if (value := abuse.pattern) is not None:
            inside_incidents.append(("DA_PATTERN", "Y" if value else "N"))
        if (value := abuse.children_in_household) is not None:
            inside_incidents.append(("DA_CHILDREN", str(value)))
    sexual_offence = report.sexual_offence
    if sexual_offence is not None:
        if (value := sexual_offence.support_wanted) is not None:
            inside_incidents.append(("SO_SUPPORT_WANTED", "Y" if value else "N"))
        if (value := sexual_offence.within_seven_days) is not None:
            inside_incidents.append(("SO_WITHIN_7_DAYS", "Y" if value else "N"))
    corruption = report.corruption
    if corruption is not None:
        if (value := corruption.organisation) is not None:
            inside_incidents.append(
                ("COR_ORGANISATION", value if value.isprintable() else clean(value, "incidents/COR_ORGANISATION", signals))
            )
        if (value := corruption.kind) is not None:
            inside_incidents.append(("COR_KIND", value.upper()))
    disclosure = report.disclosure
    if disclosure is not None:
        if (value := disclosure.scheme) is not None:
            inside_incidents.append(("DISC_SCHEME", value.upper()))
        if (value := disclosure.reason) is not None:
            inside_incidents.append(
                (
                    "DISC_REASON",
                    cut(
                        value if value.isprintable() else clean(value, "incidents/DISC_REASON", signals),
                        2000,
                        "incidents/DISC_REASON",
                        signals,
                    ),
                )
            )
        if (value := disclosure.relation_to_subject) is not None:
            inside_incidents.append(("DISC_RELATION", value if value.isprintable() else clean(value, "incidents/DISC_RELATION", signals)))
        if (value := disclosure.children_at_risk) is not None:
            inside_incidents.append(("DISC_CHILDREN", str(value)))
    missing = report.missing
    if missing is not None:
        if (value := missing.last_seen_at) is not None:
            inside_incidents.append(("MIS_LAST_SEEN_AT", local(value, "incidents/MIS_LAST_SEEN_AT", signals)))
        if (value := missing.clothing) is not None:
            inside_incidents.append(
                (
                    "MIS_CLOTHING",
                    cut(
                        value if value.isprintable() else clean(value, "incidents/MIS_CLOTHING", signals),
                        1000,
                        "incidents/MIS_CLOTHING",
                        signals,
                    ),
                )
            )
        if (value := missing.medical_needs) is not None:
            inside_incidents.append(
                ("MIS_MEDICAL_NEEDS", value if value.isprintable() else clean(value, "incidents/MIS_MEDICAL_NEEDS", signals))
            )
        if (value := missing.risk) is not None:
            inside_incidents.append(("MIS_RISK", value.upper()))
    complaint = report.complaint
    if complaint is not None:
        if (value := complaint.kind) is not None:
            inside_incidents.append(("CMP_KIND", value.upper()))
        if (value := complaint.collar_number) is not None:
            inside_incidents.append(
                ("CMP_COLLAR_NUMBER", value if value.isprintable() else clean(value, "incidents/CMP_COLLAR_NUMBER", signals))
            )
        if (value := complaint.outcome_wanted) is not None:
            inside_incidents.append(
                (
                    "CMP_OUTCOME_WANTED",
                    cut(
                        value if value.isprintable() else clean(value, "incidents/CMP_OUTCOME_WANTED", signals),
                        2000,
                        "incidents/CMP_OUTCOME_WANTED",
                        signals,
                    ),
                )
            )
    inside_incidents.append(("TEXT", report.text if report.text.isprintable() else clean(report.text, "incidents/TEXT", signals)))
    if inside_incidents:
        nodes.append(("incidents", inside_incidents))
    for person in report.people:
        nodes.append(("persons", _person(report, person, codes, signals)))
    for location in report.locations:
        nodes.append(("locations", _location(report, location, codes, signals)))
    for vehicle in report.vehicles:
        nodes.append(("vehicles", _vehicle(report, vehicle, codes, signals)))
    for item in report.property:
        nodes.append(("property", _item(report, item, codes, signals)))
    for file in report.attachments:
        nodes.append(("attachments", _file(report, file, codes, signals)))
    return nodes, signals


def _person(report: Report, person: Person, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(
        (
            "SUBMISSION_ID",
            report.submission_id if report.submission_id.isprintable() else clean(report.submission_id, "persons/SUBMISSION_ID", signals),
        )
    )
    nodes.append(("PERSON_ID", person.id if person.id.isprintable() else clean(person.id, "persons/PERSON_ID", signals)))
    if person.roles:
        nodes.append(("ROLES", "|".join(person.roles)))
    if (value := person.title) is not None:
        nodes.append(("TITLE", value if value.isprintable() else clean(value, "persons/TITLE", signals)))
    if (value := person.given_names) is not None:
        nodes.append(("FORENAMES", value if value.isprintable() else clean(value, "persons/FORENAMES", signals)))
    if (value := person.family_name) is not None:
        nodes.append(("SURNAME", value if value.isprintable() else clean(value, "persons/SURNAME", signals)))
    if (value := person.date_of_birth) is not None:
        nodes.append(("DATE_OF_BIRTH", value.isoformat()))
    if (value := person.age_from) is not None:
        nodes.append(("AGE_FROM", str(value)))
    if (value := person.age_to) is not None:
        nodes.append(("AGE_TO", str(value)))
    if (value := person.gender) is not None:
        nodes.append(("GENDER", translated(codes.gender, value, "persons/GENDER", signals)))
    if (value := person.ethnicity) is not None:
        nodes.append(("ETHNICITY", translated(codes.ethnicity, value, "persons/ETHNICITY", signals)))
    if (value := person.disability) is not None:
        nodes.append(("DISABILITY", "Y" if value else "N"))
    if (value := person.communication_needs) is not None:
        nodes.append(("COMMUNICATION_NEEDS", value if value.isprintable() else clean(value, "persons/COMMUNICATION_NEEDS", signals)))
    if (value := person.language) is not None:
        nodes.append(("LANGUAGE", value.upper()))
    if (value := person.phone) is not None:
        nodes.append(("PHONE", national(value)))
    if (value := person.email) is not None:
        nodes.append(("EMAIL", value if value.isprintable() else clean(value, "persons/EMAIL", signals)))
    if (value := person.contact_preference) is not None:
        nodes.append(("CONTACT_PREFERENCE", value.upper()))
    if (value := person.safe_to_contact) is not None:
        nodes.append(("SAFE_TO_CONTACT", "Y" if value else "N"))
    if (value := person.safe_contact) is not None:
        nodes.append(("SAFE_CONTACT", value if value.isprintable() else clean(value, "persons/SAFE_CONTACT", signals)))
    if (value := person.relationship) is not None:
        nodes.append(("RELATIONSHIP", value if value.isprintable() else clean(value, "persons/RELATIONSHIP", signals)))
    if (value := person.description) is not None:
        nodes.append(
            (
                "DESCRIPTION",
                cut(value if value.isprintable() else clean(value, "persons/DESCRIPTION", signals), 2000, "persons/DESCRIPTION", signals),
            )
        )
    address = person.address
    if address is not None:
        if (value := address.saon) is not None:
            nodes.append(("SAON", value if value.isprintable() else clean(value, "persons/SAON", signals)))
        if (value := address.paon) is not None:
            nodes.append(("PAON", value if value.isprintable() else clean(value, "persons/PAON", signals)))
        if (value := address.street) is not None:
            nodes.append(
                ("STREET", cut(value if value.isprintable() else clean(value, "persons/STREET", signals), 60, "persons/STREET", signals))
            )
        if (value := address.locality) is not None:
            nodes.append(("LOCALITY", value if value.isprintable() else clean(value, "persons/LOCALITY", signals)))
        if (value := address.town) is not None:
            nodes.append(("TOWN", value if value.isprintable() else clean(value, "persons/TOWN", signals)))
        if (value := address.postcode) is not None:
            nodes.append(("POSTCODE", value if value.isprintable() else clean(value, "persons/POSTCODE", signals)))
        if (value := address.uprn) is not None:
            nodes.append(("UPRN", value if value.isprintable() else clean(value, "persons/UPRN", signals)))
    if (value := previous_addresses(report, person)) is not None:
        nodes.append(("PREVIOUS_ADDRESSES", value if value.isprintable() else clean(value, "persons/PREVIOUS_ADDRESSES", signals)))
    return nodes


def _location(report: Report, location: Location, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(
        (
            "SUBMISSION_ID",
            report.submission_id if report.submission_id.isprintable() else clean(report.submission_id, "locations/SUBMISSION_ID", signals),
        )
    )
    nodes.append(("LOCATION_ID", location.id if location.id.isprintable() else clean(location.id, "locations/LOCATION_ID", signals)))
    nodes.append(("ROLE", location.role.upper()))
    address = location.address
    if address is not None:
        if (value := address.saon) is not None:
            nodes.append(("SAON", value if value.isprintable() else clean(value, "locations/SAON", signals)))
        if (value := address.paon) is not None:
            nodes.append(("PAON", value if value.isprintable() else clean(value, "locations/PAON", signals)))
        if (value := address.street) is not None:
            nodes.append(
                (
                    "STREET",
                    cut(value if value.isprintable() else clean(value, "locations/STREET", signals), 60, "locations/STREET", signals),
                )
            )
        if (value := address.locality) is not None:
            nodes.append(("LOCALITY", value if value.isprintable() else clean(value, "locations/LOCALITY", signals)))
        if (value := address.town) is not None:
            nodes.append(("TOWN", value if value.isprintable() else clean(value, "locations/TOWN", signals)))
        if (value := address.postcode) is not None:
            nodes.append(("POSTCODE", value if value.isprintable() else clean(value, "locations/POSTCODE", signals)))
        if (value := address.uprn) is not None:
            nodes.append(("UPRN", value if value.isprintable() else clean(value, "locations/UPRN", signals)))
    if (value := location.latitude) is not None:
        nodes.append(("LATITUDE", decimal(value)))
    if (value := location.longitude) is not None:
        nodes.append(("LONGITUDE", decimal(value)))
    if (value := location.area_code) is not None:
        nodes.append(("LSOA", value if value.isprintable() else clean(value, "locations/LSOA", signals)))
    if (value := location.premises) is not None:
        nodes.append(("PREMISES", value if value.isprintable() else clean(value, "locations/PREMISES", signals)))
    if (value := location.public_transport) is not None:
        nodes.append(("PUBLIC_TRANSPORT", value if value.isprintable() else clean(value, "locations/PUBLIC_TRANSPORT", signals)))
    if (value := location.description) is not None:
        nodes.append(
            (
                "DESCRIPTION",
                cut(
                    value if value.isprintable() else clean(value, "locations/DESCRIPTION", signals), 2000, "locations/DESCRIPTION", signals
                ),
            )
        )
    return nodes


def _vehicle(report: Report, vehicle: Vehicle, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(
        (
            "SUBMISSION_ID",
            report.submission_id if report.submission_id.isprintable() else clean(report.submission_id, "vehicles/SUBMISSION_ID", signals),
        )
    )
    nodes.append(("VEHICLE_ID", vehicle.id if vehicle.id.isprintable() else clean(vehicle.id, "vehicles/VEHICLE_ID", signals)))
    nodes.append(("ROLE", vehicle.role.upper()))
    if (value := vehicle.vrm) is not None:
        nodes.append(("VRM", (value if value.isprintable() else clean(value, "vehicles/VRM", signals)).upper()))
    if (value := vehicle.make) is not None:
        nodes.append(("MAKE", value if value.isprintable() else clean(value, "vehicles/MAKE", signals)))
    if (value := vehicle.model) is not None:
        nodes.append(("MODEL", value if value.isprintable() else clean(value, "vehicles/MODEL", signals)))
    if (value := vehicle.colour) is not None:
        nodes.append(("COLOUR", value if value.isprintable() else clean(value, "vehicles/COLOUR", signals)))
    if (value := vehicle.driver_id) is not None:
        nodes.append(("DRIVER_ID", value if value.isprintable() else clean(value, "vehicles/DRIVER_ID", signals)))
    if (value := vehicle.insurer) is not None:
        nodes.append(
            ("INSURER", cut(value if value.isprintable() else clean(value, "vehicles/INSURER", signals), 60, "vehicles/INSURER", signals))
        )
    return nodes


def _item(report: Report, item: Item, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(
        (
            "SUBMISSION_ID",
            report.submission_id if report.submission_id.isprintable() else clean(report.submission_id, "property/SUBMISSION_ID", signals),
        )
    )
    nodes.append(("ITEM_ID", item.id if item.id.isprintable() else clean(item.id, "property/ITEM_ID", signals)))
    nodes.append(("STATUS", item.status.upper()))
    if (value := item.description) is not None:
        nodes.append(("DESCRIPTION", value if value.isprintable() else clean(value, "property/DESCRIPTION", signals)))
    if (value := item.make) is not None:
        nodes.append(("MAKE", value if value.isprintable() else clean(value, "property/MAKE", signals)))
    if (value := item.model) is not None:
        nodes.append(("MODEL", value if value.isprintable() else clean(value, "property/MODEL", signals)))
    if (value := item.serial_number) is not None:
        nodes.append(("SERIAL_NUMBER", value if value.isprintable() else clean(value, "property/SERIAL_NUMBER", signals)))
    if (value := item.value) is not None:
        nodes.append(("VALUE_GBP", value))
    return nodes


def _file(report: Report, file: Attachment, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(
        (
            "SUBMISSION_ID",
            report.submission_id
            if report.submission_id.isprintable()
            else clean(report.submission_id, "attachments/SUBMISSION_ID", signals),
        )
    )
    if (value := travelling_name(report, file)) is not None:
        nodes.append(("FILE", value))
    nodes.append(("NAME", file.name if file.name.isprintable() else clean(file.name, "attachments/NAME", signals)))
    nodes.append(
        ("MEDIA_TYPE", file.media_type if file.media_type.isprintable() else clean(file.media_type, "attachments/MEDIA_TYPE", signals))
    )
    nodes.append(("BYTES", str(file.size)))
    nodes.append(("SHA256", file.sha256 if file.sha256.isprintable() else clean(file.sha256, "attachments/SHA256", signals)))
    return nodes
