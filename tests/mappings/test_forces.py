"""The forty-four forces: who they are, from when they take what, and that no date passes for more than it is."""

import csv
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from adapters.registry import make_transport
from hub.forces.registry import Registry
from hub.reports.services import SERVICES
from hub.words import Purpose
from tests.mappings.conftest import MAPPINGS

FORCES_CSV = Path(__file__).parents[3] / "shared" / "data" / "forces.csv"
LIVE_ON_8_MARCH_2021 = {
    "btp",
    "cheshire",
    "city-of-london",
    "cleveland",
    "derbyshire",
    "dyfed-powys",
    "essex",
    "gloucestershire",
    "greater-manchester",
    "gwent",
    "hampshire",
    "kent",
    "leicestershire",
    "lincolnshire",
    "merseyside",
    "metropolitan",
    "north-wales",
    "north-yorkshire",
    "northamptonshire",
    "south-wales",
    "staffordshire",
    "surrey",
    "sussex",
    "thames-valley",
    "warwickshire",
    "west-mercia",
    "west-midlands",
    "wiltshire",
}
# Six forces piloted Sarah's Law from 23 February 2021: public. Which six is not: these are assumed.
SARAHS_LAW_PILOTS = {"hampshire", "kent", "leicestershire", "north-yorkshire", "south-wales", "staffordshire"}
NEVER = {
    "btp": {"firearms-licensing", "sarahs-law", "clares-law"},
    "city-of-london": {"lost-property"},
    "essex": {"tell-us-about"},
    "lancashire": {"lost-property"},
    "merseyside": {"stop-and-search"},
    "west-midlands": {"fraud"},
}


def taking(registry: Registry, service: str, day: date) -> set[str]:
    """The forces that take a service on a day."""
    return {slug for slug, force in registry.forces.items() if force.not_live(service, day) is None}


def test_all_forty_four_forces_load(registry: Registry) -> None:
    assert dict(registry.broken) == {}
    assert len(registry.forces) == 44
    assert len({force.pnc_code for force in registry.forces.values()}) == 44


def test_on_8_march_2021_exactly_the_forces_known_to_be_live_are_live(registry: Registry) -> None:
    assert taking(registry, "crime", date(2021, 3, 8)) == LIVE_ON_8_MARCH_2021
    others = [force for slug, force in registry.forces.items() if slug not in LIVE_ON_8_MARCH_2021]
    held = {force.not_live(service, date(2021, 3, 8)) for force in others for service in SERVICES}
    assert held == {"force-not-live"}


def test_sarahs_law_is_live_for_its_six_pilot_forces_alone_from_23_february_2021(registry: Registry) -> None:
    assert taking(registry, "sarahs-law", date(2021, 2, 22)) == set()
    assert taking(registry, "sarahs-law", date(2021, 2, 23)) == SARAHS_LAW_PILOTS
    assert taking(registry, "sarahs-law", date(2021, 3, 8)) == SARAHS_LAW_PILOTS


def test_domestic_abuse_goes_national_in_may_2021(registry: Registry) -> None:
    assert taking(registry, "domestic-abuse", date(2021, 5, 1)) == set()
    assert taking(registry, "domestic-abuse", date(2021, 5, 31)) >= LIVE_ON_8_MARCH_2021


def test_forces_joined_until_forty_of_forty_three_were_live_in_october_2024(registry: Registry) -> None:
    assert len(taking(registry, "crime", date(2024, 10, 31)) - {"btp"}) == 40


def test_by_2026_every_force_takes_every_service_that_it_ever_takes(registry: Registry) -> None:
    for slug, force in registry.forces.items():
        missing = {service for service in SERVICES if force.not_live(service, date(2026, 1, 1)) is not None}
        assert missing == NEVER.get(slug, set()), slug
        assert {force.not_live(service, date(2026, 1, 1)) for service in missing} <= {"service-not-live"}


def test_every_force_has_a_primary_route_from_its_first_live_day_on(registry: Registry) -> None:
    for slug, force in registry.forces.items():
        days = (date(2021, 1, 1) + timedelta(days=n) for n in range(365 * 6))
        first = next(day for day in days if any(force.not_live(service, day) is None for service in SERVICES))
        assert force.primary_on(first) is not None, slug
        assert force.primary_on(date(2026, 11, 22)) is not None, slug


@pytest.mark.parametrize("path", sorted((MAPPINGS / "forces").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_date_of_a_service_says_that_it_is_assumed(path: Path) -> None:
    services = path.read_text(encoding="utf-8").partition("\nservices:\n")[2].partition("\nroutes:\n")[0]
    values = [line.partition(":")[2].partition("  # ")[0].strip() for line in services.splitlines()]
    assert values
    assert all(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} assumed|never", value) for value in values), values


@pytest.mark.parametrize("path", sorted((MAPPINGS / "forces").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_force_is_a_short_file_without_a_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 27
    assert re.search(r"(credentials|api_key): env:[A-Z_]+$", text, re.MULTILINE)
    assert all(host.endswith(".example") for host in re.findall(r"(?:host: |https://)([a-z.-]+)", text))


@pytest.mark.shared
@pytest.mark.skipif(not FORCES_CSV.is_file(), reason=f"{FORCES_CSV.name} is not there")
def test_the_forces_are_those_of_the_shared_table(registry: Registry) -> None:
    with FORCES_CSV.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    for row in rows:
        force = registry.forces[row["force"]]
        route = force.primary_on(date(2026, 11, 22))
        assert route is not None
        assert (force.name, force.nation, force.ons_code or "", force.pnc_code, route.profile, route.endpoint.instance) == (
            row["name"],
            row["nation"],
            row["ons_code"],
            row["pnc_code"],
            row["records_system_style"],
            row["records_system_instance"],
        )
        assert f"evidence: {row['records_system_evidence']}}}" in (MAPPINGS / "forces" / f"{row['force']}.yaml").read_text(encoding="utf-8")
    live = {row["force"] for row in rows if row["live_2021_03_08"] == "yes"}
    assert (len(rows), live) == (len(registry.forces), LIVE_ON_8_MARCH_2021)


def test_every_routes_transport_has_settings_that_its_adapter_takes(registry: Registry) -> None:
    for force in registry.forces.values():
        for route in force.routes:
            make_transport(str(route.transport["name"]), route.transport).close()
            assert route.drops.at_most <= (500 if route.transport["name"] == "sftp" else 200)


def test_forces_that_share_an_instance_share_no_endpoint_address(registry: Registry) -> None:
    routes = [route for force in registry.forces.values() for route in force.routes]
    addresses = [route.transport.get("host") or route.transport.get("url") for route in routes]
    assert len(set(addresses)) == len(routes)
    assert sum(route.purpose is Purpose.PRIMARY for route in routes) == 44
    shared = Counter(route.endpoint.instance for route in routes)
    assert {name: count for name, count in shared.items() if count > 1} == {
        "athena": 9,
        "cheshire-merseyside-north-wales": 3,
        "east-midlands": 5,
        "south-wales-gwent": 2,
        "surrey-sussex": 2,
    }
