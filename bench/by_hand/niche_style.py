# ruff: noqa: ARG001, PLR0912, PLR0915 - written out straight on purpose, every function alike
"""niche-style written out: nested XML, its people in two lists.

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
    inside_occurrence: Nodes = []
    inside_occurrence.append(
        ("@id", report.submission_id if report.submission_id.isprintable() else clean(report.submission_id, "Occurrence/@id", signals))
    )
    inside_occurrence.append(("@service", translated(codes.service, report.service, "Occurrence/@service", signals)))
    inside_occurrence.append(("@form", "full"))
    inside_header: Nodes = []
    inside_header.append(
        (
            "Reference",
            report.reference if report.reference.isprintable() else clean(report.reference, "Occurrence/Header/Reference", signals),
        )
    )
    inside_header.append(
        (
            "ForceCode",
            report.force_code if report.force_code.isprintable() else clean(report.force_code, "Occurrence/Header/ForceCode", signals),
        )
    )
    inside_header.append(
        ("Category", report.category if report.category.isprintable() else clean(report.category, "Occurrence/Header/Category", signals))
    )
    inside_header.append(("SubmittedAt", in_london(report.submitted_at)))
    inside_header.append(("Language", report.language))
    if (value := report.form_version) is not None:
        inside_header.append(("FormVersion", value if value.isprintable() else clean(value, "Occurrence/Header/FormVersion", signals)))
    inside_header.append(("Marking", report.marking))
    inside_header.append(("Anonymous", report.anonymous))
    if (value := report.involvement) is not None:
        inside_header.append(("Involvement", value))
    if (value := report.reported_before) is not None:
        inside_header.append(("ReportedBefore", value))
    if (value := report.previous_reference) is not None:
        inside_header.append(
            ("PreviousReference", value if value.isprintable() else clean(value, "Occurrence/Header/PreviousReference", signals))
        )
    if inside_header:
        inside_occurrence.append(("Header", inside_header))
    if (safeguarding := report.safeguarding) is not None:
        inside_risk: Nodes = []
        if (value := safeguarding.immediate_danger) is not None:
            inside_risk.append(("ImmediateDanger", value))
        if (value := safeguarding.children_present) is not None:
            inside_risk.append(("ChildrenPresent", value))
        if (value := safeguarding.vulnerable) is not None:
            inside_risk.append(("Vulnerable", value))
        if (value := safeguarding.repeat_victim) is not None:
            inside_risk.append(("RepeatVictim", value))
        if inside_risk:
            inside_occurrence.append(("Risk", inside_risk))
    if (incident := report.incident) is not None:
        inside_event: Nodes = []
        if (value := incident.occurred_from) is not None:
            inside_event.append(("From", in_london(value)))
        if (value := incident.occurred_to) is not None:
            inside_event.append(("To", in_london(value)))
        if (value := incident.exact_time_known) is not None:
            inside_event.append(("ExactTimeKnown", value))
        if (value := incident.offence) is not None:
            inside_event.append(("SuggestedOffence", translated(codes.offence, value, "Occurrence/Event/SuggestedOffence", signals)))
        if (value := incident.description) is not None:
            inside_event.append(("Narrative", value if value.isprintable() else clean(value, "Occurrence/Event/Narrative", signals)))
        if (value := incident.weapon) is not None:
            inside_event.append(("Weapon", value if value.isprintable() else clean(value, "Occurrence/Event/Weapon", signals)))
        if (value := incident.threat) is not None:
            inside_event.append(("Threat", value))
        if (value := incident.injury) is not None:
            inside_event.append(("Injury", value))
        for code in incident.hate_strands:
            inside_event.append(("HateStrand", translated(codes.hate_strand, code, "Occurrence/Event/HateStrand", signals)))
        if (value := incident.cctv) is not None:
            inside_event.append(("Cctv", value))
        if (value := incident.witnesses) is not None:
            inside_event.append(("Witnesses", value))
        if inside_event:
            inside_occurrence.append(("Event", inside_event))
    inside_persons: Nodes = []
    for person in report.people:
        inside_persons.append(("Person", _person(report, person, codes, signals)))
    if inside_persons:
        inside_occurrence.append(("Persons", inside_persons))
    inside_involvements: Nodes = []
    for person in report.people:
        inside_involvements.append(("Involvement", _involvement(report, person, codes, signals)))
    if inside_involvements:
        inside_occurrence.append(("Involvements", inside_involvements))
    inside_places: Nodes = []
    for location in report.locations:
        inside_places.append(("Place", _place(report, location, codes, signals)))
    if inside_places:
        inside_occurrence.append(("Places", inside_places))
    inside_vehicles: Nodes = []
    for vehicle in report.vehicles:
        inside_vehicles.append(("Vehicle", _vehicle(report, vehicle, codes, signals)))
    if inside_vehicles:
        inside_occurrence.append(("Vehicles", inside_vehicles))
    inside_property: Nodes = []
    for item in report.property:
        inside_property.append(("Item", _item(report, item, codes, signals)))
    if inside_property:
        inside_occurrence.append(("Property", inside_property))
    if (road_traffic := report.road_traffic) is not None:
        inside_road_traffic: Nodes = []
        inside_road_traffic.append(("Kind", road_traffic.kind))
        if (value := road_traffic.injuries) is not None:
            inside_road_traffic.append(("Injuries", value))
        if (value := road_traffic.footage) is not None:
            inside_road_traffic.append(("Footage", value))
        if inside_road_traffic:
            inside_occurrence.append(("RoadTraffic", inside_road_traffic))
    if (anti_social := report.anti_social) is not None:
        inside_anti_social_behaviour: Nodes = []
        inside_anti_social_behaviour.append(("Kind", anti_social.kind))
        if (value := anti_social.ongoing) is not None:
            inside_anti_social_behaviour.append(("Ongoing", value))
        if inside_anti_social_behaviour:
            inside_occurrence.append(("AntiSocialBehaviour", inside_anti_social_behaviour))
    if (abuse := report.abuse) is not None:
        inside_domestic_abuse: Nodes = []
        if (value := abuse.living_together) is not None:
            inside_domestic_abuse.append(("LivingTogether", value))
        if (value := abuse.pattern) is not None:
            inside_domestic_abuse.append(("Pattern", value))
        if (value := abuse.children_in_household) is not None:
            inside_domestic_abuse.append(("ChildrenInHousehold", str(value)))
        if inside_domestic_abuse:
            inside_occurrence.append(("DomesticAbuse", inside_domestic_abuse))
    if (sexual_offence := report.sexual_offence) is not None:
        inside_sexual_offence: Nodes = []
        if (value := sexual_offence.support_wanted) is not None:
            inside_sexual_offence.append(("SupportWanted", value))
        if (value := sexual_offence.within_seven_days) is not None:
            inside_sexual_offence.append(("WithinSevenDays", value))
        if inside_sexual_offence:
            inside_occurrence.append(("SexualOffence", inside_sexual_offence))
    if (corruption := report.corruption) is not None:
        inside_corruption: Nodes = []
        if (value := corruption.organisation) is not None:
            inside_corruption.append(
                ("Organisation", value if value.isprintable() else clean(value, "Occurrence/Corruption/Organisation", signals))
            )
        inside_corruption.append(("Kind", corruption.kind))
        if inside_corruption:
            inside_occurrence.append(("Corruption", inside_corruption))
    if (disclosure := report.disclosure) is not None:
        inside_disclosure: Nodes = []
        inside_disclosure.append(("Scheme", disclosure.scheme))
        if (value := disclosure.reason) is not None:
            inside_disclosure.append(("Reason", value if value.isprintable() else clean(value, "Occurrence/Disclosure/Reason", signals)))
        if (value := disclosure.relation_to_subject) is not None:
            inside_disclosure.append(
                ("RelationToSubject", value if value.isprintable() else clean(value, "Occurrence/Disclosure/RelationToSubject", signals))
            )
        if (value := disclosure.children_at_risk) is not None:
            inside_disclosure.append(("ChildrenAtRisk", str(value)))
        if inside_disclosure:
            inside_occurrence.append(("Disclosure", inside_disclosure))
    if (missing := report.missing) is not None:
        inside_missing_person: Nodes = []
        if (value := missing.last_seen_at) is not None:
            inside_missing_person.append(("LastSeenAt", in_london(value)))
        if (value := missing.clothing) is not None:
            inside_missing_person.append(
                ("Clothing", value if value.isprintable() else clean(value, "Occurrence/MissingPerson/Clothing", signals))
            )
        if (value := missing.medical_needs) is not None:
            inside_missing_person.append(
                ("MedicalNeeds", value if value.isprintable() else clean(value, "Occurrence/MissingPerson/MedicalNeeds", signals))
            )
        if (value := missing.risk) is not None:
            inside_missing_person.append(("Risk", value))
        if inside_missing_person:
            inside_occurrence.append(("MissingPerson", inside_missing_person))
    if (complaint := report.complaint) is not None:
        inside_complaint: Nodes = []
        inside_complaint.append(("Kind", complaint.kind))
        if (value := complaint.collar_number) is not None:
            inside_complaint.append(
                ("CollarNumber", value if value.isprintable() else clean(value, "Occurrence/Complaint/CollarNumber", signals))
            )
        if (value := complaint.outcome_wanted) is not None:
            inside_complaint.append(
                ("OutcomeWanted", value if value.isprintable() else clean(value, "Occurrence/Complaint/OutcomeWanted", signals))
            )
        if inside_complaint:
            inside_occurrence.append(("Complaint", inside_complaint))
    inside_attachments: Nodes = []
    for file in report.attachments:
        inside_attachments.append(("Attachment", _attachment(report, file, codes, signals)))
    if inside_attachments:
        inside_occurrence.append(("Attachments", inside_attachments))
    inside_occurrence.append(("Text", report.text if report.text.isprintable() else clean(report.text, "Occurrence/Text", signals)))
    if inside_occurrence:
        nodes.append(("Occurrence", inside_occurrence))
    return nodes, signals


def _person(report: Report, person: Person, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("@id", person.id if person.id.isprintable() else clean(person.id, "Occurrence/Persons/Person/@id", signals)))
    if (value := person.title) is not None:
        nodes.append(("Title", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Title", signals)))
    if (value := person.given_names) is not None:
        nodes.append(("Forenames", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Forenames", signals)))
    if (value := person.family_name) is not None:
        nodes.append(("Surname", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Surname", signals)))
    if (value := person.date_of_birth) is not None:
        nodes.append(("DateOfBirth", value.isoformat()))
    if (value := person.age_from) is not None:
        nodes.append(("AgeFrom", str(value)))
    if (value := person.age_to) is not None:
        nodes.append(("AgeTo", str(value)))
    if (value := person.gender) is not None:
        nodes.append(("Gender", translated(codes.gender, value, "Occurrence/Persons/Person/Gender", signals)))
    if (value := person.ethnicity) is not None:
        nodes.append(("Ethnicity", translated(codes.ethnicity, value, "Occurrence/Persons/Person/Ethnicity", signals)))
    if (value := person.disability) is not None:
        nodes.append(("Disability", value))
    if (value := person.communication_needs) is not None:
        nodes.append(
            ("CommunicationNeeds", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/CommunicationNeeds", signals))
        )
    if (value := person.language) is not None:
        nodes.append(("Language", value))
    if (value := person.phone) is not None:
        nodes.append(("Phone", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Phone", signals)))
    if (value := person.email) is not None:
        nodes.append(("Email", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Email", signals)))
    if (value := person.contact_preference) is not None:
        nodes.append(("ContactPreference", value))
    if (value := person.safe_to_contact) is not None:
        nodes.append(("SafeToContact", value))
    if (value := person.safe_contact) is not None:
        nodes.append(("SafeContact", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/SafeContact", signals)))
    if (value := person.relationship) is not None:
        nodes.append(("Relationship", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Relationship", signals)))
    if (value := person.description) is not None:
        nodes.append(("Description", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Description", signals)))
    if (address := person.address) is not None:
        inside_address: Nodes = []
        if (value := address.saon) is not None:
            inside_address.append(
                ("Saon", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Address/Saon", signals))
            )
        if (value := address.paon) is not None:
            inside_address.append(
                ("Paon", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Address/Paon", signals))
            )
        if (value := address.street) is not None:
            inside_address.append(
                ("Street", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Address/Street", signals))
            )
        if (value := address.locality) is not None:
            inside_address.append(
                ("Locality", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Address/Locality", signals))
            )
        if (value := address.town) is not None:
            inside_address.append(
                ("Town", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Address/Town", signals))
            )
        if (value := address.postcode) is not None:
            inside_address.append(
                ("Postcode", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Address/Postcode", signals))
            )
        if (value := address.uprn) is not None:
            inside_address.append(
                ("Uprn", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/Address/Uprn", signals))
            )
        if inside_address:
            nodes.append(("Address", inside_address))
    for former in person.previous_addresses:
        nodes.append(("PreviousAddress", _previous_address(report, former, codes, signals)))
    return nodes


def _previous_address(report: Report, former: Address, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    if (value := former.saon) is not None:
        nodes.append(("Saon", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/PreviousAddress/Saon", signals)))
    if (value := former.paon) is not None:
        nodes.append(("Paon", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/PreviousAddress/Paon", signals)))
    if (value := former.street) is not None:
        nodes.append(
            ("Street", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/PreviousAddress/Street", signals))
        )
    if (value := former.locality) is not None:
        nodes.append(
            ("Locality", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/PreviousAddress/Locality", signals))
        )
    if (value := former.town) is not None:
        nodes.append(("Town", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/PreviousAddress/Town", signals)))
    if (value := former.postcode) is not None:
        nodes.append(
            ("Postcode", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/PreviousAddress/Postcode", signals))
        )
    if (value := former.uprn) is not None:
        nodes.append(("Uprn", value if value.isprintable() else clean(value, "Occurrence/Persons/Person/PreviousAddress/Uprn", signals)))
    return nodes


def _involvement(report: Report, person: Person, codes: Codes, signals: Signals) -> Nodes:
    nodes: Nodes = []
    nodes.append(
        ("@person", person.id if person.id.isprintable() else clean(person.id, "Occurrence/Involvements/Involvement/@person", signals))
    )
    for code in person.roles:
        nodes.append(("Role", translated(codes.role, code, "Occurrence/Involvements/Involvement/Role", signals)))
    return nodes


def _place(report: Report, location: Location, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("@id", location.id if location.id.isprintable() else clean(location.id, "Occurrence/Places/Place/@id", signals)))
    nodes.append(("@role", location.role))
    if (address := location.address) is not None:
        inside_address: Nodes = []
        if (value := address.saon) is not None:
            inside_address.append(("Saon", value if value.isprintable() else clean(value, "Occurrence/Places/Place/Address/Saon", signals)))
        if (value := address.paon) is not None:
            inside_address.append(("Paon", value if value.isprintable() else clean(value, "Occurrence/Places/Place/Address/Paon", signals)))
        if (value := address.street) is not None:
            inside_address.append(
                ("Street", value if value.isprintable() else clean(value, "Occurrence/Places/Place/Address/Street", signals))
            )
        if (value := address.locality) is not None:
            inside_address.append(
                ("Locality", value if value.isprintable() else clean(value, "Occurrence/Places/Place/Address/Locality", signals))
            )
        if (value := address.town) is not None:
            inside_address.append(("Town", value if value.isprintable() else clean(value, "Occurrence/Places/Place/Address/Town", signals)))
        if (value := address.postcode) is not None:
            inside_address.append(
                ("Postcode", value if value.isprintable() else clean(value, "Occurrence/Places/Place/Address/Postcode", signals))
            )
        if (value := address.uprn) is not None:
            inside_address.append(("Uprn", value if value.isprintable() else clean(value, "Occurrence/Places/Place/Address/Uprn", signals)))
        if inside_address:
            nodes.append(("Address", inside_address))
    if (value := location.latitude) is not None:
        nodes.append(("Latitude", decimal(value)))
    if (value := location.longitude) is not None:
        nodes.append(("Longitude", decimal(value)))
    if (value := location.area_code) is not None:
        nodes.append(("AreaCode", value if value.isprintable() else clean(value, "Occurrence/Places/Place/AreaCode", signals)))
    if (value := location.premises) is not None:
        nodes.append(("Premises", value if value.isprintable() else clean(value, "Occurrence/Places/Place/Premises", signals)))
    if (value := location.public_transport) is not None:
        nodes.append(
            ("PublicTransport", value if value.isprintable() else clean(value, "Occurrence/Places/Place/PublicTransport", signals))
        )
    if (value := location.description) is not None:
        nodes.append(("Description", value if value.isprintable() else clean(value, "Occurrence/Places/Place/Description", signals)))
    return nodes


def _vehicle(report: Report, vehicle: Vehicle, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("@id", vehicle.id if vehicle.id.isprintable() else clean(vehicle.id, "Occurrence/Vehicles/Vehicle/@id", signals)))
    nodes.append(("@role", vehicle.role))
    if (value := vehicle.driver_id) is not None:
        nodes.append(("@driver", value if value.isprintable() else clean(value, "Occurrence/Vehicles/Vehicle/@driver", signals)))
    if (value := vehicle.vrm) is not None:
        nodes.append(("Vrm", value if value.isprintable() else clean(value, "Occurrence/Vehicles/Vehicle/Vrm", signals)))
    if (value := vehicle.make) is not None:
        nodes.append(("Make", value if value.isprintable() else clean(value, "Occurrence/Vehicles/Vehicle/Make", signals)))
    if (value := vehicle.model) is not None:
        nodes.append(("Model", value if value.isprintable() else clean(value, "Occurrence/Vehicles/Vehicle/Model", signals)))
    if (value := vehicle.colour) is not None:
        nodes.append(("Colour", value if value.isprintable() else clean(value, "Occurrence/Vehicles/Vehicle/Colour", signals)))
    if (value := vehicle.insurer) is not None:
        nodes.append(("Insurer", value if value.isprintable() else clean(value, "Occurrence/Vehicles/Vehicle/Insurer", signals)))
    return nodes


def _item(report: Report, item: Item, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("@id", item.id if item.id.isprintable() else clean(item.id, "Occurrence/Property/Item/@id", signals)))
    nodes.append(("@status", item.status))
    if (value := item.description) is not None:
        nodes.append(("Description", value if value.isprintable() else clean(value, "Occurrence/Property/Item/Description", signals)))
    if (value := item.make) is not None:
        nodes.append(("Make", value if value.isprintable() else clean(value, "Occurrence/Property/Item/Make", signals)))
    if (value := item.model) is not None:
        nodes.append(("Model", value if value.isprintable() else clean(value, "Occurrence/Property/Item/Model", signals)))
    if (value := item.serial_number) is not None:
        nodes.append(("SerialNumber", value if value.isprintable() else clean(value, "Occurrence/Property/Item/SerialNumber", signals)))
    if (value := item.value) is not None:
        nodes.append(("Value", value))
    return nodes


def _attachment(report: Report, file: Attachment, codes: Codes, signals: Signals) -> Nodes:
    nodes: Nodes = []
    nodes.append(("@file", travelling_name(report, file)))
    nodes.append(
        ("@sha256", file.sha256 if file.sha256.isprintable() else clean(file.sha256, "Occurrence/Attachments/Attachment/@sha256", signals))
    )
    nodes.append(("Name", file.name if file.name.isprintable() else clean(file.name, "Occurrence/Attachments/Attachment/Name", signals)))
    nodes.append(
        (
            "MediaType",
            file.media_type
            if file.media_type.isprintable()
            else clean(file.media_type, "Occurrence/Attachments/Attachment/MediaType", signals),
        )
    )
    nodes.append(("Size", str(file.size)))
    return nodes
