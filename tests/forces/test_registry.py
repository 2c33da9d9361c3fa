"""The registry: what profile, force and endpoints file say together, judged by the day that is given."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from hub.documents import InvalidDocument
from hub.forces.registry import Drops, Endpoint, Force, Registry
from hub.words import Environment, Purpose
from tests.forces.conftest import DATA
from tests.mapping.maps import a_report, outline, signals

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load(DATA / "mappings")


@pytest.fixture(scope="module")
def kent(registry: Registry) -> Force:
    return registry.forces["kent"]


def test_forces_are_found_by_slug_and_by_code(registry: Registry) -> None:
    assert (sorted(registry.forces), dict(registry.broken)) == (["essex", "kent"], {})
    assert registry.by_code("46") is registry.forces["kent"]
    assert registry.by_code("99") is None
    assert (registry.code_of("kent"), registry.code_of("unknown")) == ("46", None)


@pytest.mark.parametrize(
    ("force", "service", "day", "code"),
    [
        ("kent", "crime", date(2021, 3, 7), "force-not-live"),
        ("kent", "crime", date(2021, 3, 8), None),
        ("kent", "domestic-abuse", date(2021, 5, 23), "service-not-live"),
        ("kent", "domestic-abuse", date(2021, 5, 24), None),
        ("kent", "firearms-licensing", date(2026, 1, 1), "service-not-live"),
        ("essex", "sarahs-law", date(2021, 1, 1), None),
        ("essex", "crime", date(2021, 2, 22), "service-not-live"),
        ("essex", "fraud", date(2026, 1, 1), "service-not-live"),
        ("essex", "fraud", date(2020, 12, 31), "force-not-live"),
    ],
)
def test_a_service_is_live_from_its_own_day(registry: Registry, force: str, service: str, day: date, code: str | None) -> None:
    assert registry.forces[force].not_live(service, day) == code


def test_a_day_that_is_no_public_fact_is_marked(kent: Force) -> None:
    assert (kent.live_from("crime").assumed, kent.live_from("domestic-abuse").assumed) == (True, False)


@pytest.mark.parametrize(
    ("day", "primary", "routes"),
    [
        (date(2021, 3, 7), None, ["copy"]),
        (date(2021, 3, 8), "records-system", ["records-system", "copy"]),
        (date(2029, 12, 31), "records-system", ["records-system", "copy"]),
        (date(2030, 1, 1), "new-system", ["new-system", "copy"]),
    ],
)
def test_a_route_holds_from_its_first_day_and_no_longer_on_its_last(kent: Force, day: date, primary: str | None, routes: list[str]) -> None:
    found = kent.primary_on(day)
    assert (found.name if found else None) == primary
    assert [route.name for route in kent.routes_on(day)] == routes


def test_a_route_has_what_profile_and_force_say_together(kent: Force) -> None:
    route = kent.routes[0]
    assert (route.force, route.force_code, route.name, route.purpose) == ("kent", "46", "records-system", Purpose.PRIMARY)
    assert (route.profile, route.checks, route.folder.name) == ("tiny", "tiny", "tiny")
    assert route.endpoint == Endpoint("shared", Environment.LIVE)
    assert route.drops == Drops("*/15 * * * *", "Europe/London", at_most=250, urgent="at once", manifest=True, attachments="files")
    assert route.transport == {
        "name": "sftp",
        "directory": "/in",
        "acknowledgements": "/out",
        "host": "sftp.kent.example",
        "port": "22",
        "host_key": "ssh-ed25519 AAAA",
        "credentials": "env:KENT_SFTP",
    }


def test_another_transport_takes_nothing_from_the_profile(kent: Force) -> None:
    assert kent.routes[1].transport == {"name": "rest", "url": "https://kent.example/incidents"}


def test_a_format_with_fixed_columns_is_told_those_of_both_maps(kent: Force) -> None:
    assert kent.routes[0].format == {
        "name": "csv",
        "delimiter": ";",
        "tables": {"incidents": ("ID", "REFERENCE", "TEXT", "SOURCE", "KIND"), "persons": ("ID", "SURNAME", "GENDER")},
    }


PERSON = {"id": "p1", "roles": ["reporter"], "family_name": "Exampleton", "gender": "not-specified"}


def test_a_force_overrides_its_profile_key_by_key(kent: Force) -> None:
    record = kent.routes[0].mapping("crime").apply(a_report(people=[PERSON]), DAY)
    assert outline(record) == [
        ("incidents", [("ID", record.key), ("REFERENCE", "CRN-2026-000123"), ("TEXT", "OFFICIAL"), ("SOURCE", "SOH")]),
        ("persons", [("ID", record.key), ("SURNAME", "Examp"), ("GENDER", "U")]),
    ]
    assert signals(record) == [("truncated", "persons/SURNAME"), ("lossy-code", "persons/GENDER")]


def test_a_service_that_the_profile_does_not_model_goes_by_its_skeleton(kent: Force) -> None:
    record = kent.routes[0].mapping("fraud").apply(a_report(people=[PERSON]), DAY)
    assert [name for name, _ in outline(record)[0][1]] == ["ID", "REFERENCE", "TEXT", "KIND", "SOURCE"]


def test_forces_without_overrides_share_the_profiles_field_maps(registry: Registry) -> None:
    kent, essex = registry.forces["kent"], registry.forces["essex"]
    assert essex.routes[0].fields is kent.routes[1].fields
    assert essex.routes[0].fields is not kent.routes[0].fields


def endpoints(folder: Path, text: str) -> Registry:
    path = folder / "endpoints.yaml"
    path.write_text(text, encoding="utf-8")
    return Registry.load(DATA / "mappings", path)


def test_the_endpoints_file_puts_another_far_end_in_place_key_by_key(tmp_path: Path) -> None:
    text = "kent: {records-system: {endpoint: {environment: sandbox}, transport: {host: 127.0.0.1, port: 40022}}}\n"
    kent = endpoints(tmp_path, text).forces["kent"]
    assert kent.routes[0].endpoint == Endpoint("shared", Environment.SANDBOX)
    assert (kent.routes[0].transport["host"], kent.routes[0].transport["port"]) == ("127.0.0.1", "40022")
    assert kent.routes[0].transport["directory"] == "/in"
    assert kent.routes[2].transport["host"] == "copy.kent.example"


def test_an_endpoint_for_a_route_that_is_not_there_breaks_the_force(tmp_path: Path) -> None:
    registry = endpoints(tmp_path, "kent: {records: {transport: {host: 127.0.0.1}}}\n")
    (fault,) = registry.broken["kent"]
    assert str(fault) == "forces/kent.yaml:11:1: the endpoints file names a route 'records' that is not here"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kemt: {records-system: {transport: {host: 127.0.0.1}}}\n", "1:1: there is no force 'kemt'; did you mean 'kent'?"),
        ("kent: {records-system: {tranport: {}}}\n", "1:25: unknown key 'tranport'; did you mean 'transport'?"),
        ("", "1:1: the file should be a mapping of keys to values"),
    ],
)
def test_an_endpoints_file_that_is_wrong_stops_everything(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(InvalidDocument) as raised:
        endpoints(tmp_path, text)
    assert str(raised.value) == f"{tmp_path.name}/endpoints.yaml:{expected}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90m", timedelta(minutes=90)), ("36h", timedelta(hours=36)), ("2d", timedelta(days=2)), ("never", None)],
)
def test_a_force_acknowledges_within_the_time_that_its_file_gives(mappings: Path, text: str, expected: timedelta | None) -> None:
    kent = mappings / "forces" / "kent.yaml"
    kent.write_text(kent.read_text().replace("daily_minimum: 40", f"acknowledged_within: {text}"))
    forces = Registry.load(mappings).forces
    assert (forces["kent"].expect.acknowledged_within, forces["essex"].expect.acknowledged_within) == (expected, timedelta(days=1))
