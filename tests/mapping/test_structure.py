"""Choices, references, order and markup: what a records system's schema asks for beyond names and values."""

from pathlib import Path

import pytest

from hub.documents import Closed, InvalidDocument, read
from hub.mapping.declared import declare, override, paths_of, stray
from hub.mapping.record import Markup
from hub.mapping.rules import Fields, Overrides
from hub.mapping.run import Unmappable
from tests.mapping.maps import DAY, a_report, field_map, outline, signals

VICTIM = {"id": "p1", "roles": ["victim"], "family_name": "Example"}
SUSPECT = {"id": "p2", "roles": ["suspect"], "family_name": "Unknown", "address": {"town": "Barry"}}
CAR = {"id": "v1", "vrm": "AB12CDE", "driver_id": "p2"}


def test_two_targets_of_one_name_are_a_choice(tmp_path: Path) -> None:
    fields = """
Defendant: {each: people, where: {.roles: suspect}, fields: {Name: .family_name}}
Nobody: {name: Defendant, unless: {people.roles: suspect}, fields: {Name: {literal: UNKNOWN}}}
"""
    made = field_map(tmp_path, fields)
    assert outline(made.apply(a_report(people=[VICTIM, SUSPECT]), DAY)) == [("Defendant", [("Name", "Unknown")])]
    record = made.apply(a_report(people=[VICTIM]), DAY)
    assert outline(record) == [("Defendant", [("Name", "UNKNOWN")])]
    assert list(record.values("Nobody/Name")) == ["UNKNOWN"]


def test_unless_holds_back_only_where_all_of_it_holds(tmp_path: Path) -> None:
    made = field_map(tmp_path, "Ref: {from: reference, unless: {service: crime, language: cy}}")
    assert outline(made.apply(a_report(), DAY)) == [("Ref", "CRN-2026-000123")]
    assert outline(made.apply(a_report(language="cy"), DAY)) == []


def test_either_takes_the_first_that_is_there(tmp_path: Path) -> None:
    made = field_map(tmp_path, "When: {either: [incident.occurred_from, incident.occurred_to, submitted_at], format: date}")
    assert outline(made.apply(a_report(), DAY)) == [("When", "2026-11-22")]
    assert outline(made.apply(a_report(incident={"occurred_to": "2026-11-20T23:30:00Z"}), DAY)) == [("When", "2026-11-20")]
    assert made.targets[0].origins == ("incident.occurred_from", "incident.occurred_to", "submitted_at")


def test_either_of_fields_of_different_kinds_is_a_text(tmp_path: Path) -> None:
    made = field_map(tmp_path, "X: {either: [incident.threat, submitted_at, reference]}")
    assert outline(made.apply(a_report(incident={"threat": True}), DAY)) == [("X", "true")]
    assert outline(made.apply(a_report(), DAY)) == [("X", "2026-11-22T06:15:00+00:00")]


def test_a_value_may_come_of_an_item_or_a_part_without_a_group_around_it(tmp_path: Path) -> None:
    fields = """
Place: {each: locations, where: {.role: incident}, first: true, call: location-line, max: 9, default: NOT KNOWN}
Surname: {each: people, from: .family_name}
Kind: {with: incident, call: offence-date-kind, default: "6"}
Took: {with: incident, call: incident-duration}
"""
    made = field_map(tmp_path, fields)
    record = made.apply(a_report(), DAY)
    assert outline(record) == [("Place", "NOT KNOWN"), ("Kind", "6")]
    assert signals(record) == [("defaulted", "Place"), ("defaulted", "Kind")]
    report = a_report(
        people=[VICTIM, SUSPECT],
        locations=[{"id": "l1", "role": "other", "premises": "No"}, {"id": "l2", "premises": "The long platform"}],
        incident={"occurred_from": "2026-11-20T08:00:00Z", "occurred_to": "2026-11-21T10:30:00Z"},
    )
    record = made.apply(report, DAY)
    assert outline(record) == [("Place", "The long "), ("Surname", "Example"), ("Surname", "Unknown"), ("Kind", "4"), ("Took", "P1DT2H30M")]
    assert signals(record) == [("truncated", "Place")]


