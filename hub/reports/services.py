"""The services of the Single Online Home: what the public can report or ask for.

Categories are the platform's codes on the wire. Two of them are public (`OCR`, `RTI`); the others are assumed, and so marked.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `modelled` ones arrive with every field; the rest as a skeleton: metadata, submitter, whole text."""

    slug: str
    category: str
    title: str
    modelled: bool = True
    urgent: bool = False  # every report of it leaves in the urgent lane
    assumed_category: bool = True


_ALL = (
    Service("crime", "OCR", "Crime", assumed_category=False),
    Service("road-traffic", "RTI", "Road traffic incident", assumed_category=False),
    Service("anti-social-behaviour", "ASB", "Anti-social behaviour"),
    Service("domestic-abuse", "DOA", "Domestic abuse", urgent=True),
    Service("hate-crime", "HTC", "Hate crime"),
    Service("sexual-offences", "RSA", "Rape and sexual assault", urgent=True),
    Service("corruption", "BAC", "Bribery and corruption"),
    Service("sarahs-law", "CSD", "Child sex offender disclosure (Sarah's Law)"),
    Service("clares-law", "DVD", "Domestic violence disclosure (Clare's Law)"),
    Service("lost-property", "LPR", "Lost property"),
    Service("missing-person", "MIS", "Missing person"),
    Service("complaint", "CMP", "Complaint"),
    Service("fraud", "FRD", "Fraud", modelled=False),
    Service("firearms-licensing", "FAL", "Firearms licensing", modelled=False),
    Service("stop-and-search", "SAS", "Stop and search feedback", modelled=False),
    Service("tell-us-about", "TUA", "Tell us about something", modelled=False),
)

SERVICES: dict[str, Service] = {service.slug: service for service in _ALL}
BY_CATEGORY: dict[str, Service] = {service.category: service for service in _ALL}
MODELLED: tuple[str, ...] = tuple(service.slug for service in _ALL if service.modelled)
SKELETONS: tuple[str, ...] = tuple(service.slug for service in _ALL if not service.modelled)
