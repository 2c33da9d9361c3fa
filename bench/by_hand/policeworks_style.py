# ruff: noqa: ARG001, PLR0912, PLR0915 - written out straight on purpose, every function alike
"""policeworks-style written out: nested JSON with capitals in its codes.

What its field map declares, with the checks and signals that it has, as straight-line code: for `python -m bench.mapping`.
"""

from typing import Any

from bench.by_hand.writing import Codes, Nodes, Signals, clean, cut, decimal, in_london, national, translated
from hub.mapping.functions import travelling_name
from hub.reports.model import Address, Attachment, Item, Location, Person, Report, Vehicle


def record(report: Report, codes: Codes) -> tuple[Nodes, Signals]:
    """The names and values of a report with fields of its own, and what was not carried over exactly."""
    value: Any
    nodes: Nodes = []
    signals: Signals = []
    nodes.append(("recordType", "ONLINE_REPORT"))
    nodes.append(
        (
            "submissionId",
            report.submission_id if report.submission_id.isprintable() else clean(report.submission_id, "submissionId", signals),
        )
    )
    nodes.append(("reference", report.reference if report.reference.isprintable() else clean(report.reference, "reference", signals)))
    nodes.append(("forceCode", report.force_code if report.force_code.isprintable() else clean(report.force_code, "forceCode", signals)))
    nodes.append(("caseType", translated(codes.service, report.service, "caseType", signals)))
    nodes.append(
        ("sourceCategory", report.category if report.category.isprintable() else clean(report.category, "sourceCategory", signals))
    )
    nodes.append(("receivedAt", in_london(report.submitted_at)))
    nodes.append(("language", report.language.upper()))
    if (value := report.form_version) is not None:
        nodes.append(("formVersion", value if value.isprintable() else clean(value, "formVersion", signals)))
    nodes.append(("protectiveMarking", translated(codes.marking, report.marking, "protectiveMarking", signals)))
    nodes.append(("anonymous", "Y" if report.anonymous else "N"))
    if (value := report.involvement) is not None:
        nodes.append(("informantStatus", value.upper()))
    if (value := report.reported_before) is not None:
        nodes.append(("previouslyReported", "Y" if value else "N"))
    if (value := report.previous_reference) is not None:
        nodes.append(("previousReference", value if value.isprintable() else clean(value, "previousReference", signals)))
    if (safeguarding := report.safeguarding) is not None:
        inside_risk_markers: Nodes = []
        if (value := safeguarding.immediate_danger) is not None:
            inside_risk_markers.append(("immediateDanger", "Y" if value else "N"))
        if (value := safeguarding.children_present) is not None:
            inside_risk_markers.append(("childrenPresent", "Y" if value else "N"))
        if (value := safeguarding.vulnerable) is not None:
            inside_risk_markers.append(("vulnerable", "Y" if value else "N"))
        if (value := safeguarding.repeat_victim) is not None:
            inside_risk_markers.append(("repeatVictim", "Y" if value else "N"))
        if inside_risk_markers:
            nodes.append(("riskMarkers", inside_risk_markers))
    if (incident := report.incident) is not None:
        inside_circumstances: Nodes = []
        if (value := incident.occurred_from) is not None:
            inside_circumstances.append(("startedAt", in_london(value)))
        if (value := incident.occurred_to) is not None:
            inside_circumstances.append(("endedAt", in_london(value)))
        if (value := incident.exact_time_known) is not None:
            inside_circumstances.append(("timeIsExact", "Y" if value else "N"))
        if (value := incident.offence) is not None:
            inside_circumstances.append(("suggestedOffence", translated(codes.offence, value, "circumstances/suggestedOffence", signals)))
        if (value := incident.description) is not None:
            inside_circumstances.append(
                (
                    "summary",
                    cut(
                        value if value.isprintable() else clean(value, "circumstances/summary", signals),
                        1000,
                        "circumstances/summary",
                        signals,
                    ),
                )
            )
        if (value := incident.weapon) is not None:
            inside_circumstances.append(("weapon", value if value.isprintable() else clean(value, "circumstances/weapon", signals)))
        if (value := incident.threat) is not None:
            inside_circumstances.append(("threatMade", "Y" if value else "N"))
        if (value := incident.injury) is not None:
            inside_circumstances.append(("injury", translated(codes.injury, value, "circumstances/injury", signals)))
        for code in incident.hate_strands:
            inside_circumstances.append(("hateMarkers", translated(codes.hate_strand, code, "circumstances/hateMarkers", signals)))
        if (value := incident.cctv) is not None:
            inside_circumstances.append(("cctv", "Y" if value else "N"))
        if (value := incident.witnesses) is not None:
            inside_circumstances.append(("witnesses", "Y" if value else "N"))
        if inside_circumstances:
            nodes.append(("circumstances", inside_circumstances))
    for person in report.people:
        nodes.append(("nominals", _nominals(report, person, codes, signals)))
    for location in report.locations:
        nodes.append(("premises", _premises(report, location, codes, signals)))
    for vehicle in report.vehicles:
        nodes.append(("vehicles", _vehicles(report, vehicle, codes, signals)))
    for item in report.property:
        nodes.append(("exhibits", _exhibits(report, item, codes, signals)))
    for file in report.attachments:
        nodes.append(("media", _media(report, file, codes, signals)))
    if (road_traffic := report.road_traffic) is not None:
        inside_traffic: Nodes = []
        inside_traffic.append(("kind", road_traffic.kind.upper()))
        if (value := road_traffic.injuries) is not None:
            inside_traffic.append(("injuries", "Y" if value else "N"))
        if (value := road_traffic.footage) is not None:
            inside_traffic.append(("footage", "Y" if value else "N"))
        if inside_traffic:
            nodes.append(("traffic", inside_traffic))
    if (anti_social := report.anti_social) is not None:
        inside_anti_social: Nodes = []
        inside_anti_social.append(("kind", anti_social.kind.upper()))
        if (value := anti_social.ongoing) is not None:
            inside_anti_social.append(("ongoing", "Y" if value else "N"))
        if inside_anti_social:
            nodes.append(("antiSocial", inside_anti_social))
    if (abuse := report.abuse) is not None:
        inside_domestic_abuse: Nodes = []
        if (value := abuse.living_together) is not None:
            inside_domestic_abuse.append(("livingTogether", "Y" if value else "N"))
        if (value := abuse.pattern) is not None:
            inside_domestic_abuse.append(("pattern", "Y" if value else "N"))
        if (value := abuse.children_in_household) is not None:
            inside_domestic_abuse.append(("children", value))
        if inside_domestic_abuse:
            nodes.append(("domesticAbuse", inside_domestic_abuse))
    if (sexual_offence := report.sexual_offence) is not None:
        inside_sexual_offence: Nodes = []
        if (value := sexual_offence.support_wanted) is not None:
            inside_sexual_offence.append(("supportWanted", "Y" if value else "N"))
        if (value := sexual_offence.within_seven_days) is not None:
            inside_sexual_offence.append(("withinSevenDays", "Y" if value else "N"))
        if inside_sexual_offence:
            nodes.append(("sexualOffence", inside_sexual_offence))
    if (corruption := report.corruption) is not None:
        inside_corruption: Nodes = []
        if (value := corruption.organisation) is not None:
            inside_corruption.append(("organisation", value if value.isprintable() else clean(value, "corruption/organisation", signals)))
        inside_corruption.append(("kind", corruption.kind.upper()))
        if inside_corruption:
            nodes.append(("corruption", inside_corruption))
    if (missing := report.missing) is not None:
        inside_missing: Nodes = []
        if (value := missing.last_seen_at) is not None:
            inside_missing.append(("lastSeenAt", in_london(value)))
        if (value := missing.clothing) is not None:
            inside_missing.append(("clothing", value if value.isprintable() else clean(value, "missing/clothing", signals)))
        if (value := missing.medical_needs) is not None:
            inside_missing.append(("medicalNeeds", value if value.isprintable() else clean(value, "missing/medicalNeeds", signals)))
        if (value := missing.risk) is not None:
            inside_missing.append(("risk", value.upper()))
        if inside_missing:
            nodes.append(("missing", inside_missing))
    nodes.append(("fullText", report.text if report.text.isprintable() else clean(report.text, "fullText", signals)))
    return nodes, signals


