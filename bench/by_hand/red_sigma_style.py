# ruff: noqa: ARG001, PLR0912, PLR0915 - written out straight on purpose, every function alike
"""red-sigma-style written out: nested XML.

What its field map declares, with the checks and signals that it has, as straight-line code: for `python -m bench.mapping`.
"""

from typing import Any

from bench.by_hand.writing import Codes, Nodes, Signals, clean, cut, decimal, local, national, translated
from hub.mapping.functions import travelling_name
from hub.reports.model import Address, Attachment, Item, Location, Person, Report, Vehicle


def record(report: Report, codes: Codes) -> tuple[Nodes, Signals]:
    """The names and values of a report with fields of its own, and what was not carried over exactly."""
    value: Any
    nodes: Nodes = []
    signals: Signals = []
    inside_onlinereport: Nodes = []
    inside_onlinereport.append(
        (
            "@submissionId",
            report.submission_id
            if report.submission_id.isprintable()
            else clean(report.submission_id, "OnlineReport/@submissionId", signals),
        )
    )
    inside_onlinereport.append(
        ("@reference", report.reference if report.reference.isprintable() else clean(report.reference, "OnlineReport/@reference", signals))
    )
    inside_onlinereport.append(
        ("@force", report.force_code if report.force_code.isprintable() else clean(report.force_code, "OnlineReport/@force", signals))
    )
    inside_onlinereport.append(("@service", translated(codes.service, report.service, "OnlineReport/@service", signals)))
    inside_onlinereport.append(
        ("@category", report.category if report.category.isprintable() else clean(report.category, "OnlineReport/@category", signals))
    )
    inside_onlinereport.append(("@received", local(report.submitted_at, "OnlineReport/@received", signals)))
    inside_onlinereport.append(("@language", report.language.upper()))
    if (value := report.form_version) is not None:
        inside_onlinereport.append(("@formVersion", value if value.isprintable() else clean(value, "OnlineReport/@formVersion", signals)))
    inside_onlinereport.append(("@marking", report.marking))
    inside_onlinereport.append(("@anonymous", "Y" if report.anonymous else "N"))
    inside_onlinereport.append(("@skeleton", "N"))
    inside_gate: Nodes = []
    if (value := report.involvement) is not None:
        inside_gate.append(("@involvement", value))
    if (value := report.reported_before) is not None:
        inside_gate.append(("@reportedBefore", "Y" if value else "N"))
    if (value := report.previous_reference) is not None:
        inside_gate.append(
            ("@previousReference", value if value.isprintable() else clean(value, "OnlineReport/Gate/@previousReference", signals))
        )
    if inside_gate:
        inside_onlinereport.append(("Gate", inside_gate))
    safeguarding = report.safeguarding
    if safeguarding is not None:
        inside_flags: Nodes = []
        if (value := safeguarding.immediate_danger) is not None:
            inside_flags.append(("@immediateDanger", "Y" if value else "N"))
        if (value := safeguarding.children_present) is not None:
            inside_flags.append(("@childrenPresent", "Y" if value else "N"))
        if (value := safeguarding.vulnerable) is not None:
            inside_flags.append(("@vulnerable", "Y" if value else "N"))
        if (value := safeguarding.repeat_victim) is not None:
            inside_flags.append(("@repeatVictim", "Y" if value else "N"))
        if inside_flags:
            inside_onlinereport.append(("Flags", inside_flags))
    incident = report.incident
    if incident is not None:
        inside_incident: Nodes = []
        if (value := incident.occurred_from) is not None:
            inside_incident.append(("@from", local(value, "OnlineReport/Incident/@from", signals)))
        if (value := incident.occurred_to) is not None:
            inside_incident.append(("@to", local(value, "OnlineReport/Incident/@to", signals)))
        if (value := incident.exact_time_known) is not None:
            inside_incident.append(("@timeExact", "Y" if value else "N"))
        if (value := incident.offence) is not None:
            inside_incident.append(("@offence", translated(codes.offence, value, "OnlineReport/Incident/@offence", signals)))
        if (value := incident.threat) is not None:
            inside_incident.append(("@threat", "Y" if value else "N"))
        if (value := incident.injury) is not None:
            inside_incident.append(("@injury", translated(codes.injury, value, "OnlineReport/Incident/@injury", signals)))
        if (value := incident.cctv) is not None:
            inside_incident.append(("@cctv", "Y" if value else "N"))
        if (value := incident.witnesses) is not None:
            inside_incident.append(("@witnesses", "Y" if value else "N"))
        for code in incident.hate_strands:
            inside_incident.append(("HateStrand", code))
        if (value := incident.weapon) is not None:
            inside_incident.append(("Weapon", value if value.isprintable() else clean(value, "OnlineReport/Incident/Weapon", signals)))
        if (value := incident.description) is not None:
            inside_incident.append(
                ("Description", value if value.isprintable() else clean(value, "OnlineReport/Incident/Description", signals))
            )
        if inside_incident:
            inside_onlinereport.append(("Incident", inside_incident))
    for person in report.people:
        inside_onlinereport.append(("Nominal", _person(report, person, codes, signals)))
    for location in report.locations:
        inside_onlinereport.append(("Locus", _location(report, location, codes, signals)))
    for vehicle in report.vehicles:
        inside_onlinereport.append(("Vehicle", _vehicle(report, vehicle, codes, signals)))
    for item in report.property:
        inside_onlinereport.append(("Property", _item(report, item, codes, signals)))
    road_traffic = report.road_traffic
    if road_traffic is not None:
        inside_traffic: Nodes = []
        inside_traffic.append(("@kind", road_traffic.kind))
        if (value := road_traffic.injuries) is not None:
            inside_traffic.append(("@injuries", "Y" if value else "N"))
        if (value := road_traffic.footage) is not None:
            inside_traffic.append(("@footage", "Y" if value else "N"))
        if inside_traffic:
            inside_onlinereport.append(("Traffic", inside_traffic))
    anti_social = report.anti_social
    if anti_social is not None:
        inside_antisocial: Nodes = []
        inside_antisocial.append(("@kind", anti_social.kind))
        if (value := anti_social.ongoing) is not None:
            inside_antisocial.append(("@ongoing", "Y" if value else "N"))
        if inside_antisocial:
            inside_onlinereport.append(("AntiSocial", inside_antisocial))
    abuse = report.abuse
    if abuse is not None:
        inside_abuse: Nodes = []
        if (value := abuse.living_together) is not None:
            inside_abuse.append(("@livingTogether", "Y" if value else "N"))
        if (value := abuse.pattern) is not None:
            inside_abuse.append(("@pattern", "Y" if value else "N"))
        if (value := abuse.children_in_household) is not None:
            inside_abuse.append(("@children", str(value)))
        if inside_abuse:
            inside_onlinereport.append(("Abuse", inside_abuse))
    sexual_offence = report.sexual_offence
    if sexual_offence is not None:
        inside_sexualoffence: Nodes = []
        if (value := sexual_offence.support_wanted) is not None:
            inside_sexualoffence.append(("@supportWanted", "Y" if value else "N"))
        if (value := sexual_offence.within_seven_days) is not None:
            inside_sexualoffence.append(("@withinSevenDays", "Y" if value else "N"))
        if inside_sexualoffence:
            inside_onlinereport.append(("SexualOffence", inside_sexualoffence))
    corruption = report.corruption
    if corruption is not None:
        inside_corruption: Nodes = []
        inside_corruption.append(("@kind", corruption.kind))
        if (value := corruption.organisation) is not None:
            inside_corruption.append(
                ("Organisation", value if value.isprintable() else clean(value, "OnlineReport/Corruption/Organisation", signals))
            )
        if inside_corruption:
            inside_onlinereport.append(("Corruption", inside_corruption))
    disclosure = report.disclosure
    if disclosure is not None:
        inside_disclosure: Nodes = []
        inside_disclosure.append(("@scheme", disclosure.scheme))
        if (value := disclosure.children_at_risk) is not None:
            inside_disclosure.append(("@childrenAtRisk", str(value)))
        if (value := disclosure.reason) is not None:
            inside_disclosure.append(("Reason", value if value.isprintable() else clean(value, "OnlineReport/Disclosure/Reason", signals)))
        if (value := disclosure.relation_to_subject) is not None:
            inside_disclosure.append(
                ("Relation", value if value.isprintable() else clean(value, "OnlineReport/Disclosure/Relation", signals))
            )
        if inside_disclosure:
            inside_onlinereport.append(("Disclosure", inside_disclosure))
    missing = report.missing
    if missing is not None:
        inside_missing: Nodes = []
        if (value := missing.last_seen_at) is not None:
            inside_missing.append(("@lastSeen", local(value, "OnlineReport/Missing/@lastSeen", signals)))
        if (value := missing.risk) is not None:
            inside_missing.append(("@risk", value))
        if (value := missing.clothing) is not None:
            inside_missing.append(("Clothing", value if value.isprintable() else clean(value, "OnlineReport/Missing/Clothing", signals)))
        if (value := missing.medical_needs) is not None:
            inside_missing.append(
                ("MedicalNeeds", value if value.isprintable() else clean(value, "OnlineReport/Missing/MedicalNeeds", signals))
            )
        if inside_missing:
            inside_onlinereport.append(("Missing", inside_missing))
    complaint = report.complaint
    if complaint is not None:
        inside_complaint: Nodes = []
        inside_complaint.append(("@kind", complaint.kind))
        if (value := complaint.collar_number) is not None:
            inside_complaint.append(
                ("@collarNumber", value if value.isprintable() else clean(value, "OnlineReport/Complaint/@collarNumber", signals))
            )
        if (value := complaint.outcome_wanted) is not None:
            inside_complaint.append(
                ("OutcomeWanted", value if value.isprintable() else clean(value, "OnlineReport/Complaint/OutcomeWanted", signals))
            )
        if inside_complaint:
            inside_onlinereport.append(("Complaint", inside_complaint))
    for file in report.attachments:
        inside_onlinereport.append(("File", _file(report, file, codes, signals)))
    inside_onlinereport.append(
        ("FullText", report.text if report.text.isprintable() else clean(report.text, "OnlineReport/FullText", signals))
    )
    if inside_onlinereport:
        nodes.append(("OnlineReport", inside_onlinereport))
    return nodes, signals