REFERENCES = """
Person: {each: people, where: {.family_name: present}, fields: {"@id": {id: person}, Surname: .family_name}}
Offence: {fields: {Suspect: {each: people, where: {.roles: suspect}, ref: person}}}
Car: {each: vehicles, fields: {"@driver": {ref: person, to: .driver_id}, Vrm: .vrm}}
"""


def test_elements_refer_to_each_other(tmp_path: Path) -> None:
    report = a_report(people=[VICTIM, SUSPECT], vehicles=[CAR, {"id": "v2"}])
    record = field_map(tmp_path, REFERENCES).apply(report, DAY)
    p1, p2 = (f"person-{report.submission_id}-{person}" for person in ("p1", "p2"))
    assert outline(record) == [
        ("Person", [("@id", p1), ("Surname", "Example")]),
        ("Person", [("@id", p2), ("Surname", "Unknown")]),
        ("Offence", [("Suspect", p2)]),
        ("Car", [("@driver", p2), ("Vrm", "AB12CDE")]),
        ("Car", []),
    ]


def test_a_reference_to_what_is_not_in_the_record_quarantines_the_report(tmp_path: Path) -> None:
    made = field_map(tmp_path, REFERENCES)
    with pytest.raises(Unmappable) as raised:
        made.apply(a_report(people=[VICTIM], vehicles=[CAR]), DAY)
    assert (raised.value.code, raised.value.path) == ("reference-dangling", "Car/@driver")


def test_a_field_knows_its_markup(tmp_path: Path) -> None:
    fields = """
Top:
  namespace: urn:outer
  fields:
    Plain: reference
    Other: {from: reference, namespace: "urn:other", cdata: true, empty: nil}
    Payload: {embed: base64, fields: {Inner: {fields: {Leaf: reference}}}}
"""
    made = field_map(tmp_path, fields)
    assert {target.path: target.markup for target in made.targets} == {
        "Top/Plain": Markup("urn:outer"),
        "Top/Other": Markup("urn:other", declared=True, cdata=True, nil=True),
        "Top/Payload/Inner/Leaf": Markup(""),
    }
    ((_, below),) = made.apply(a_report(), DAY).nodes
    assert isinstance(below, list)
    assert below[2][0].markup == Markup("urn:outer", embed="base64")


class _Override(Closed):
    overrides: Overrides


class _Profile(Closed):
    fields: Fields


def overridden(folder: Path, overrides: str) -> list[str]:
    (folder / "p.yaml").write_text("fields: {A: {fields: {B: reference, C: service, D: category}}}\n", encoding="utf-8")
    (folder / "f.yaml").write_text(f"overrides: {overrides}\n", encoding="utf-8")
    profile, force = read(folder / "p.yaml"), read(folder / "f.yaml")
    targets = declare(profile.check(_Profile).fields, profile, ("fields",))
    changes = force.check(_Override).overrides
    if faults := list(stray(changes, set(paths_of(targets)), force, ("overrides",))):
        raise InvalidDocument(faults)
    return list(paths_of(override(targets, changes, force, ("overrides",))))


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ("{A/X: {literal: x}}", ["A", "A/B", "A/C", "A/D", "A/X"]),
        ("{A/X: {literal: x, after: B}}", ["A", "A/B", "A/X", "A/C", "A/D"]),
        ("{A/X: {literal: x, before: B}}", ["A", "A/X", "A/B", "A/C", "A/D"]),
        ("{A/D: {before: C}}", ["A", "A/B", "A/D", "A/C"]),
    ],
)
def test_an_override_stands_where_it_says(tmp_path: Path, overrides: str, expected: list[str]) -> None:
    assert overridden(tmp_path, overrides) == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ("{A/X: {literal: x, after: Bx}}", "1:38: A/X: no target beside it is called 'Bx'; did you mean 'B'?"),
        ("{A/X: {literal: x, after: B, before: C}}", "1:49: A/X: `after` and `before` both say where it goes: give one"),
    ],
)
def test_an_override_beside_nothing_is_a_mistake(tmp_path: Path, overrides: str, expected: str) -> None:
    with pytest.raises(InvalidDocument) as raised:
        overridden(tmp_path, overrides)
    assert str(raised.value).endswith(f"f.yaml:{expected}")
