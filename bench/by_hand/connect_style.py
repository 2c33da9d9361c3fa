# ruff: noqa: ARG001, PLR0912, PLR0915 - written out straight on purpose, every function alike
"""connect-style written out: one JSON:API document, people apart from the report.

What its field map declares, with the checks and signals that it has, as straight-line code: for `python -m bench.mapping`.
"""

from typing import Any

from bench.by_hand.writing import Codes, Nodes, Signals, clean, decimal, in_london, translated
from hub.mapping.functions import travelling_name
from hub.reports.model import Address, Attachment, Item, Location, Person, Report, Vehicle


def record(report: Report, codes: Codes) -> tuple[Nodes, Signals]:
    """The names and values of a report with fields of its own, and what was not carried over exactly."""
    value: Any
    nodes: Nodes = []
    signals: Signals = []
    inside_data: Nodes = []
    inside_data.append(("type", "incidents"))
    inside_attributes: Nodes = []
    inside_attributes.append(
        (
            "submissionId",
            report.submission_id
            if report.submission_id.isprintable()
            else clean(report.submission_id, "data/attributes/submissionId", signals),
        )
    )
    inside_attributes.append(("form", "full"))
    inside_attributes.append(
        (
            "customerReferenceNumber",
            report.reference
            if report.reference.isprintable()
            else clean(report.reference, "data/attributes/customerReferenceNumber", signals),
        )
    )
    inside_attributes.append(
        (
            "forceIdentifier",
            report.force_code if report.force_code.isprintable() else clean(report.force_code, "data/attributes/forceIdentifier", signals),
        )
    )
    inside_attributes.append(("service", translated(codes.service, report.service, "data/attributes/service", signals)))
    inside_attributes.append(
        ("category", report.category if report.category.isprintable() else clean(report.category, "data/attributes/category", signals))
    )
    inside_attributes.append(("submitTime", in_london(report.submitted_at)))
    inside_attributes.append(("language", report.language))
    if (value := report.form_version) is not None:
        inside_attributes.append(("formVersion", value if value.isprintable() else clean(value, "data/attributes/formVersion", signals)))
    inside_attributes.append(("protectiveMarking", report.marking))
    inside_attributes.append(("anonymous", report.anonymous))
    if (value := report.involvement) is not None:
        inside_attributes.append(("involvement", translated(codes.involvement, value, "data/attributes/involvement", signals)))
    if (value := report.reported_before) is not None:
        inside_attributes.append(("reportedBefore", value))
    if (value := report.previous_reference) is not None:
        inside_attributes.append(
            ("previousReference", value if value.isprintable() else clean(value, "data/attributes/previousReference", signals))
        )
    if (safeguarding := report.safeguarding) is not None:
        inside_risk: Nodes = []
        if (value := safeguarding.immediate_danger) is not None:
            inside_risk.append(("immediateDanger", value))
        if (value := safeguarding.children_present) is not None:
            inside_risk.append(("childrenPresent", value))
        if (value := safeguarding.vulnerable) is not None:
            inside_risk.append(("vulnerable", value))
        if (value := safeguarding.repeat_victim) is not None:
            inside_risk.append(("repeatVictim", value))
        if inside_risk:
            inside_attributes.append(("risk", inside_risk))
    if (incident := report.incident) is not None:
        inside_event: Nodes = []
        if (value := incident.occurred_from) is not None:
            inside_event.append(("from", in_london(value)))
        if (value := incident.occurred_to) is not None:
            inside_event.append(("to", in_london(value)))
        if (value := incident.exact_time_known) is not None:
            inside_event.append(("exactTimeKnown", value))
        if (value := incident.offence) is not None:
            inside_event.append(("suggestedOffence", translated(codes.offence, value, "data/attributes/event/suggestedOffence", signals)))
        if (value := incident.description) is not None:
            inside_event.append(
                ("description", value if value.isprintable() else clean(value, "data/attributes/event/description", signals))
            )
        if (value := incident.weapon) is not None:
            inside_event.append(("weapon", value if value.isprintable() else clean(value, "data/attributes/event/weapon", signals)))
        if (value := incident.threat) is not None:
            inside_event.append(("threat", value))
        if (value := incident.injury) is not None:
            inside_event.append(("injury", value))
        for code in incident.hate_strands:
            inside_event.append(("hateStrands", translated(codes.hate_strand, code, "data/attributes/event/hateStrands", signals)))
        if (value := incident.cctv) is not None:
            inside_event.append(("cctv", value))
        if (value := incident.witnesses) is not None:
            inside_event.append(("witnesses", value))
        if inside_event:
            inside_attributes.append(("event", inside_event))
    for location in report.locations:
        inside_attributes.append(("locations", _locations(report, location, codes, signals)))
    for vehicle in report.vehicles:
        inside_attributes.append(("vehicles", _vehicles(report, vehicle, codes, signals)))
    for item in report.property:
        inside_attributes.append(("property", _property(report, item, codes, signals)))
    for file in report.attachments:
        inside_attributes.append(("attachments", _attachments(report, file, codes, signals)))
    if (road_traffic := report.road_traffic) is not None:
        inside_road_traffic: Nodes = []
        inside_road_traffic.append(("kind", road_traffic.kind))
        if (value := road_traffic.injuries) is not None:
            inside_road_traffic.append(("injuries", value))
        if (value := road_traffic.footage) is not None:
            inside_road_traffic.append(("footage", value))
        if inside_road_traffic:
            inside_attributes.append(("roadTraffic", inside_road_traffic))
    if (anti_social := report.anti_social) is not None:
        inside_anti_social_behaviour: Nodes = []
        inside_anti_social_behaviour.append(("kind", anti_social.kind))
        if (value := anti_social.ongoing) is not None:
            inside_anti_social_behaviour.append(("ongoing", value))
        if inside_anti_social_behaviour:
            inside_attributes.append(("antiSocialBehaviour", inside_anti_social_behaviour))
    if (abuse := report.abuse) is not None:
        inside_domestic_abuse: Nodes = []
        if (value := abuse.living_together) is not None:
            inside_domestic_abuse.append(("livingTogether", value))
        if (value := abuse.pattern) is not None:
            inside_domestic_abuse.append(("pattern", value))
        if (value := abuse.children_in_household) is not None:
            inside_domestic_abuse.append(("childrenInHousehold", value))
        if inside_domestic_abuse:
            inside_attributes.append(("domesticAbuse", inside_domestic_abuse))
    if (sexual_offence := report.sexual_offence) is not None:
        inside_sexual_offence: Nodes = []
        if (value := sexual_offence.support_wanted) is not None:
            inside_sexual_offence.append(("supportWanted", value))
        if (value := sexual_offence.within_seven_days) is not None:
            inside_sexual_offence.append(("withinSevenDays", value))
        if inside_sexual_offence:
            inside_attributes.append(("sexualOffence", inside_sexual_offence))
    if (corruption := report.corruption) is not None:
        inside_corruption: Nodes = []
        if (value := corruption.organisation) is not None:
            inside_corruption.append(
                ("organisation", value if value.isprintable() else clean(value, "data/attributes/corruption/organisation", signals))
            )
        inside_corruption.append(("kind", corruption.kind))
        if inside_corruption:
            inside_attributes.append(("corruption", inside_corruption))
    if (disclosure := report.disclosure) is not None:
        inside_disclosure: Nodes = []
        inside_disclosure.append(("scheme", disclosure.scheme))
        if (value := disclosure.reason) is not None:
            inside_disclosure.append(
                ("reason", value if value.isprintable() else clean(value, "data/attributes/disclosure/reason", signals))
            )
        if (value := disclosure.relation_to_subject) is not None:
            inside_disclosure.append(
                (
                    "relationToSubject",
                    value if value.isprintable() else clean(value, "data/attributes/disclosure/relationToSubject", signals),
                )
            )
        if (value := disclosure.children_at_risk) is not None:
            inside_disclosure.append(("childrenAtRisk", value))
        if inside_disclosure:
            inside_attributes.append(("disclosure", inside_disclosure))
    if (missing := report.missing) is not None:
        inside_missing_person: Nodes = []
        if (value := missing.last_seen_at) is not None:
            inside_missing_person.append(("lastSeenAt", in_london(value)))
        if (value := missing.clothing) is not None:
            inside_missing_person.append(
                ("clothing", value if value.isprintable() else clean(value, "data/attributes/missingPerson/clothing", signals))
            )
        if (value := missing.medical_needs) is not None:
            inside_missing_person.append(
                ("medicalNeeds", value if value.isprintable() else clean(value, "data/attributes/missingPerson/medicalNeeds", signals))
            )
        if (value := missing.risk) is not None:
            inside_missing_person.append(("risk", value))
        if inside_missing_person:
            inside_attributes.append(("missingPerson", inside_missing_person))
    if (complaint := report.complaint) is not None:
        inside_complaint: Nodes = []
        inside_complaint.append(("kind", complaint.kind))
        if (value := complaint.collar_number) is not None:
            inside_complaint.append(
                ("collarNumber", value if value.isprintable() else clean(value, "data/attributes/complaint/collarNumber", signals))
            )
        if (value := complaint.outcome_wanted) is not None:
            inside_complaint.append(
                ("outcomeWanted", value if value.isprintable() else clean(value, "data/attributes/complaint/outcomeWanted", signals))
            )
        if inside_complaint:
            inside_attributes.append(("complaint", inside_complaint))
    inside_attributes.append(
        (
            "submissionContent",
            report.text if report.text.isprintable() else clean(report.text, "data/attributes/submissionContent", signals),
        )
    )
    if inside_attributes:
        inside_data.append(("attributes", inside_attributes))
    inside_relationships: Nodes = []
    inside_people: Nodes = []
    for person in report.people:
        inside_people.append(("data", _data(report, person, codes, signals)))
    if inside_people:
        inside_relationships.append(("people", inside_people))
    if inside_relationships:
        inside_data.append(("relationships", inside_relationships))
    if inside_data:
        nodes.append(("data", inside_data))
    for person in report.people:
        nodes.append(("included", _included(report, person, codes, signals)))
    return nodes, signals