def _former(report: Report, former: Address, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    if (value := former.uprn) is not None:
        nodes.append(("@uprn", value if value.isprintable() else clean(value, "OnlineReport/Nominal/FormerAddress/@uprn", signals)))
    if (value := former.postcode) is not None:
        nodes.append(("@postcode", value if value.isprintable() else clean(value, "OnlineReport/Nominal/FormerAddress/@postcode", signals)))
    if (value := former.saon) is not None:
        nodes.append(("Flat", value if value.isprintable() else clean(value, "OnlineReport/Nominal/FormerAddress/Flat", signals)))
    if (value := former.paon) is not None:
        nodes.append(("House", value if value.isprintable() else clean(value, "OnlineReport/Nominal/FormerAddress/House", signals)))
    if (value := former.street) is not None:
        nodes.append(("Street", value if value.isprintable() else clean(value, "OnlineReport/Nominal/FormerAddress/Street", signals)))
    if (value := former.locality) is not None:
        nodes.append(("Area", value if value.isprintable() else clean(value, "OnlineReport/Nominal/FormerAddress/Area", signals)))
    if (value := former.town) is not None:
        nodes.append(("Town", value if value.isprintable() else clean(value, "OnlineReport/Nominal/FormerAddress/Town", signals)))
    return nodes


def _person(report: Report, person: Person, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("@id", person.id if person.id.isprintable() else clean(person.id, "OnlineReport/Nominal/@id", signals)))
    if (value := person.date_of_birth) is not None:
        nodes.append(("@born", value.isoformat()))
    if (value := person.age_from) is not None:
        nodes.append(("@ageFrom", str(value)))
    if (value := person.age_to) is not None:
        nodes.append(("@ageTo", str(value)))
    if (value := person.gender) is not None:
        nodes.append(("@sex", translated(codes.gender, value, "OnlineReport/Nominal/@sex", signals)))
    if (value := person.ethnicity) is not None:
        nodes.append(("@ethnicity", translated(codes.ethnicity, value, "OnlineReport/Nominal/@ethnicity", signals)))
    if (value := person.disability) is not None:
        nodes.append(("@disabled", "Y" if value else "N"))
    if (value := person.language) is not None:
        nodes.append(("@language", value.upper()))
    for code in person.roles:
        nodes.append(("Role", translated(codes.role, code, "OnlineReport/Nominal/Role", signals)))
    if (value := person.title) is not None:
        nodes.append(("Title", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Title", signals)))
    if (value := person.given_names) is not None:
        nodes.append(("Forenames", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Forenames", signals)))
    if (value := person.family_name) is not None:
        nodes.append(("Surname", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Surname", signals)))
    if (value := person.relationship) is not None:
        nodes.append(
            (
                "Relationship",
                cut(
                    value if value.isprintable() else clean(value, "OnlineReport/Nominal/Relationship", signals),
                    50,
                    "OnlineReport/Nominal/Relationship",
                    signals,
                ),
            )
        )
    if (value := person.description) is not None:
        nodes.append(("Description", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Description", signals)))
    if (value := person.communication_needs) is not None:
        nodes.append(("Needs", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Needs", signals)))
    inside_contact: Nodes = []
    if (value := person.contact_preference) is not None:
        inside_contact.append(("@prefer", value))
    if (value := person.safe_to_contact) is not None:
        inside_contact.append(("@safe", "Y" if value else "N"))
    if (value := person.phone) is not None:
        inside_contact.append(("Telephone", national(value)))
    if (value := person.email) is not None:
        inside_contact.append(("Email", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Contact/Email", signals)))
    if (value := person.safe_contact) is not None:
        inside_contact.append(
            ("SafeContact", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Contact/SafeContact", signals))
        )
    if inside_contact:
        nodes.append(("Contact", inside_contact))
    address = person.address
    if address is not None:
        inside_address: Nodes = []
        if (value := address.uprn) is not None:
            inside_address.append(("@uprn", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Address/@uprn", signals)))
        if (value := address.postcode) is not None:
            inside_address.append(
                ("@postcode", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Address/@postcode", signals))
            )
        if (value := address.saon) is not None:
            inside_address.append(("Flat", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Address/Flat", signals)))
        if (value := address.paon) is not None:
            inside_address.append(("House", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Address/House", signals)))
        if (value := address.street) is not None:
            inside_address.append(
                ("Street", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Address/Street", signals))
            )
        if (value := address.locality) is not None:
            inside_address.append(("Area", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Address/Area", signals)))
        if (value := address.town) is not None:
            inside_address.append(("Town", value if value.isprintable() else clean(value, "OnlineReport/Nominal/Address/Town", signals)))
        if inside_address:
            nodes.append(("Address", inside_address))
    for former in person.previous_addresses:
        nodes.append(("FormerAddress", _former(report, former, codes, signals)))
    return nodes


def _location(report: Report, location: Location, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("@id", location.id if location.id.isprintable() else clean(location.id, "OnlineReport/Locus/@id", signals)))
    nodes.append(("@role", location.role))
    if (value := location.latitude) is not None:
        nodes.append(("@lat", decimal(value)))
    if (value := location.longitude) is not None:
        nodes.append(("@long", decimal(value)))
    if (value := location.area_code) is not None:
        nodes.append(("@lsoa", value if value.isprintable() else clean(value, "OnlineReport/Locus/@lsoa", signals)))
    address = location.address
    if address is not None:
        inside_address: Nodes = []
        if (value := address.uprn) is not None:
            inside_address.append(("@uprn", value if value.isprintable() else clean(value, "OnlineReport/Locus/Address/@uprn", signals)))
        if (value := address.postcode) is not None:
            inside_address.append(
                ("@postcode", value if value.isprintable() else clean(value, "OnlineReport/Locus/Address/@postcode", signals))
            )
        if (value := address.saon) is not None:
            inside_address.append(("Flat", value if value.isprintable() else clean(value, "OnlineReport/Locus/Address/Flat", signals)))
        if (value := address.paon) is not None:
            inside_address.append(("House", value if value.isprintable() else clean(value, "OnlineReport/Locus/Address/House", signals)))
        if (value := address.street) is not None:
            inside_address.append(("Street", value if value.isprintable() else clean(value, "OnlineReport/Locus/Address/Street", signals)))
        if (value := address.locality) is not None:
            inside_address.append(("Area", value if value.isprintable() else clean(value, "OnlineReport/Locus/Address/Area", signals)))
        if (value := address.town) is not None:
            inside_address.append(("Town", value if value.isprintable() else clean(value, "OnlineReport/Locus/Address/Town", signals)))
        if inside_address:
            nodes.append(("Address", inside_address))
    if (value := location.premises) is not None:
        nodes.append(("Premises", value if value.isprintable() else clean(value, "OnlineReport/Locus/Premises", signals)))
    if (value := location.public_transport) is not None:
        nodes.append(("Transport", value if value.isprintable() else clean(value, "OnlineReport/Locus/Transport", signals)))
    if (value := location.description) is not None:
        nodes.append(("Description", value if value.isprintable() else clean(value, "OnlineReport/Locus/Description", signals)))
    return nodes


def _vehicle(report: Report, vehicle: Vehicle, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("@id", vehicle.id if vehicle.id.isprintable() else clean(vehicle.id, "OnlineReport/Vehicle/@id", signals)))
    nodes.append(("@role", vehicle.role))
    if (value := vehicle.vrm) is not None:
        nodes.append(("@vrm", value if value.isprintable() else clean(value, "OnlineReport/Vehicle/@vrm", signals)))
    if (value := vehicle.driver_id) is not None:
        nodes.append(("@driver", value if value.isprintable() else clean(value, "OnlineReport/Vehicle/@driver", signals)))
    if (value := vehicle.make) is not None:
        nodes.append(("Make", value if value.isprintable() else clean(value, "OnlineReport/Vehicle/Make", signals)))
    if (value := vehicle.model) is not None:
        nodes.append(("Model", value if value.isprintable() else clean(value, "OnlineReport/Vehicle/Model", signals)))
    if (value := vehicle.colour) is not None:
        nodes.append(("Colour", value if value.isprintable() else clean(value, "OnlineReport/Vehicle/Colour", signals)))
    if (value := vehicle.insurer) is not None:
        nodes.append(("Insurer", value if value.isprintable() else clean(value, "OnlineReport/Vehicle/Insurer", signals)))
    return nodes


def _item(report: Report, item: Item, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("@id", item.id if item.id.isprintable() else clean(item.id, "OnlineReport/Property/@id", signals)))
    nodes.append(("@status", item.status))
    if (value := item.value) is not None:
        nodes.append(("@value", value))
    if (value := item.description) is not None:
        nodes.append(("Description", value if value.isprintable() else clean(value, "OnlineReport/Property/Description", signals)))
    if (value := item.make) is not None:
        nodes.append(("Make", value if value.isprintable() else clean(value, "OnlineReport/Property/Make", signals)))
    if (value := item.model) is not None:
        nodes.append(("Model", value if value.isprintable() else clean(value, "OnlineReport/Property/Model", signals)))
    if (value := item.serial_number) is not None:
        nodes.append(("Serial", value if value.isprintable() else clean(value, "OnlineReport/Property/Serial", signals)))
    return nodes


def _file(report: Report, file: Attachment, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    if (value := travelling_name(report, file)) is not None:
        nodes.append(("@file", value))
    nodes.append(
        ("@type", file.media_type if file.media_type.isprintable() else clean(file.media_type, "OnlineReport/File/@type", signals))
    )
    nodes.append(("@bytes", str(file.size)))
    nodes.append(("@sha256", file.sha256 if file.sha256.isprintable() else clean(file.sha256, "OnlineReport/File/@sha256", signals)))
    nodes.append(("#text", file.name if file.name.isprintable() else clean(file.name, "OnlineReport/File/#text", signals)))
    return nodes
