"""A day with planted trouble: 44 forces, of which one is down, one silent, one rejects, and one has forty reports in quarantine."""

from dataclasses import replace
from datetime import date, timedelta

from hub.clock import Clock
from hub.contracts import Unavailable
from hub.forces.files import GoLive
from hub.forces.force import Endpoint, Expected, Force
from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.arrivals import record
from hub.pages.facts import Gathered, gather
from hub.pages.period import Period
from hub.pages.tiles import PLACES
from hub.steps.alarms import look
from hub.steps.retry import Retry
from hub.words import Environment, State
from tests.ledger.making import an_arrival, said
from tests.steps.house import AT, ESSEX, KENT, House, sent

DAY = date(2026, 11, 22)
MORNING = Clock.at(AT + timedelta(hours=26))  # 08:00 of the next day
DOWN, SILENT, REJECTING, QUARANTINED = "kent", "gwent", "essex", "dorset"
LIVE = {"default": GoLive(date(2021, 3, 8))}


def registry(forces: Registry) -> Registry:
    """Kent and Essex of the small forces, each with a far end of its own; the others without routes. Gwent expects ten reports."""
    plain = {slug: Force(slug, slug.replace("-", " ").title(), "England", "", "", LIVE, (), Expected()) for slug in PLACES}
    for slug, force in forces.forces.items():
        own = Endpoint(f"{slug}-own", Environment.LIVE)
        plain[slug] = replace(force, routes=tuple(replace(route, endpoint=own) for route in force.routes), expect=Expected())
    plain[SILENT] = replace(plain[SILENT], expect=Expected(daily_minimum=10))
    return Registry(plain, {}, {})


def plant(house: House) -> None:
    """The day, through the hub's own steps, as far as to the alarms of the next morning."""
    house.registry = registry(house.registry)
    record(house.ledger, [an_arrival(800, force="surrey", state=State.DUPLICATE)], AT - timedelta(days=2))
    house.pick_up(*(sent(number, ESSEX) for number in range(20)), *(sent(number, KENT) for number in range(50, 53)))
    house.prepare()
    house.far_ends[DOWN].faults = [Unavailable("connection-refused")] * 9
    house.deliver(DOWN, Retry(attempts=1, first=0.0, longest=0.0, jitter=0.0))
    house.deliver(REJECTING)
    house.far_ends[REJECTING].says = [said(number, accepted=number != 7) for number in range(20)]
    house.confirm(REJECTING)
    record(house.ledger, [an_arrival(n, force=QUARANTINED, state=State.QUARANTINED, code="not-json") for n in range(100, 140)], AT)
    record(house.ledger, [an_arrival(n, force="cumbria", service="road-traffic") for n in range(200, 207)], AT)
    look(house.ledger, house.registry, MORNING, account(house.ledger))


def planted(house: House) -> Gathered:
    """What the page of that day is made of."""
    plant(house)
    return gather(house.ledger, house.registry, Period.day(DAY), MORNING)
