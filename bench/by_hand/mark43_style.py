# ruff: noqa: ARG001, PLR0912, PLR0915 - written out straight on purpose, every function alike
"""mark43-style written out: flat JSON with arrays.

What its field map declares, with the checks and signals that it has, as straight-line code: for `python -m bench.mapping`.
"""

from typing import Any

from bench.by_hand.writing import Codes, Nodes, Signals, clean, cut, decimal, in_utc, translated
from hub.mapping.functions import travelling_name
from hub.reports.model import Address, Attachment, Item, Location, Person, Report, Vehicle


def record(report: Report, codes: Codes) -> tuple[Nodes, Signals]:
    """The names and values of a report with fields of its own, and what was not carried over exactly."""
    value: Any
    nodes: Nodes = []
    signals: Signals = []
    nodes.append(
        ("externalId", report.submission_id if report.submission_id.isprintable() else clean(report.submission_id, "externalId", signals))
    )
    nodes.append(("externalSystem", "SINGLE_ONLINE_HOME"))
    nodes.append(("reportForm", "FULL"))
    nodes.append(("recordNumber", report.reference if report.reference.isprintable() else clean(report.reference, "recordNumber", signals)))
    nodes.append(("agencyCode", report.force_code if report.force_code.isprintable() else clean(report.force_code, "agencyCode", signals)))
    nodes.append(("reportType", translated(codes.service, report.service, "reportType", signals)))
    nodes.append(
        ("sourceCategory", report.category if report.category.isprintable() else clean(report.category, "sourceCategory", signals))
    )
    nodes.append(("receivedDateUtc", in_utc(report.submitted_at)))
    nodes.append(("languageCode", report.language))
    if (value := report.form_version) is not None:
        nodes.append(("sourceVersion", value if value.isprintable() else clean(value, "sourceVersion", signals)))
    nodes.append(("securityClassification", translated(codes.marking, report.marking, "securityClassification", signals)))
    nodes.append(("isAnonymous", report.anonymous))
    if (value := report.involvement) is not None:
        nodes.append(("reporterInvolvement", translated(codes.involvement, value, "reporterInvolvement", signals)))
    if (value := report.reported_before) is not None:
        nodes.append(("isPreviouslyReported", value))
    if (value := report.previous_reference) is not None:
        nodes.append(("relatedRecordNumber", value if value.isprintable() else clean(value, "relatedRecordNumber", signals)))
    safeguarding = report.safeguarding
    if safeguarding is not None:
        if (value := safeguarding.immediate_danger) is not None:
            nodes.append(("isImmediateDanger", value))
        if (value := safeguarding.children_present) is not None:
            nodes.append(("areChildrenPresent", value))
        if (value := safeguarding.vulnerable) is not None:
            nodes.append(("isVulnerable", value))
        if (value := safeguarding.repeat_victim) is not None:
            nodes.append(("isRepeatVictim", value))
    incident = report.incident
    if incident is not None:
        if (value := incident.occurred_from) is not None:
            nodes.append(("eventStartUtc", in_utc(value)))
        if (value := incident.occurred_to) is not None:
            nodes.append(("eventEndUtc", in_utc(value)))
        if (value := incident.exact_time_known) is not None:
            nodes.append(("isEventTimeExact", value))
        if (value := incident.offence) is not None:
            nodes.append(("suggestedOffenseCode", translated(codes.offence, value, "suggestedOffenseCode", signals)))
        if (value := incident.description) is not None:
            nodes.append(("narrative", value if value.isprintable() else clean(value, "narrative", signals)))
        if (value := incident.weapon) is not None:
            nodes.append(("weaponDescription", value if value.isprintable() else clean(value, "weaponDescription", signals)))
        if (value := incident.threat) is not None:
            nodes.append(("isThreatMade", value))
        if (value := incident.injury) is not None:
            nodes.append(("injuryLevel", translated(codes.injury, value, "injuryLevel", signals)))
    incident = report.incident
    if incident is not None:
        for code in incident.hate_strands:
            nodes.append(("biasMotivations", translated(codes.hate_strand, code, "biasMotivations", signals)))
    incident = report.incident
    if incident is not None:
        if (value := incident.cctv) is not None:
            nodes.append(("isCctvAvailable", value))
        if (value := incident.witnesses) is not None:
            nodes.append(("areWitnessesPresent", value))
    for person in report.people:
        nodes.append(("involvedProfiles", _person(report, person, codes, signals)))
    for location in report.locations:
        nodes.append(("places", _location(report, location, codes, signals)))
    for vehicle in report.vehicles:
        nodes.append(("vehicles", _vehicle(report, vehicle, codes, signals)))
    for item in report.property:
        nodes.append(("items", _item(report, item, codes, signals)))
    for file in report.attachments:
        nodes.append(("files", _file(report, file, codes, signals)))
    road_traffic = report.road_traffic
    if road_traffic is not None:
        if (value := road_traffic.kind) is not None:
            nodes.append(("trafficKind", value.upper()))
        if (value := road_traffic.injuries) is not None:
            nodes.append(("isTrafficInjury", value))
        if (value := road_traffic.footage) is not None:
            nodes.append(("isTrafficFootage", value))
    anti_social = report.anti_social
    if anti_social is not None:
        if (value := anti_social.kind) is not None:
            nodes.append(("antiSocialKind", value.upper()))
        if (value := anti_social.ongoing) is not None:
            nodes.append(("isAntiSocialOngoing", value))
    abuse = report.abuse
    if abuse is not None:
        if (value := abuse.living_together) is not None:
            nodes.append(("isCohabiting", value))
        if (value := abuse.pattern) is not None:
            nodes.append(("isAbusePattern", value))
        if (value := abuse.children_in_household) is not None:
            nodes.append(("childrenInHousehold", value))
    sexual_offence = report.sexual_offence
    if sexual_offence is not None:
        if (value := sexual_offence.support_wanted) is not None:
            nodes.append(("isSupportWanted", value))
        if (value := sexual_offence.within_seven_days) is not None:
            nodes.append(("isWithinSevenDays", value))
    corruption = report.corruption
    if corruption is not None:
        if (value := corruption.organisation) is not None:
            nodes.append(("corruptionOrganization", value if value.isprintable() else clean(value, "corruptionOrganization", signals)))
        if (value := corruption.kind) is not None:
            nodes.append(("corruptionKind", value.upper()))
    disclosure = report.disclosure
    if disclosure is not None:
        if (value := disclosure.scheme) is not None:
            nodes.append(("disclosureScheme", value.upper()))
        if (value := disclosure.reason) is not None:
            nodes.append(("disclosureReason", value if value.isprintable() else clean(value, "disclosureReason", signals)))
        if (value := disclosure.relation_to_subject) is not None:
            nodes.append(("disclosureRelation", value if value.isprintable() else clean(value, "disclosureRelation", signals)))
        if (value := disclosure.children_at_risk) is not None:
            nodes.append(("disclosureChildrenAtRisk", value))
    missing = report.missing
    if missing is not None:
        if (value := missing.last_seen_at) is not None:
            nodes.append(("lastSeenUtc", in_utc(value)))
        if (value := missing.clothing) is not None:
            nodes.append(("lastSeenClothing", value if value.isprintable() else clean(value, "lastSeenClothing", signals)))
        if (value := missing.medical_needs) is not None:
            nodes.append(("medicalNeeds", value if value.isprintable() else clean(value, "medicalNeeds", signals)))
        if (value := missing.risk) is not None:
            nodes.append(("missingRisk", value.upper()))
    complaint = report.complaint
    if complaint is not None:
        if (value := complaint.kind) is not None:
            nodes.append(("complaintKind", value.upper()))
        if (value := complaint.collar_number) is not None:
            nodes.append(("complaintOfficerNumber", value if value.isprintable() else clean(value, "complaintOfficerNumber", signals)))
        if (value := complaint.outcome_wanted) is not None:
            nodes.append(("complaintOutcomeWanted", value if value.isprintable() else clean(value, "complaintOutcomeWanted", signals)))
    nodes.append(("fullText", report.text if report.text.isprintable() else clean(report.text, "fullText", signals)))
    return nodes, signals


