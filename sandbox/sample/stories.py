"""What a report of each service holds: a function for each, which fills a draft."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.sample.draft import Draft
from sandbox.sample.people import Wire
from sandbox.sample.texts import story
from sandbox.sample.vehicles import vehicle

OFFENCES = {  # kind of crime in the row: offences that a form would suggest, as often as they stand here
    "Bicycle theft": ("cycle-theft",),
    "Burglary": ("burglary-residential", "burglary-residential", "burglary-other"),
    "Criminal damage and arson": ("criminal-damage",) * 11 + ("arson",),
    "Drugs": ("drugs",),
    "Other crime": ("other",),
    "Other theft": ("theft-other",),
    "Possession of weapons": ("weapons",),
    "Public order": ("public-order",),
    "Robbery": ("robbery",),
    "Shoplifting": ("shoplifting",),
    "Theft from the person": ("theft-from-person",),
    "Vehicle crime": ("theft-from-vehicle", "theft-from-vehicle", "theft-of-vehicle"),
    "Violence and sexual offences": ("assault-with-injury", "assault-without-injury", "assault-without-injury", "harassment"),
    "Anti-social behaviour": ("other",),
}
THEMES = {
    "burglary-residential": "burglary", "burglary-other": "burglary", "cycle-theft": "theft", "theft-other": "theft",
    "theft-from-person": "theft", "shoplifting": "theft", "theft-from-vehicle": "vehicle", "theft-of-vehicle": "vehicle",
    "criminal-damage": "damage", "arson": "damage", "robbery": "violence", "assault-with-injury": "violence",
    "assault-without-injury": "violence", "harassment": "violence", "weapons": "violence", "public-order": "nuisance",
}  # fmt: skip
THINGS = (
    ("Laptop", "Lenovo", "ThinkPad"), ("Mobile phone", "Samsung", "Galaxy A54"), ("Bicycle", "Trek", "FX 2"), ("Handbag", None, None),
    ("Wallet with cards", None, None), ("Gold ring, engraved", None, None), ("Power drill", "Makita", None), ("Jewellery box", None, None),
)  # fmt: skip
NOTICE_DAYS = 14
NEAR_DAYS = 4


def crime(d: Draft) -> None:
    offence = d.rng.choice(OFFENCES[d.incident.crime_type])
    theme = THEMES.get(offence, "other")
    _involved(d)
    if d.chance(0.45):
        d.seen("suspect")
    if d.chance(0.12):
        d.named("witness")
    facts: Wire = {"offence": offence, "cctv": d.chance(0.3), "witnesses": d.chance(0.25)}
    if theme == "violence":
        facts |= {"threat": d.chance(0.5), "injury": "minor" if offence == "assault-with-injury" else "none"}
    if offence in ("robbery", "weapons"):
        facts["weapon"] = d.rng.choice(("Kitchen knife", "Baseball bat", 'Something in his pocket, "a blade"'))
    d.happened(theme, **facts)
    d.located()
    if theme == "vehicle":
        d.digital["vehicles"] = [vehicle(d.rng, "stolen" if offence == "theft-of-vehicle" else "damaged")]
    if theme in ("burglary", "theft") or offence in ("robbery", "theft-from-vehicle"):
        d.digital["property"] = _things(d, "stolen")
    elif theme == "damage" and d.chance(0.3):
        d.digital["property"] = [
            {"id": "I1", "status": "damaged", "description": "Front window", "value": f"{d.rng.randrange(80, 900)}.00"}
        ]
    _safeguarded(d, danger=0.012)


def anti_social_behaviour(d: Draft) -> None:
    d.digital["antiSocial"] = {"kind": d.rng.choice(("personal", "nuisance", "nuisance", "environmental")), "ongoing": d.chance(0.4)}
    d.reporter()
    if d.chance(0.3):
        d.seen("suspect")
    d.happened("nuisance", cctv=d.chance(0.1), witnesses=d.chance(0.3))
    d.located()
    _safeguarded(d, danger=0.006)


def road_traffic(d: Draft, now: datetime) -> None:
    kind = d.rng.choice(("collision", "dangerous-driving", "careless-driving", "careless-driving", "mobile-phone", "red-light", "other"))
    d.digital["roadTraffic"] = {"kind": kind, "injuries": kind == "collision" and d.chance(0.2), "footage": d.chance(0.5)}
    d.reporter(d.rng.choice(("driver", "witness")))
    driver = d.seen("driver")
    d.happened_before(timedelta(days=d.rng.uniform(9, 12.5)) if d.chance(0.12) else timedelta(hours=d.rng.uniform(0.3, 150)), "traffic")
    d.located()
    d.digital["vehicles"] = [vehicle(d.rng, "suspect") | {"driverId": driver["id"]}]
    if kind == "collision":
        d.digital["vehicles"].append(vehicle(d.rng, "involved", number=2))
    d.urgent = 0 <= NOTICE_DAYS - d.days_since(now) <= NEAR_DAYS


def domestic_abuse(d: Draft) -> None:
    d.digital["abuse"] = {"livingTogether": d.chance(0.4), "pattern": d.chance(0.7), "childrenInHousehold": d.rng.randrange(4)}
    d.digital["involvement"] = "victim"
    d.reporter("victim")
    if not d.anonymous:
        safe = {
            "safeToContact": d.chance(0.7),
            "safeContact": d.rng.choice(("Text only, weekdays 9 to 3.", "Do NOT ring the landline.", "E-mail is safe.")),
        }
        d.digital["people"][0] |= safe
    suspect = d.named("suspect", relationship=d.rng.choice(("Husband", "Wife", "Ex-partner", "Partner", "Son")))
    suspect["address"] = d.people.address(d.language)
    d.happened("abuse", offence=d.rng.choice(("assault-without-injury", "harassment", "assault-with-injury")), threat=d.chance(0.6))
    d.located()
    _safeguarded(d, danger=0.06, always=True)


def hate_crime(d: Draft) -> None:
    d.digital["involvement"] = "victim"
    d.reporter("victim")
    d.seen("suspect")
    strand = d.rng.choice(("race", "race", "race", "religion", "sexual-orientation", "disability", "transgender"))
    d.happened("hate", offence="public-order", hateStrands=[strand, "religion"] if strand == "race" and d.chance(0.2) else [strand])
    d.located()
    _safeguarded(d, danger=0.02)


def sexual_offences(d: Draft) -> None:
    d.digital["sexualOffence"] = {"supportWanted": d.chance(0.7), "withinSevenDays": d.chance(0.3)}
    d.digital["involvement"] = "victim"
    d.reporter("victim")
    d.seen("suspect")
    d.happened("sexual", offence="sexual-offence")
    d.located()
    _safeguarded(d, danger=0.03)


def corruption(d: Draft) -> None:
    kind = d.rng.choice(("bribery", "abuse-of-position", "fraud", "other"))
    d.digital["corruption"] = {"organisation": d.rng.choice(("Harbour & Sons Ltd", "A district council", "A police station")), "kind": kind}
    d.reporter()
    d.named("suspect")
    d.happened("corruption", offence="corruption")


def sarahs_law(d: Draft) -> None:
    _disclosure(d, "sarah")
    d.named("child-at-risk", relationship=d.rng.choice(("My child", "My grandchild", "A neighbour's child")))
    d.digital["disclosure"]["childrenAtRisk"] = 1


def clares_law(d: Draft) -> None:
    _disclosure(d, "clare")


def lost_property(d: Draft) -> None:
    d.reporter("owner")
    d.happened("lost")
    d.located("lost-at")
    d.digital["property"] = _things(d, d.rng.choice(("lost", "lost", "found")))


def missing_person(d: Draft) -> None:
    d.reporter()
    d.named("missing", relationship=d.rng.choice(("My father", "My flatmate", "My sister")), description="Brown eyes, walks with a stick.")
    risk = d.rng.choices(("low", "medium", "high"), (50, 35, 15))[0]
    d.happened("missing")
    last_seen = d.digital["incident"].pop("occurredFrom")
    d.digital["incident"] = {"description": d.digital["incident"]["description"]}
    d.digital["missing"] = {"lastSeenAt": last_seen, "clothing": "Green anorak, jeans, white trainers.", "risk": risk}
    if d.chance(0.4):
        d.digital["missing"]["medicalNeeds"] = "Insulin, twice a day."
    d.located("last-seen")
    d.urgent = risk == "high"


def complaint(d: Draft) -> None:
    d.digital["complaint"] = {
        "kind": d.rng.choice(("service", "service", "conduct", "other")),
        "outcomeWanted": "An apology, and an answer.",
    }
    d.reporter()
    d.happened("complaint")
    if d.chance(0.4):
        d.digital["complaint"]["collarNumber"] = f"{d.rng.randrange(10000):05d}"  # its leading zeros count
        d.named("officer")
    if d.chance(0.3):
        d.digital |= {"reportedBefore": True, "previousReference": f"{d.rng.randrange(10**6):06d}/26"}


def skeleton(d: Draft) -> None:
    """A service that is not modelled: who, and whatever the text says."""
    d.reporter()


def _involved(d: Draft) -> None:
    involvement = d.rng.choices(("victim", "witness", "third-party"), (70, 18, 12))[0]
    d.digital["involvement"] = involvement
    d.reporter(*([] if involvement == "third-party" else [involvement]))
    if involvement == "third-party":
        d.named("victim", relationship="Neighbour")


def _disclosure(d: Draft, scheme: str) -> None:
    reason = story(d.rng, d.language, "disclosure")
    d.digital["disclosure"] = {"scheme": scheme, "reason": reason, "relationToSubject": d.rng.choice(("Ex-partner", "Neighbour", "Mother"))}
    d.reporter()
    subject = d.named("subject", address=d.people.address())
    if d.chance(0.6):
        subject["previousAddresses"] = [d.people.address() for _ in range(d.rng.randrange(1, 4))]
    if scheme == "clare":
        d.digital["disclosure"]["childrenAtRisk"] = d.rng.randrange(3)


def _things(d: Draft, status: str) -> list[Wire]:
    things = []
    for number, (what, make, model) in enumerate(d.rng.sample(THINGS, d.rng.choice((1, 1, 2, 3))), start=1):
        thing: Wire = {
            "id": f"I{number}",
            "status": status,
            "description": what,
            "value": f"{d.rng.randrange(10, 1500)}.{d.rng.randrange(100):02d}",
        }
        thing |= {name: text for name, text in (("make", make), ("model", model)) if text}
        if make:
            thing["serialNumber"] = f"00{d.rng.randrange(10**13):013d}"  # as an IMEI: its leading zeros count
        things.append(thing)
    return things


def _safeguarded(d: Draft, *, danger: float, always: bool = False) -> None:
    in_danger = d.chance(danger)
    if in_danger or always or d.chance(0.15):
        asked = {name: d.chance(0.3) for name in ("childrenPresent", "vulnerable", "repeatVictim")}
        d.digital["safeguarding"] = {"immediateDanger": in_danger, **asked}
    d.urgent = d.urgent or in_danger


STORIES: dict[str, Callable[[Draft], None]] = {
    "crime": crime,
    "anti-social-behaviour": anti_social_behaviour,
    "domestic-abuse": domestic_abuse,
    "hate-crime": hate_crime,
    "sexual-offences": sexual_offences,
    "corruption": corruption,
    "sarahs-law": sarahs_law,
    "clares-law": clares_law,
    "lost-property": lost_property,
    "missing-person": missing_person,
    "complaint": complaint,
    "fraud": skeleton,
    "firearms-licensing": skeleton,
    "stop-and-search": skeleton,
    "tell-us-about": skeleton,
}


def tell(d: Draft, now: datetime) -> None:
    """Fill the draft with a report of its service, as it would be sent at `now`."""
    if d.service.slug == "road-traffic":
        road_traffic(d, now)  # the only one whose lane hangs on the day
    else:
        STORIES[d.service.slug](d)
