"""Which force gets which report of which service, and where the faults are: decided before a word is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Protocol

from hub.reports.services import SERVICES
from sandbox.sample.faults import FAULTS, Planted, counts
from sandbox.sample.incidents import Incident, shares

# Assumed: how often each service is used beside crime and anti-social behaviour, which follow the kinds of crime in the rows.
ELSEWHERE = {
    "road-traffic": 12.0, "lost-property": 6.0, "complaint": 2.5, "tell-us-about": 2.5, "fraud": 1.5, "firearms-licensing": 1.5,
    "missing-person": 1.2, "clares-law": 1.0, "sarahs-law": 0.6, "stop-and-search": 0.6, "corruption": 0.4,
}  # fmt: skip
ELSEWHERE_SHARE = 0.3
OUT_OF_CRIME = {  # assumed: what part of the rows of a kind is reported under a service of its own
    "Violence and sexual offences": {"domestic-abuse": 0.15, "sexual-offences": 0.04, "hate-crime": 0.03},
    "Public order": {"hate-crime": 0.1},
}


class RouteOnFile(Protocol):
    """What a sample needs to know of a route."""

    @property
    def transport(self) -> Mapping[str, object]: ...


class ForceOnFile(Protocol):
    """What a sample needs to know of a force (`hub.forces.registry`)."""

    @property
    def slug(self) -> str: ...
    @property
    def nation(self) -> str: ...
    @property
    def pnc_code(self) -> str: ...
    def not_live(self, service: str, day: date) -> str | None: ...
    def primary_on(self, day: date) -> RouteOnFile | None: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """A force on the day of the run: what it takes, what it holds back (and under which code), and how it is reached."""

    slug: str
    pnc_code: str
    welsh: bool
    live: frozenset[str]
    held: Mapping[str, str]  # service: `force-not-live` or `service-not-live`
    rest: bool  # whether its primary route goes over REST


@dataclass(frozen=True, slots=True)
class Slot:
    """One submission to be made. Of a slot without a service, the incident decides it."""

    force: str
    service: str | None = None
    planted: Planted | None = None
    nth: int = 0  # of its kind of fault


def standing(force: ForceOnFile, day: date) -> Standing:
    """Where a force stands on a day. One without a route on that day takes nothing."""
    route = force.primary_on(day)
    judged = {service: force.not_live(service, day) for service in SERVICES}
    live = frozenset(service for service, code in judged.items() if code is None and route is not None)
    held = {service: code for service, code in judged.items() if code is not None}
    over_rest = route is not None and route.transport.get("name") == "rest"
    return Standing(force.slug, force.pnc_code, force.nation == "Wales", live, held, over_rest)


def plan(total: int, forces: Mapping[str, Standing], weights: Mapping[str, float], rng: Random) -> list[Slot]:
    """As many slots as submissions, in the order in which they are written; those that repeat another come last."""
    faults = counts(total)
    held = list(_held(faults.pop("not-live"), forces, rng))
    again = [Slot("", None, FAULTS[kind], nth) for kind in ("duplicate", "conflict") for nth in range(faults.pop(kind))]
    taking = {slug: weights[slug] for slug, force in forces.items() if force.live}
    if not taking:
        raise ValueError("no force takes any service on this day: choose a later --at")
    room = max(total - len(held) - len(again), 0)
    open_slots = [slug for slug, count in shares(taking, room, at_least=1).items() for _ in range(count)]
    rng.shuffle(open_slots)
    spoiled = [slot for kind, count in faults.items() for slot in _spoiled(FAULTS[kind], count, open_slots, forces)]
    slots = spoiled + held + _ordinary(open_slots, forces)
    rng.shuffle(slots)
    return (slots + again)[:total]


def service_of(incident: Incident, live: frozenset[str], rng: Random) -> str:
    """The service under which an incident is reported, among those that the force takes."""
    drawn = rng.random()
    if drawn < ELSEWHERE_SHARE:
        wanted = rng.choices(tuple(ELSEWHERE), tuple(ELSEWHERE.values()))[0]
    elif incident.crime_type == "Anti-social behaviour":
        wanted = "anti-social-behaviour"
    else:
        wanted = _of_crime(OUT_OF_CRIME.get(incident.crime_type, {}), rng.random())
    return wanted if wanted in live else "crime" if "crime" in live else rng.choice(sorted(live))


def _of_crime(apart: Mapping[str, float], drawn: float) -> str:
    for service, share in apart.items():
        if drawn < share:
            return service
        drawn -= share
    return "crime"


def _held(count: int, forces: Mapping[str, Standing], rng: Random) -> Iterator[Slot]:
    """Reports for a force or a service that is not live; none where everything is."""
    waiting = [(slug, service) for slug, force in forces.items() for service in force.held]
    for nth in range(count if waiting else 0):
        force, service = rng.choice(waiting)
        yield Slot(force, service, FAULTS["not-live"], nth)


def _spoiled(planted: Planted, count: int, open_slots: list[str], forces: Mapping[str, Standing]) -> Iterator[Slot]:
    """Take slots of forces for which the fault makes sense out of the open ones."""
    for nth in range(count):
        at = next((at for at, slug in enumerate(open_slots) if _fits(planted, forces[slug])), None)
        if at is None:
            return
        force = forces[open_slots.pop(at)]
        wanted = [service for service in planted.services if service in force.live]
        yield Slot(force.slug, wanted[nth % len(wanted)], planted, nth)


def _fits(planted: Planted, force: Standing) -> bool:
    return not force.live.isdisjoint(planted.services) and (force.rest or planted.kind != "refused")


def _ordinary(open_slots: Sequence[str], forces: Mapping[str, Standing]) -> list[Slot]:
    """The first are of every service in turn, so that none is left out; the rest are what their incident says."""
    slots, missing = [], list(SERVICES)
    for slug in open_slots:
        service = next((service for service in missing if service in forces[slug].live), None)
        if service:
            missing.remove(service)
        slots.append(Slot(slug, service))
    return slots
