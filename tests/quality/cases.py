"""For every rule of every suite, what must be done to a good row so that this rule alone fails."""

from collections.abc import Callable, Mapping

from hub.mapping.record import Node, Record
from hub.quality.checks import Volume
from tests.quality.good import Spoil, Wire, put, without


def both(*spoils: Spoil) -> Spoil:
    """One spoil after the other."""

    def spoil(wire: Wire) -> None:
        for one in spoils:
            one(wire)

    return spoil


_REPORTER_GONE = put("people.0.roles", ["victim"])
_UNREACHABLE = both(put("people.0.phone", None), put("people.0.email", None), put("people.0.address", {"locality": "Made-up"}))

OF_REPORTS: Mapping[str, tuple[str, Spoil]] = {
    "incident-in-future": ("crime", both(put("incident.occurred_from", "2026-11-21T11:02:00+00:00"), put("incident.occurred_to", None))),
    "incident-ends-before-it-starts": ("crime", put("incident.occurred_to", "2026-11-20T21:59:59+00:00")),
    "incident-long-ago": ("crime", put("incident.occurred_from", "1026-11-20T22:00:00+00:00")),
    "submitted-in-future": ("crime", put("submitted_at", "2026-11-23T00:00:00+00:00")),
    "born-in-future": ("crime", put("people.0.date_of_birth", "2026-11-22")),
    "age-range-reversed": ("crime", put("people.1.age_from", 41)),
    "reporter-missing": ("crime", _REPORTER_GONE),
    "no-contact": ("crime", both(_UNREACHABLE, put("people.0.contact_preference", None))),
    "preferred-contact-missing": ("crime", put("people.0.phone", None)),
    "unsafe-contact-unexplained": ("crime", put("people.0.safe_to_contact", False)),
    "disclosure-without-subject": ("sarahs-law", without("subject")),
    "postcode-malformed": ("crime", put("people.2.previous_addresses.0.postcode", "M1 1A1")),
    "email-malformed": ("crime", put("people.0.email", "sian at example.org")),
    "point-outside-britain": ("crime", put("locations.0.longitude", 3.18)),
    "danger-without-place": ("hate-crime", put("locations", [{"id": "L1"}])),
    "text-too-short": ("crime", put("text", "OFFICIAL-SENSITIVE\nHelp.")),
    "previous-reference-missing": ("crime", put("previous_reference", None)),
    "attachment-empty": ("crime", put("attachments.0.size", 0)),
    "crime-without-description": ("crime", put("incident.description", "Theft")),
    "crime-without-time": ("crime", both(put("incident.occurred_from", None), put("incident.occurred_to", None))),
    "crime-without-place": ("crime", both(put("locations", []), put("safeguarding", None))),
    "theft-without-item": ("crime", both(put("incident.offence", "cycle-theft"), put("property", []))),
    "stolen-vehicle-not-listed": ("crime", put("vehicles", [])),
    "stolen-vehicle-without-vrm": ("crime", put("vehicles.0.vrm", None)),
    "no-time": ("road-traffic", both(put("incident.occurred_from", None), put("incident.occurred_to", None))),
    "past-fourteen-days": ("road-traffic", put("incident.occurred_from", "2026-11-07T23:59:00+00:00")),
    "no-vehicle": ("road-traffic", put("vehicles", [])),
    "vehicle-without-vrm": ("road-traffic", put("vehicles.0.vrm", None)),
    "driver-not-listed": ("road-traffic", put("vehicles.0.driver_id", "P99")),
    "collision-without-injuries-asked": ("road-traffic", put("road_traffic.injuries", None)),
    "footage-not-attached": ("road-traffic", put("attachments", [])),
    "anti-social-without-kind": ("anti-social-behaviour", put("anti_social", None)),
    "anti-social-without-place": ("anti-social-behaviour", both(put("locations", []), put("safeguarding", None))),
    "anti-social-ongoing-unknown": ("anti-social-behaviour", put("anti_social.ongoing", None)),
    "abuse-without-safe-contact": ("domestic-abuse", put("people.0.safe_to_contact", None)),
    "abuse-without-suspect": (
        "domestic-abuse",
        both(without("suspect"), without("subject"), without("officer"), put("corruption", None)),
    ),
    "abuse-danger-unknown": ("domestic-abuse", put("safeguarding.immediate_danger", None)),
    "abuse-children-unknown": ("domestic-abuse", put("abuse", None)),
    "hate-without-strand": ("hate-crime", put("incident.hate_strands", [])),
    "hate-without-description": ("hate-crime", put("incident.description", None)),
    "hate-without-victim": ("hate-crime", without("victim")),
    "forensic-window-unknown": ("sexual-offences", put("sexual_offence.within_seven_days", None)),
    "support-wanted-unknown": ("sexual-offences", put("sexual_offence.support_wanted", None)),
    "sexual-offence-without-victim": ("sexual-offences", without("victim")),
    "corruption-without-kind": ("corruption", put("corruption", None)),
    "corruption-without-accused": (
        "corruption",
        both(without("suspect"), without("subject"), without("officer"), put("corruption.organisation", None)),
    ),
    "corruption-without-description": ("corruption", put("incident.description", "Bribes")),
    "sarahs-law-other-scheme": ("sarahs-law", put("disclosure.scheme", "clare")),
    "sarahs-law-without-child": ("sarahs-law", without("child-at-risk")),
    "sarahs-law-subject-without-name": ("sarahs-law", put("people.2.family_name", None)),
    "sarahs-law-without-relation": ("sarahs-law", put("disclosure.relation_to_subject", None)),
    "clares-law-other-scheme": ("clares-law", put("disclosure.scheme", "sarah")),
    "clares-law-without-reason": ("clares-law", put("disclosure.reason", None)),
    "clares-law-subject-without-name": ("clares-law", put("people.2.family_name", None)),
    "lost-without-item": ("lost-property", put("property", [])),
    "item-without-description": ("lost-property", put("property.0.description", None)),
    "lost-without-place": ("lost-property", both(put("locations", []), put("safeguarding", None))),
    "missing-without-person": ("missing-person", without("missing")),
    "last-seen-unknown": ("missing-person", put("missing.last_seen_at", None)),
    "last-seen-in-future": ("missing-person", put("missing.last_seen_at", "2026-11-21T11:02:00+00:00")),
    "last-seen-without-place": ("missing-person", put("locations.1.role", "other")),
    "missing-risk-unknown": ("missing-person", put("missing.risk", None)),
    "complaint-without-description": ("complaint", put("incident", None)),
    "complaint-without-officer": ("complaint", both(without("officer"), put("complaint.collar_number", None))),
    "complaint-without-outcome": ("complaint", put("complaint.outcome_wanted", None)),
    "skeleton-without-reporter": ("fraud", put("people", [])),
    "skeleton-text-thin": ("fraud", put("text", "OFFICIAL\n" + "Forty characters of a text, no more here.")),
}