def _locations(report: Report, location: Location, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("id", location.id if location.id.isprintable() else clean(location.id, "data/attributes/locations/id", signals)))
    nodes.append(("role", location.role))
    if (address := location.address) is not None:
        inside_address: Nodes = []
        if (value := address.saon) is not None:
            inside_address.append(
                ("subBuilding", value if value.isprintable() else clean(value, "data/attributes/locations/address/subBuilding", signals))
            )
        if (value := address.paon) is not None:
            inside_address.append(
                ("building", value if value.isprintable() else clean(value, "data/attributes/locations/address/building", signals))
            )
        if (value := address.street) is not None:
            inside_address.append(
                ("street", value if value.isprintable() else clean(value, "data/attributes/locations/address/street", signals))
            )
        if (value := address.locality) is not None:
            inside_address.append(
                ("locality", value if value.isprintable() else clean(value, "data/attributes/locations/address/locality", signals))
            )
        if (value := address.town) is not None:
            inside_address.append(
                ("town", value if value.isprintable() else clean(value, "data/attributes/locations/address/town", signals))
            )
        if (value := address.postcode) is not None:
            inside_address.append(
                ("postcode", value if value.isprintable() else clean(value, "data/attributes/locations/address/postcode", signals))
            )
        if (value := address.uprn) is not None:
            inside_address.append(
                ("uprn", value if value.isprintable() else clean(value, "data/attributes/locations/address/uprn", signals))
            )
        if inside_address:
            nodes.append(("address", inside_address))
    if (value := location.latitude) is not None:
        nodes.append(("latitude", decimal(value)))
    if (value := location.longitude) is not None:
        nodes.append(("longitude", decimal(value)))
    if (value := location.area_code) is not None:
        nodes.append(("areaCode", value if value.isprintable() else clean(value, "data/attributes/locations/areaCode", signals)))
    if (value := location.premises) is not None:
        nodes.append(("premises", value if value.isprintable() else clean(value, "data/attributes/locations/premises", signals)))
    if (value := location.public_transport) is not None:
        nodes.append(
            ("publicTransport", value if value.isprintable() else clean(value, "data/attributes/locations/publicTransport", signals))
        )
    if (value := location.description) is not None:
        nodes.append(("description", value if value.isprintable() else clean(value, "data/attributes/locations/description", signals)))
    return nodes


