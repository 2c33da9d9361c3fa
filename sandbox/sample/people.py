"""Made-up people: names and streets from Faker (Welsh ones from our own lists), numbers and addresses that reach nobody.

Pools are drawn once, so that a person costs microseconds. Telephone numbers are of the ranges that Ofcom keeps for drama
(07700 900000 to 900999, 020 7946 0000 to 0999), e-mail addresses of the domains of RFC 2606.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any
from unicodedata import normalize

from faker import Faker

from sandbox.sample import welsh

Wire = dict[str, Any]  # a part of a submission, by the names on the wire

ETHNICITIES = ("W1",) * 15 + ("W2", "W9", "M1", "M2", "A1", "A2", "A3", "A9", "B1", "B2", "O2", "O9", "NS")
DESCRIPTIONS = (
    "About six feet tall, slim, short dark hair, black puffer jacket, grey tracksuit bottoms.",
    'Hood up, face covered; the others called him "Jay".',
    "Woman in her forties, red coat, carrying a large shopping bag.",
    "Stocky, shaved head, tattoo of a swallow on the left hand.",
    "Teenager on a black electric bike; no lights & no helmet.",
    "Tall, ginger beard,\nblue overalls with paint on them.",
)


@dataclass(frozen=True, slots=True)
class Names:
    """What names and addresses are put together from, in one language."""

    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    streets: tuple[str, ...]
    towns: tuple[str, ...]


class People:
    """Draws people. The same seed draws the same ones."""

    def __init__(self, rng: Random, fake: Faker, born_before: date) -> None:
        self._rng = rng
        self._born_before = born_before
        self._postcodes = tuple(fake.postcode() for _ in range(1500))
        self._names = {"en": _english(fake), "cy": welsh_names()}

    def person(self, number: int, roles: list[str], language: str = "en", *, ages: tuple[int, int] = (18, 88)) -> Wire:
        """Somebody known by name, without ways to contact."""
        rng, names = self._rng, self._names[language]
        woman = rng.random() < 0.5
        person: Wire = {
            "id": f"P{number}",
            "roles": roles,
            "title": rng.choice(("Ms", "Mrs", "Miss", "Dr") if woman else ("Mr", "Mr", "Mr", "Dr")),
            "givenNames": rng.choice(names.women if woman else names.men),
            "familyName": rng.choice(names.families),
            "dateOfBirth": self.birthday(*ages),
            "gender": "female" if woman else "male",
        }
        if ages[1] < 18:
            del person["title"]
        return person

    def reporter(self, number: int, roles: list[str], language: str) -> Wire:
        """Somebody who can be contacted, and has said something of themselves."""
        rng = self._rng
        person = self.person(number, roles, language)
        preference = rng.choice(("phone", "email", "email", "post"))
        person |= {"email": self._email(person), "contactPreference": preference, "language": language, "address": self.address(language)}
        if preference == "phone" or rng.random() < 0.8:
            person["phone"] = self.phone()
        if rng.random() < 0.7:
            person["ethnicity"] = rng.choice(ETHNICITIES)
        if rng.random() < 0.6:
            person["disability"] = rng.random() < 0.18
            if person["disability"] and rng.random() < 0.4:
                person["communicationNeeds"] = rng.choice(
                    ("Large print, please.", "Deaf: text relay or BSL interpreter.", "Please allow more time.")
                )
        return person

    def described(self, number: int, roles: list[str]) -> Wire:
        """Somebody only seen."""
        rng = self._rng
        age = rng.randrange(14, 60)
        person: Wire = {"id": f"P{number}", "roles": roles, "ageFrom": age, "ageTo": age + rng.randrange(2, 12)}
        if rng.random() < 0.8:
            person["gender"] = rng.choice(("male", "male", "female", "not-known"))
        return person | {"description": rng.choice(DESCRIPTIONS)}

    def address(self, language: str = "en") -> Wire:
        rng, names = self._rng, self._names[language]
        address: Wire = {"paon": str(rng.randrange(1, 180)), "street": rng.choice(names.streets), "town": rng.choice(names.towns)}
        if rng.random() < 0.2:
            address["saon"] = f"Flat {rng.randrange(1, 30)}"
        if rng.random() < 0.1:
            address["uprn"] = f"{rng.randrange(10**10):012d}"  # its leading zeros count
        return address | {"postcode": rng.choice(self._postcodes)}

    def phone(self) -> str:
        number = self._rng.randrange(1000)
        return f"+447700900{number:03d}" if number % 5 else f"+442079460{number:03d}"

    def birthday(self, youngest: int, oldest: int) -> str:
        return (self._born_before - timedelta(days=self._rng.randrange(youngest * 366, oldest * 365 + 1))).isoformat()

    def _email(self, person: Wire) -> str:
        name = _in_ascii(f"{person['givenNames']}.{person['familyName']}")
        return f"{name}{self._rng.randrange(100)}@example.{self._rng.choice(('com', 'org', 'net'))}"


@cache
def _in_ascii(name: str) -> str:
    """Small letters without their accents, as in an address."""
    return normalize("NFKD", name).encode("ascii", "ignore").decode().translate({32: "-", 39: None}).lower()


def welsh_names() -> Names:
    """Faker has no Welsh: these are ours."""
    return Names(welsh.WOMEN, welsh.MEN, welsh.FAMILIES, welsh.STREETS, welsh.TOWNS)


def _english(fake: Faker) -> Names:
    return Names(
        tuple(fake.first_name_female() for _ in range(400)),
        tuple(fake.first_name_male() for _ in range(400)),
        (*(fake.last_name() for _ in range(600)), "O'Brien", "Smith-Jones", "D'Souza", "Núñez", "Müller", "Ní Bhriain"),
        tuple(fake.street_name() for _ in range(800)),
        tuple(fake.city()[:30] for _ in range(400)),
    )