def _former(report: Report, former: Address, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    if (value := former.saon) is not None:
        nodes.append(("unit", value if value.isprintable() else clean(value, "involvedProfiles/formerAddresses/unit", signals)))
    if (value := former.paon) is not None:
        nodes.append(("building", value if value.isprintable() else clean(value, "involvedProfiles/formerAddresses/building", signals)))
    if (value := former.street) is not None:
        nodes.append(("streetName", value if value.isprintable() else clean(value, "involvedProfiles/formerAddresses/streetName", signals)))
    if (value := former.locality) is not None:
        nodes.append(
            ("neighbourhood", value if value.isprintable() else clean(value, "involvedProfiles/formerAddresses/neighbourhood", signals))
        )
    if (value := former.town) is not None:
        nodes.append(("city", value if value.isprintable() else clean(value, "involvedProfiles/formerAddresses/city", signals)))
    if (value := former.postcode) is not None:
        nodes.append(("zip", value if value.isprintable() else clean(value, "involvedProfiles/formerAddresses/zip", signals)))
    if (value := former.uprn) is not None:
        nodes.append(("uprn", value if value.isprintable() else clean(value, "involvedProfiles/formerAddresses/uprn", signals)))
    return nodes


def _person(report: Report, person: Person, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("profileId", person.id if person.id.isprintable() else clean(person.id, "involvedProfiles/profileId", signals)))
    for code in person.roles:
        nodes.append(("involvements", translated(codes.role, code, "involvedProfiles/involvements", signals)))
    if (value := person.title) is not None:
        nodes.append(("nameTitle", value if value.isprintable() else clean(value, "involvedProfiles/nameTitle", signals)))
    if (value := person.given_names) is not None:
        nodes.append(("firstName", value if value.isprintable() else clean(value, "involvedProfiles/firstName", signals)))
    if (value := person.family_name) is not None:
        nodes.append(("lastName", value if value.isprintable() else clean(value, "involvedProfiles/lastName", signals)))
    if (value := person.date_of_birth) is not None:
        nodes.append(("dateOfBirth", value.isoformat()))
    if (value := person.age_from) is not None:
        nodes.append(("ageMin", value))
    if (value := person.age_to) is not None:
        nodes.append(("ageMax", value))
    if (value := person.gender) is not None:
        nodes.append(("sex", translated(codes.gender, value, "involvedProfiles/sex", signals)))
    if (value := person.ethnicity) is not None:
        nodes.append(("ethnicity", translated(codes.ethnicity, value, "involvedProfiles/ethnicity", signals)))
    if (value := person.disability) is not None:
        nodes.append(("hasDisability", value))
    if (value := person.communication_needs) is not None:
        nodes.append(("accessNeeds", value if value.isprintable() else clean(value, "involvedProfiles/accessNeeds", signals)))
    if (value := person.language) is not None:
        nodes.append(("preferredLanguage", value))
    if (value := person.phone) is not None:
        nodes.append(("phoneNumber", value if value.isprintable() else clean(value, "involvedProfiles/phoneNumber", signals)))
    if (value := person.email) is not None:
        nodes.append(("emailAddress", value if value.isprintable() else clean(value, "involvedProfiles/emailAddress", signals)))
    if (value := person.contact_preference) is not None:
        nodes.append(("preferredContact", value.upper()))
    if (value := person.safe_to_contact) is not None:
        nodes.append(("isSafeToContact", value))
    if (value := person.safe_contact) is not None:
        nodes.append(("safeContactNotes", value if value.isprintable() else clean(value, "involvedProfiles/safeContactNotes", signals)))
    if (value := person.relationship) is not None:
        nodes.append(
            (
                "relationshipDescription",
                cut(
                    value if value.isprintable() else clean(value, "involvedProfiles/relationshipDescription", signals),
                    80,
                    "involvedProfiles/relationshipDescription",
                    signals,
                ),
            )
        )
    if (value := person.description) is not None:
        nodes.append(
            ("physicalDescription", value if value.isprintable() else clean(value, "involvedProfiles/physicalDescription", signals))
        )
    address = person.address
    if address is not None:
        inside_homeaddress: Nodes = []
        if (value := address.saon) is not None:
            inside_homeaddress.append(
                ("unit", value if value.isprintable() else clean(value, "involvedProfiles/homeAddress/unit", signals))
            )
        if (value := address.paon) is not None:
            inside_homeaddress.append(
                ("building", value if value.isprintable() else clean(value, "involvedProfiles/homeAddress/building", signals))
            )
        if (value := address.street) is not None:
            inside_homeaddress.append(
                ("streetName", value if value.isprintable() else clean(value, "involvedProfiles/homeAddress/streetName", signals))
            )
        if (value := address.locality) is not None:
            inside_homeaddress.append(
                ("neighbourhood", value if value.isprintable() else clean(value, "involvedProfiles/homeAddress/neighbourhood", signals))
            )
        if (value := address.town) is not None:
            inside_homeaddress.append(
                ("city", value if value.isprintable() else clean(value, "involvedProfiles/homeAddress/city", signals))
            )
        if (value := address.postcode) is not None:
            inside_homeaddress.append(("zip", value if value.isprintable() else clean(value, "involvedProfiles/homeAddress/zip", signals)))
        if (value := address.uprn) is not None:
            inside_homeaddress.append(
                ("uprn", value if value.isprintable() else clean(value, "involvedProfiles/homeAddress/uprn", signals))
            )
        if inside_homeaddress:
            nodes.append(("homeAddress", inside_homeaddress))
    for former in person.previous_addresses:
        nodes.append(("formerAddresses", _former(report, former, codes, signals)))
    return nodes


def _location(report: Report, location: Location, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("placeId", location.id if location.id.isprintable() else clean(location.id, "places/placeId", signals)))
    nodes.append(("placeType", location.role.upper()))
    address = location.address
    if address is not None:
        inside_address: Nodes = []
        if (value := address.saon) is not None:
            inside_address.append(("unit", value if value.isprintable() else clean(value, "places/address/unit", signals)))
        if (value := address.paon) is not None:
            inside_address.append(("building", value if value.isprintable() else clean(value, "places/address/building", signals)))
        if (value := address.street) is not None:
            inside_address.append(("streetName", value if value.isprintable() else clean(value, "places/address/streetName", signals)))
        if (value := address.locality) is not None:
            inside_address.append(
                ("neighbourhood", value if value.isprintable() else clean(value, "places/address/neighbourhood", signals))
            )
        if (value := address.town) is not None:
            inside_address.append(("city", value if value.isprintable() else clean(value, "places/address/city", signals)))
        if (value := address.postcode) is not None:
            inside_address.append(("zip", value if value.isprintable() else clean(value, "places/address/zip", signals)))
        if (value := address.uprn) is not None:
            inside_address.append(("uprn", value if value.isprintable() else clean(value, "places/address/uprn", signals)))
        if inside_address:
            nodes.append(("address", inside_address))
    if (value := location.latitude) is not None:
        nodes.append(("lat", decimal(value)))
    if (value := location.longitude) is not None:
        nodes.append(("lng", decimal(value)))
    if (value := location.area_code) is not None:
        nodes.append(("statisticalArea", value if value.isprintable() else clean(value, "places/statisticalArea", signals)))
    if (value := location.premises) is not None:
        nodes.append(("placeName", value if value.isprintable() else clean(value, "places/placeName", signals)))
    if (value := location.public_transport) is not None:
        nodes.append(("transitDetail", value if value.isprintable() else clean(value, "places/transitDetail", signals)))
    if (value := location.description) is not None:
        nodes.append(("notes", value if value.isprintable() else clean(value, "places/notes", signals)))
    return nodes


def _vehicle(report: Report, vehicle: Vehicle, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("vehicleId", vehicle.id if vehicle.id.isprintable() else clean(vehicle.id, "vehicles/vehicleId", signals)))
    nodes.append(("involvement", vehicle.role.upper()))
    if (value := vehicle.vrm) is not None:
        nodes.append(("plate", value if value.isprintable() else clean(value, "vehicles/plate", signals)))
    if (value := vehicle.make) is not None:
        nodes.append(("make", value if value.isprintable() else clean(value, "vehicles/make", signals)))
    if (value := vehicle.model) is not None:
        nodes.append(("model", value if value.isprintable() else clean(value, "vehicles/model", signals)))
    if (value := vehicle.colour) is not None:
        nodes.append(("color", value if value.isprintable() else clean(value, "vehicles/color", signals)))
    if (value := vehicle.driver_id) is not None:
        nodes.append(("driverProfileId", value if value.isprintable() else clean(value, "vehicles/driverProfileId", signals)))
    if (value := vehicle.insurer) is not None:
        nodes.append(("insurer", value if value.isprintable() else clean(value, "vehicles/insurer", signals)))
    return nodes


def _item(report: Report, item: Item, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("itemId", item.id if item.id.isprintable() else clean(item.id, "items/itemId", signals)))
    nodes.append(("status", item.status.upper()))
    if (value := item.description) is not None:
        nodes.append(("description", value if value.isprintable() else clean(value, "items/description", signals)))
    if (value := item.make) is not None:
        nodes.append(("make", value if value.isprintable() else clean(value, "items/make", signals)))
    if (value := item.model) is not None:
        nodes.append(("model", value if value.isprintable() else clean(value, "items/model", signals)))
    if (value := item.serial_number) is not None:
        nodes.append(("serial", value if value.isprintable() else clean(value, "items/serial", signals)))
    if (value := item.value) is not None:
        nodes.append(("valueGbp", value))
    return nodes


def _file(report: Report, file: Attachment, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    if (value := travelling_name(report, file)) is not None:
        nodes.append(("storedAs", value))
    nodes.append(("fileName", file.name if file.name.isprintable() else clean(file.name, "files/fileName", signals)))
    nodes.append(
        ("contentType", file.media_type if file.media_type.isprintable() else clean(file.media_type, "files/contentType", signals))
    )
    nodes.append(("sizeBytes", file.size))
    nodes.append(("sha256", file.sha256 if file.sha256.isprintable() else clean(file.sha256, "files/sha256", signals)))
    return nodes