def _vehicles(report: Report, vehicle: Vehicle, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("id", vehicle.id if vehicle.id.isprintable() else clean(vehicle.id, "data/attributes/vehicles/id", signals)))
    nodes.append(("role", vehicle.role))
    if (value := vehicle.vrm) is not None:
        nodes.append(("registration", value if value.isprintable() else clean(value, "data/attributes/vehicles/registration", signals)))
    if (value := vehicle.make) is not None:
        nodes.append(("make", value if value.isprintable() else clean(value, "data/attributes/vehicles/make", signals)))
    if (value := vehicle.model) is not None:
        nodes.append(("model", value if value.isprintable() else clean(value, "data/attributes/vehicles/model", signals)))
    if (value := vehicle.colour) is not None:
        nodes.append(("colour", value if value.isprintable() else clean(value, "data/attributes/vehicles/colour", signals)))
    if (value := vehicle.driver_id) is not None:
        nodes.append(("driverId", value if value.isprintable() else clean(value, "data/attributes/vehicles/driverId", signals)))
    if (value := vehicle.insurer) is not None:
        nodes.append(("insurer", value if value.isprintable() else clean(value, "data/attributes/vehicles/insurer", signals)))
    return nodes


def _property(report: Report, item: Item, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("id", item.id if item.id.isprintable() else clean(item.id, "data/attributes/property/id", signals)))
    nodes.append(("status", item.status))
    if (value := item.description) is not None:
        nodes.append(("description", value if value.isprintable() else clean(value, "data/attributes/property/description", signals)))
    if (value := item.make) is not None:
        nodes.append(("make", value if value.isprintable() else clean(value, "data/attributes/property/make", signals)))
    if (value := item.model) is not None:
        nodes.append(("model", value if value.isprintable() else clean(value, "data/attributes/property/model", signals)))
    if (value := item.serial_number) is not None:
        nodes.append(("serialNumber", value if value.isprintable() else clean(value, "data/attributes/property/serialNumber", signals)))
    if (value := item.value) is not None:
        nodes.append(("value", value))
    return nodes