def _nominals(report: Report, person: Person, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("nominalId", person.id if person.id.isprintable() else clean(person.id, "nominals/nominalId", signals)))
    for code in person.roles:
        nodes.append(("links", translated(codes.role, code, "nominals/links", signals)))
    if (value := person.title) is not None:
        nodes.append(("title", value if value.isprintable() else clean(value, "nominals/title", signals)))
    if (value := person.given_names) is not None:
        nodes.append(("forenames", value if value.isprintable() else clean(value, "nominals/forenames", signals)))
    if (value := person.family_name) is not None:
        nodes.append(("surname", value if value.isprintable() else clean(value, "nominals/surname", signals)))
    if (value := person.date_of_birth) is not None:
        nodes.append(("dateOfBirth", value.isoformat()))
    if (value := person.age_from) is not None:
        nodes.append(("ageFrom", value))
    if (value := person.age_to) is not None:
        nodes.append(("ageTo", value))
    if (value := person.gender) is not None:
        nodes.append(("sex", translated(codes.gender, value, "nominals/sex", signals)))
    if (value := person.ethnicity) is not None:
        nodes.append(("selfDefinedEthnicity", translated(codes.ethnicity, value, "nominals/selfDefinedEthnicity", signals)))
    if (value := person.disability) is not None:
        nodes.append(("disability", "Y" if value else "N"))
    if (value := person.communication_needs) is not None:
        nodes.append(("communicationNeeds", value if value.isprintable() else clean(value, "nominals/communicationNeeds", signals)))
    if (value := person.language) is not None:
        nodes.append(("language", value.upper()))
    if (value := person.phone) is not None:
        nodes.append(("telephone", national(value)))
    if (value := person.email) is not None:
        nodes.append(("email", value if value.isprintable() else clean(value, "nominals/email", signals)))
    if (value := person.contact_preference) is not None:
        nodes.append(("contactBy", value.upper()))
    if (value := person.safe_to_contact) is not None:
        nodes.append(("safeToContact", "Y" if value else "N"))
    if (value := person.safe_contact) is not None:
        nodes.append(("safeContact", value if value.isprintable() else clean(value, "nominals/safeContact", signals)))
    if (value := person.relationship) is not None:
        nodes.append(("relationship", value if value.isprintable() else clean(value, "nominals/relationship", signals)))
    if (value := person.description) is not None:
        nodes.append(("description", value if value.isprintable() else clean(value, "nominals/description", signals)))
    if (address := person.address) is not None:
        inside_address: Nodes = []
        if (value := address.saon) is not None:
            inside_address.append(("flat", value if value.isprintable() else clean(value, "nominals/address/flat", signals)))
        if (value := address.paon) is not None:
            inside_address.append(("building", value if value.isprintable() else clean(value, "nominals/address/building", signals)))
        if (value := address.street) is not None:
            inside_address.append(("street", value if value.isprintable() else clean(value, "nominals/address/street", signals)))
        if (value := address.locality) is not None:
            inside_address.append(("locality", value if value.isprintable() else clean(value, "nominals/address/locality", signals)))
        if (value := address.town) is not None:
            inside_address.append(("town", value if value.isprintable() else clean(value, "nominals/address/town", signals)))
        if (value := address.postcode) is not None:
            inside_address.append(("postcode", value if value.isprintable() else clean(value, "nominals/address/postcode", signals)))
        if (value := address.uprn) is not None:
            inside_address.append(("uprn", value if value.isprintable() else clean(value, "nominals/address/uprn", signals)))
        if inside_address:
            nodes.append(("address", inside_address))
    for former in person.previous_addresses:
        nodes.append(("formerAddresses", _former_addresses(report, former, codes, signals)))
    return nodes


