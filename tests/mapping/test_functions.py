"""The named functions: what each gives, and that what it declares is what it reads."""

from datetime import date
from typing import Any

import pytest
from msgspec import convert

from hub.mapping.functions import FUNCTIONS, Function
from hub.reports.model import Address, Incident, Location, Person, Report
from hub.reports.paths import Leaf, Part, find, report_paths
from tests.mapping.maps import a_report


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_field_that_a_function_declares_is_there(function: Function) -> None:
    start = _part_of(function.of)
    for path in function.reads:
        way = find(start if path.startswith(".") else report_paths(), path.removeprefix("."))
        assert way is not None, path
        assert isinstance(way.end, Leaf), path


def _part_of(model: type) -> Part:
    stack: list[Part] = [report_paths()]
    while stack:
        part = stack.pop()
        if part.model is model:
            return part
        stack += [below for below in part.below.values() if isinstance(below, Part)]
    raise AssertionError(model)


def called(name: str, part: object, report: Report | None = None) -> Any:
    return FUNCTIONS[name].call(report or a_report(), part)


def test_a_full_name_has_what_is_known() -> None:
    person = Person(id="p1", roles=["victim"], title="Mrs", family_name="Example")
    assert called("full-name", person) == "Mrs Example"
    assert called("full-name", Person(id="p1", roles=["victim"])) is None


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (
            {"saon": "Flat 2", "paon": "12a", "street": "High Street", "locality": "Llandaf", "town": "Cardiff", "postcode": "CF5 2YZ"},
            "Flat 2, 12a High Street, Llandaf, Cardiff, CF5 2YZ",
        ),
        ({"paon": "Tŷ Gwyn", "street": "Heol Fawr"}, "Tŷ Gwyn, Heol Fawr"),
        ({"paon": "12"}, "12"),
        ({"uprn": "100"}, None),
    ],
)
def test_an_address_on_one_line(parts: dict[str, str], line: str | None) -> None:
    assert called("address-line", Address(**parts)) == line
    place = Location(id="l1", premises="Shop", address=Address(**parts))
    assert called("location-line", place) == (f"Shop, {line}" if line else "Shop")


def test_previous_addresses_stand_on_one_line() -> None:
    person = Person(id="p1", roles=["subject"], previous_addresses=[Address(town="Barry"), Address(), Address(town="Neath")])
    assert called("previous-addresses", person) == "Barry; Neath"


@pytest.mark.parametrize(
    ("start", "end", "exact", "kind"),
    [
        ("2026-11-21T18:00:00+00:00", None, True, "1"),
        ("2026-11-21T18:00:00+00:00", None, None, "1"),
        ("2026-11-21T18:00:00+00:00", "2026-11-21T19:00:00+00:00", False, "1"),
        ("2026-11-21T18:00:00+00:00", "2026-11-22T19:00:00+00:00", None, "4"),
        ("2026-06-30T22:30:00+00:00", "2026-06-30T23:30:00+00:00", None, "4"),  # two days in London
        ("2026-11-21T18:00:00+00:00", None, False, "5"),
        (None, "2026-11-21T19:00:00+00:00", None, "6"),
        (None, None, None, None),
    ],
)
def test_the_kind_of_an_offence_date(start: str | None, end: str | None, exact: bool | None, kind: str | None) -> None:
    incident = convert({"occurredFrom": start, "occurredTo": end, "exactTimeKnown": exact}, Incident)
    assert called("offence-date-kind", incident) == kind


def test_a_road_traffic_report_has_fourteen_days_and_others_have_no_deadline() -> None:
    incident = {"occurred_from": "2026-10-24T23:30:00+00:00"}  # the 25th in London
    report = a_report(service="road-traffic", category="RTI", incident=incident, road_traffic={"kind": "collision"})
    assert called("prosecution-deadline", report.incident, report) == date(2026, 11, 8)
    assert called("prosecution-deadline", report.incident, a_report(incident=incident)) is None


@pytest.mark.parametrize(
    ("low", "high", "text"), [(34, 34, "34"), (30, 40, "30 to 40"), (30, None, "30 or over"), (None, 40, "40 or under"), (None, None, None)]
)
def test_an_age_in_words(low: int | None, high: int | None, text: str | None) -> None:
    assert called("age-text", Person(id="p1", roles=["suspect"], age_from=low, age_to=high)) == text


def test_an_attachment_has_the_name_under_which_it_travels() -> None:
    files = [{"name": "../x y.JPG", "media_type": kind, "size": 1, "sha256": "0" * 64} for kind in ("image/jpeg", "application/x-made-up")]
    report = a_report(attachments=files)
    names = [called("attachment-name", one, report) for one in report.attachments]
    assert names == ["0f8fad5b-d9cb-469f-a165-70867728950e.1.jpg", "0f8fad5b-d9cb-469f-a165-70867728950e.2.bin"]