SpoilRecord = Callable[[Record], Record]


def set_at(path: str, value: str | None) -> SpoilRecord:
    """A spoil that gives every value at a path another value; None takes it away."""
    return lambda record: Record(record.key, _set(record.nodes, path, value))


def _set(nodes: list[Node], path: str, value: str | None) -> list[Node]:
    changed: list[Node] = []
    for field, content in nodes:
        if field.path != path:
            changed.append((field, _set(content, path, value) if isinstance(content, list) else content))
        elif value is not None:
            changed.append((field, value))
    return changed


OF_RECORDS: Mapping[str, tuple[str, SpoilRecord]] = {
    "niche-reference-unfit": ("niche-style", set_at("Occurrence/Header/Reference", "abc 123")),
    "niche-without-reference": ("niche-style", set_at("Occurrence/Header/Reference", None)),
    "niche-person-without-involvement": ("niche-style", set_at("Occurrence/Involvements/Involvement/@person", None)),
    "niche-without-text": ("niche-style", set_at("Occurrence/Text", None)),
    "athena-reference-unfit": ("athena-style", set_at("incidents/REFERENCE", "A")),
    "athena-without-reference": ("athena-style", set_at("incidents/REFERENCE", None)),
    "athena-without-key": ("athena-style", set_at("incidents/SUBMISSION_ID", None)),
    "athena-phone-unfit": ("athena-style", set_at("persons/PHONE", "+447700900123")),
    "connect-reference-unfit": ("connect-style", set_at("data/attributes/customerReferenceNumber", "abc")),
    "connect-without-reference": ("connect-style", set_at("data/attributes/customerReferenceNumber", None)),
    "connect-without-submission-id": ("connect-style", set_at("data/attributes/submissionId", None)),
    "connect-time-unfit": ("connect-style", set_at("data/attributes/submitTime", "2026-11-21T10:00:00")),
    "mark43-reference-unfit": ("mark43-style", set_at("recordNumber", "A" * 41)),
    "mark43-without-reference": ("mark43-style", set_at("recordNumber", None)),
    "mark43-without-external-id": ("mark43-style", set_at("externalId", None)),
    "mark43-time-not-utc": ("mark43-style", set_at("receivedDateUtc", "2026-11-21T10:00:00+01:00")),
    "policeworks-reference-unfit": ("policeworks-style", set_at("reference", "ABC_123")),
    "policeworks-without-reference": ("policeworks-style", set_at("reference", None)),
    "policeworks-nominal-without-link": ("policeworks-style", set_at("nominals/links", None)),
    "policeworks-without-marking": ("policeworks-style", set_at("protectiveMarking", None)),
    "red-sigma-reference-unfit": ("red-sigma-style", set_at("OnlineReport/@reference", "ABC 123")),
    "red-sigma-without-reference": ("red-sigma-style", set_at("OnlineReport/@reference", None)),
    "red-sigma-without-submission-id": ("red-sigma-style", set_at("OnlineReport/@submissionId", None)),
    "red-sigma-nominal-without-role": ("red-sigma-style", set_at("OnlineReport/Nominal/Role", None)),
}

OF_VOLUMES: Mapping[str, Volume] = {
    "volume-below-minimum": Volume("kent", 39, 0, 40),
    "volume-mostly-quarantined": Volume("gwent", 100, 21, 40),
}