def _former_addresses(report: Report, former: Address, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    if (value := former.saon) is not None:
        nodes.append(("flat", value if value.isprintable() else clean(value, "nominals/formerAddresses/flat", signals)))
    if (value := former.paon) is not None:
        nodes.append(("building", value if value.isprintable() else clean(value, "nominals/formerAddresses/building", signals)))
    if (value := former.street) is not None:
        nodes.append(("street", value if value.isprintable() else clean(value, "nominals/formerAddresses/street", signals)))
    if (value := former.locality) is not None:
        nodes.append(("locality", value if value.isprintable() else clean(value, "nominals/formerAddresses/locality", signals)))
    if (value := former.town) is not None:
        nodes.append(("town", value if value.isprintable() else clean(value, "nominals/formerAddresses/town", signals)))
    if (value := former.postcode) is not None:
        nodes.append(("postcode", value if value.isprintable() else clean(value, "nominals/formerAddresses/postcode", signals)))
    if (value := former.uprn) is not None:
        nodes.append(("uprn", value if value.isprintable() else clean(value, "nominals/formerAddresses/uprn", signals)))
    return nodes


def _premises(report: Report, location: Location, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("premisesId", location.id if location.id.isprintable() else clean(location.id, "premises/premisesId", signals)))
    nodes.append(("link", location.role.upper()))
    if (address := location.address) is not None:
        inside_address: Nodes = []
        if (value := address.saon) is not None:
            inside_address.append(("flat", value if value.isprintable() else clean(value, "premises/address/flat", signals)))
        if (value := address.paon) is not None:
            inside_address.append(("building", value if value.isprintable() else clean(value, "premises/address/building", signals)))
        if (value := address.street) is not None:
            inside_address.append(("street", value if value.isprintable() else clean(value, "premises/address/street", signals)))
        if (value := address.locality) is not None:
            inside_address.append(("locality", value if value.isprintable() else clean(value, "premises/address/locality", signals)))
        if (value := address.town) is not None:
            inside_address.append(("town", value if value.isprintable() else clean(value, "premises/address/town", signals)))
        if (value := address.postcode) is not None:
            inside_address.append(("postcode", value if value.isprintable() else clean(value, "premises/address/postcode", signals)))
        if (value := address.uprn) is not None:
            inside_address.append(("uprn", value if value.isprintable() else clean(value, "premises/address/uprn", signals)))
        if inside_address:
            nodes.append(("address", inside_address))
    if (value := location.latitude) is not None:
        nodes.append(("latitude", decimal(value)))
    if (value := location.longitude) is not None:
        nodes.append(("longitude", decimal(value)))
    if (value := location.area_code) is not None:
        nodes.append(("lsoa", value if value.isprintable() else clean(value, "premises/lsoa", signals)))
    if (value := location.premises) is not None:
        nodes.append(("name", value if value.isprintable() else clean(value, "premises/name", signals)))
    if (value := location.public_transport) is not None:
        nodes.append(("transport", value if value.isprintable() else clean(value, "premises/transport", signals)))
    if (value := location.description) is not None:
        nodes.append(("description", value if value.isprintable() else clean(value, "premises/description", signals)))
    return nodes


def _vehicles(report: Report, vehicle: Vehicle, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("vehicleId", vehicle.id if vehicle.id.isprintable() else clean(vehicle.id, "vehicles/vehicleId", signals)))
    nodes.append(("link", vehicle.role.upper()))
    if (value := vehicle.vrm) is not None:
        nodes.append(("vrm", value if value.isprintable() else clean(value, "vehicles/vrm", signals)))
    if (value := vehicle.make) is not None:
        nodes.append(("make", value if value.isprintable() else clean(value, "vehicles/make", signals)))
    if (value := vehicle.model) is not None:
        nodes.append(("model", value if value.isprintable() else clean(value, "vehicles/model", signals)))
    if (value := vehicle.colour) is not None:
        nodes.append(("colour", value if value.isprintable() else clean(value, "vehicles/colour", signals)))
    if (value := vehicle.driver_id) is not None:
        nodes.append(("driver", value if value.isprintable() else clean(value, "vehicles/driver", signals)))
    if (value := vehicle.insurer) is not None:
        nodes.append(("insurer", value if value.isprintable() else clean(value, "vehicles/insurer", signals)))
    return nodes


def _exhibits(report: Report, item: Item, codes: Codes, signals: Signals) -> Nodes:
    value: Any
    nodes: Nodes = []
    nodes.append(("exhibitId", item.id if item.id.isprintable() else clean(item.id, "exhibits/exhibitId", signals)))
    nodes.append(("link", item.status.upper()))
    if (value := item.description) is not None:
        nodes.append(("description", value if value.isprintable() else clean(value, "exhibits/description", signals)))
    if (value := item.make) is not None:
        nodes.append(("make", value if value.isprintable() else clean(value, "exhibits/make", signals)))
    if (value := item.model) is not None:
        nodes.append(("model", value if value.isprintable() else clean(value, "exhibits/model", signals)))
    if (value := item.serial_number) is not None:
        nodes.append(("serial", value if value.isprintable() else clean(value, "exhibits/serial", signals)))
    if (value := item.value) is not None:
        nodes.append(("value", value))
    return nodes


def _media(report: Report, file: Attachment, codes: Codes, signals: Signals) -> Nodes:
    nodes: Nodes = []
    nodes.append(("file", travelling_name(report, file)))
    nodes.append(("fileName", file.name if file.name.isprintable() else clean(file.name, "media/fileName", signals)))
    nodes.append(("mediaType", file.media_type if file.media_type.isprintable() else clean(file.media_type, "media/mediaType", signals)))
    nodes.append(("bytes", file.size))
    nodes.append(("sha256", file.sha256 if file.sha256.isprintable() else clean(file.sha256, "media/sha256", signals)))
    return nodes
