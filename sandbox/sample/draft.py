"""One submission in the making: what it is about, and the parts that most services share."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from hub.clock import LONDON, day_of
from hub.reports.services import Service
from sandbox.sample.incidents import Incident
from sandbox.sample.people import People, Wire
from sandbox.sample.texts import story

PREMISES = frozenset({
    "Supermarket", "Parking Area", "Shopping Area", "Petrol Station", "Sports/Recreation Area", "Pedestrian Subway", "Nightclub",
    "Park/Open Space", "Hospital", "Further/Higher Educational Building", "Police Station", "Bus/Coach Station", "Theatre/Concert Hall",
    "Prison", "Conference/Exhibition Centre", "Airport/Airfield", "Motorway Service Area", "Race Track",
})  # fmt: skip
LONGEST_AGO = timedelta(days=9)


@dataclass(slots=True)
class Draft:
    """A submission to be. `digital` is its `digitalReport`, and grows."""

    rng: Random
    people: People
    incident: Incident
    service: Service
    language: str
    anonymous: bool
    submitted_at: datetime  # in Europe/London
    urgent: bool = False  # what the sample means: the hub decides for itself
    digital: Wire = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.urgent = self.service.urgent
        self.digital = {"anonymous": self.anonymous, "people": []}

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def reporter(self, *roles: str) -> None:
        """Who reports: by name and with ways to contact, or not at all."""
        if not self.anonymous:
            self._add(self.people.reporter(1, ["reporter", *roles], self.language))
        elif roles:
            self._add({"id": "P1", "roles": ["reporter", *roles], "language": self.language})

    def named(self, role: str, **also: object) -> Wire:
        """Somebody else, known by name."""
        ages = (1, 16) if role == "child-at-risk" else (18, 88)
        return self._add(self.people.person(self._next(), [role], self.language, ages=ages) | also)

    def seen(self, role: str) -> Wire:
        """Somebody else, only described."""
        return self._add(self.people.described(self._next(), [role]))

    def happened(self, theme: str, **also: object) -> None:
        """When and what. Mostly some hours before it is reported; some only know that it was between two times."""
        hours = min(self.rng.expovariate(1 / 20) + 0.3, LONGEST_AGO / timedelta(hours=1))
        self.happened_before(timedelta(hours=hours), theme, **also)

    def happened_before(self, ago: timedelta, theme: str, **also: object) -> None:
        began = (self.submitted_at - ago).replace(second=0, microsecond=0)
        incident: Wire = {"occurredFrom": written(began), "exactTimeKnown": self.chance(0.55)}
        if not incident["exactTimeKnown"]:
            incident["occurredTo"] = written(began + ago * self.rng.uniform(0.1, 0.8))
        self.digital["incident"] = incident | {"description": story(self.rng, self.language, theme)} | also

    def located(self, role: str = "incident") -> None:
        """The real row's place: a street, premises, or a railway station."""
        row = self.incident
        location: Wire = {"id": "L1", "role": role, "latitude": row.latitude, "longitude": row.longitude}
        if row.area_code:
            location["areaCode"] = row.area_code
        address = {"town": row.area[:30]} if row.area else {}
        if "(station" in row.place.lower():
            location["publicTransport"] = row.place
        elif row.place in PREMISES:
            location["premises"] = row.place
        else:
            address["street"] = row.place
        if address:
            location["address"] = address
        if row.made_up:
            location["description"] = "A made-up place."
        self.digital["locations"] = [location]

    def days_since(self, now: datetime) -> int:
        """Days in Europe/London from the incident to `now`."""
        return (day_of(now) - day_of(datetime.fromisoformat(self.digital["incident"]["occurredFrom"]))).days

    def _next(self) -> int:
        return len(self.digital["people"]) + 1

    def _add(self, person: Wire) -> Wire:
        self.digital["people"].append(person)
        return person


def written(instant: datetime) -> str:
    """As the platform writes it: local time with its offset, to the second."""
    return instant.astimezone(LONDON).isoformat(timespec="seconds")