def _attachments(report: Report, file: Attachment, codes: Codes, signals: Signals) -> Nodes:
    nodes: Nodes = []
    nodes.append(("file", travelling_name(report, file)))
    nodes.append(("name", file.name if file.name.isprintable() else clean(file.name, "data/attributes/attachments/name", signals)))
    nodes.append(
        (
            "mediaType",
            file.media_type if file.media_type.isprintable() else clean(file.media_type, "data/attributes/attachments/mediaType", signals),
        )
    )
    nodes.append(("size", file.size))
    nodes.append(
        ("sha256", file.sha256 if file.sha256.isprintable() else clean(file.sha256, "data/attributes/attachments/sha256", signals))
    )
    return nodes


def _data(report: Report, person: Person, codes: Codes, signals: Signals) -> Nodes:
    nodes: Nodes = []
    nodes.append(("type", "people"))
    nodes.append(("id", person.id if person.id.isprintable() else clean(person.id, "data/relationships/people/data/id", signals)))
    return nodes


def _included(report: Report, person: Person, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("type", "people"))
    nodes.append(("id", person.id if person.id.isprintable() else clean(person.id, "included/id", signals)))
    inside_attributes: Nodes = []
    for code in person.roles:
        inside_attributes.append(("roles", translated(codes.role, code, "included/attributes/roles", signals)))
    if (value := person.title) is not None:
        inside_attributes.append(("title", value if value.isprintable() else clean(value, "included/attributes/title", signals)))
    if (value := person.given_names) is not None:
        inside_attributes.append(("givenNames", value if value.isprintable() else clean(value, "included/attributes/givenNames", signals)))
    if (value := person.family_name) is not None:
        inside_attributes.append(("familyName", value if value.isprintable() else clean(value, "included/attributes/familyName", signals)))
    if (value := person.date_of_birth) is not None:
        inside_attributes.append(("dateOfBirth", value.isoformat()))
    if (value := person.age_from) is not None:
        inside_attributes.append(("ageFrom", value))
    if (value := person.age_to) is not None:
        inside_attributes.append(("ageTo", value))
    if (value := person.gender) is not None:
        inside_attributes.append(("gender", translated(codes.gender, value, "included/attributes/gender", signals)))
    if (value := person.ethnicity) is not None:
        inside_attributes.append(("ethnicity", translated(codes.ethnicity, value, "included/attributes/ethnicity", signals)))
    if (value := person.disability) is not None:
        inside_attributes.append(("disability", value))
    if (value := person.communication_needs) is not None:
        inside_attributes.append(
            ("communicationNeeds", value if value.isprintable() else clean(value, "included/attributes/communicationNeeds", signals))
        )
    if (value := person.language) is not None:
        inside_attributes.append(("language", value))
    if (value := person.phone) is not None:
        inside_attributes.append(("phone", value if value.isprintable() else clean(value, "included/attributes/phone", signals)))
    if (value := person.email) is not None:
        inside_attributes.append(("email", value if value.isprintable() else clean(value, "included/attributes/email", signals)))
    if (value := person.contact_preference) is not None:
        inside_attributes.append(("contactPreference", value))
    if (value := person.safe_to_contact) is not None:
        inside_attributes.append(("safeToContact", value))
    if (value := person.safe_contact) is not None:
        inside_attributes.append(
            ("safeContact", value if value.isprintable() else clean(value, "included/attributes/safeContact", signals))
        )
    if (value := person.relationship) is not None:
        inside_attributes.append(
            ("relationship", value if value.isprintable() else clean(value, "included/attributes/relationship", signals))
        )
    if (value := person.description) is not None:
        inside_attributes.append(
            ("description", value if value.isprintable() else clean(value, "included/attributes/description", signals))
        )
    if (address := person.address) is not None:
        inside_address: Nodes = []
        if (value := address.saon) is not None:
            inside_address.append(
                ("subBuilding", value if value.isprintable() else clean(value, "included/attributes/address/subBuilding", signals))
            )
        if (value := address.paon) is not None:
            inside_address.append(
                ("building", value if value.isprintable() else clean(value, "included/attributes/address/building", signals))
            )
        if (value := address.street) is not None:
            inside_address.append(("street", value if value.isprintable() else clean(value, "included/attributes/address/street", signals)))
        if (value := address.locality) is not None:
            inside_address.append(
                ("locality", value if value.isprintable() else clean(value, "included/attributes/address/locality", signals))
            )
        if (value := address.town) is not None:
            inside_address.append(("town", value if value.isprintable() else clean(value, "included/attributes/address/town", signals)))
        if (value := address.postcode) is not None:
            inside_address.append(
                ("postcode", value if value.isprintable() else clean(value, "included/attributes/address/postcode", signals))
            )
        if (value := address.uprn) is not None:
            inside_address.append(("uprn", value if value.isprintable() else clean(value, "included/attributes/address/uprn", signals)))
        if inside_address:
            inside_attributes.append(("address", inside_address))
    for former in person.previous_addresses:
        inside_attributes.append(("previousAddresses", _previous_addresses(report, former, codes, signals)))
    if inside_attributes:
        nodes.append(("attributes", inside_attributes))
    return nodes


def _previous_addresses(report: Report, former: Address, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    if (value := former.saon) is not None:
        nodes.append(
            ("subBuilding", value if value.isprintable() else clean(value, "included/attributes/previousAddresses/subBuilding", signals))
        )
    if (value := former.paon) is not None:
        nodes.append(
            ("building", value if value.isprintable() else clean(value, "included/attributes/previousAddresses/building", signals))
        )
    if (value := former.street) is not None:
        nodes.append(("street", value if value.isprintable() else clean(value, "included/attributes/previousAddresses/street", signals)))
    if (value := former.locality) is not None:
        nodes.append(
            ("locality", value if value.isprintable() else clean(value, "included/attributes/previousAddresses/locality", signals))
        )
    if (value := former.town) is not None:
        nodes.append(("town", value if value.isprintable() else clean(value, "included/attributes/previousAddresses/town", signals)))
    if (value := former.postcode) is not None:
        nodes.append(
            ("postcode", value if value.isprintable() else clean(value, "included/attributes/previousAddresses/postcode", signals))
        )
    if (value := former.uprn) is not None:
        nodes.append(("uprn", value if value.isprintable() else clean(value, "included/attributes/previousAddresses/uprn", signals)))
    return nodes
