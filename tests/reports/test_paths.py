"""The paths of a report: each is there once, knows its kind, and leads to its values."""

from datetime import UTC, datetime

import pytest

from hub.reports.paths import Kind, Leaf, Part, every, every_leaf, find, one, report_paths
from tests.mapping.maps import a_report

REPORT = a_report(
    people=[
        {"id": "p1", "roles": ["reporter", "victim"], "previous_addresses": [{"town": "Barry"}, {}]},
        {"id": "p2", "roles": ["suspect"], "address": {"town": "Cardiff"}, "previous_addresses": [{"town": "Neath"}]},
    ],
    incident={"occurred_from": "2026-11-22T06:15:00+00:00", "hate_strands": ["race"]},
)


def test_every_field_of_the_model_is_a_path_once() -> None:
    paths = [leaf.path for leaf in every_leaf()]
    assert len(paths) == len(set(paths))
    expected = {"people.family_name", "people.address.street", "people.previous_addresses.uprn", "incident.occurred_from", "text"}
    assert expected <= set(paths)
    assert "people" not in paths


@pytest.mark.parametrize(
    ("path", "kind", "many"),
    [
        ("people.roles", Kind.CODE, True),
        ("people.date_of_birth", Kind.DATE, False),
        ("people.disability", Kind.BOOLEAN, False),
        ("incident.occurred_from", Kind.INSTANT, False),
        ("incident.hate_strands", Kind.CODE, True),
        ("attachments.size", Kind.INTEGER, False),
        ("locations.latitude", Kind.DECIMAL, False),
        ("property.value", Kind.DECIMAL, False),
        ("property.serial_number", Kind.TEXT, False),
    ],
)
def test_a_field_knows_its_kind(path: str, kind: Kind, many: bool) -> None:
    (leaf,) = [leaf for leaf in every_leaf() if leaf.path == path]
    assert (leaf.kind, leaf.many) == (kind, many)


def test_a_code_knows_every_code_that_it_may_be() -> None:
    (leaf,) = [leaf for leaf in every_leaf() if leaf.path == "incident.injury"]
    assert leaf.codes == ("none", "minor", "serious")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("reference", "CRN-2026-000123"),
        ("incident.occurred_from", datetime(2026, 11, 22, 6, 15, tzinfo=UTC)),
        ("incident.weapon", None),
        ("complaint.kind", None),
    ],
)
def test_a_way_without_lists_leads_to_one_value(path: str, value: object) -> None:
    way = find(report_paths(), path)
    assert way is not None
    assert not way.many
    assert one(way)(REPORT) == value


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("people.id", ["p1", "p2"]),
        ("people.roles", ["reporter", "victim", "suspect"]),
        ("people.address.town", ["Cardiff"]),
        ("people.previous_addresses.town", ["Barry", "Neath"]),
        ("incident.hate_strands", ["race"]),
        ("vehicles.vrm", []),
    ],
)
def test_a_way_through_lists_leads_to_every_value_that_is_there(path: str, values: list[str]) -> None:
    way = find(report_paths(), path)
    assert way is not None
    assert way.many
    assert every(way)(REPORT) == values


def test_a_way_begins_at_any_part() -> None:
    people = report_paths().below["people"]
    way = find(people, "address.town")
    assert way is not None
    assert isinstance(way.end, Leaf)
    assert way.end.path == "people.address.town"
    assert [one(way)(person) for person in REPORT.people] == [None, "Cardiff"]


@pytest.mark.parametrize("path", ["peple", "people.surname", "reference.x", "people.", ".people", "."])
def test_a_path_that_is_not_there_leads_nowhere(path: str) -> None:
    assert find(report_paths(), path) is None


def test_the_empty_path_stays_where_it_is() -> None:
    way = find(report_paths(), "")
    assert way is not None
    assert isinstance(way.end, Part)
    assert one(way)(REPORT) is REPORT
