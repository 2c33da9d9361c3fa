"""What each word of a field map does to a report."""

from pathlib import Path
from typing import Any

import pytest

from hub.mapping.record import Shape
from hub.mapping.run import Unmappable
from tests.mapping.maps import DAY, a_report, field_map, outline, signals

ADDRESS = {"saon": "Flat 2", "paon": "12", "street": "High Street", "locality": "Llandaf", "town": "Cardiff", "postcode": "CF5 2YZ"}
MRS = {"id": "p1", "roles": ["reporter", "victim"], "title": "Mrs", "given_names": "Siân", "family_name": "Example"}
HIM = {"id": "p2", "roles": ["suspect"], "age_from": 30, "age_to": 40, "previous_addresses": [ADDRESS, {"town": "Barry"}]}


def mapped(folder: Path, fields: str, codes: dict[str, str] | None = None, /, **report: object) -> list[tuple[str, Any]]:
    return outline(field_map(folder, fields, codes).apply(a_report(**report), DAY))


def test_a_rule_may_be_short(tmp_path: Path) -> None:
    assert mapped(tmp_path, "Ref: reference") == [("Ref", "CRN-2026-000123")]


def test_what_is_absent_is_left_out_and_so_is_a_group_with_nothing_in_it(tmp_path: Path) -> None:
    fields = """
Weapon: incident.weapon
Threat: {from: incident.threat, format: boolean}
Group: {fields: {Inner: {fields: {Colour: incident.weapon}}}}
Ref: reference
"""
    assert mapped(tmp_path, fields) == [("Ref", "CRN-2026-000123")]


def test_empty_writes_what_is_absent_as_nothing(tmp_path: Path) -> None:
    fields = "Weapon: {from: incident.weapon, empty: true}\nGroup: {empty: true, fields: {Weapon: incident.weapon}}"
    assert mapped(tmp_path, fields) == [("Weapon", None), ("Group", [])]


def test_a_default_takes_the_place_of_what_is_absent_and_is_signalled(tmp_path: Path) -> None:
    fields = "Form: {from: form_version, default: unknown}\nLang: {from: language, default: en}"
    record = field_map(tmp_path, fields).apply(a_report(), DAY)
    assert outline(record) == [("Form", "unknown"), ("Lang", "en")]
    assert signals(record) == [("defaulted", "Form")]


def test_a_default_has_the_type_of_its_format(tmp_path: Path) -> None:
    assert mapped(tmp_path, "N: {from: abuse.children_in_household, format: integer, default: 0}") == [("N", 0)]


@pytest.mark.parametrize(
    "fields", ["Weapon: {from: incident.weapon, required: true}", "People: {each: people, required: true, fields: {Id: .id}}"]
)
def test_what_is_required_and_absent_makes_the_report_unmappable(tmp_path: Path, fields: str) -> None:
    with pytest.raises(Unmappable) as raised:
        mapped(tmp_path, fields)
    assert (raised.value.code, raised.value.path) == ("required-missing", fields.partition(":")[0])


def test_an_each_makes_one_group_for_every_item(tmp_path: Path) -> None:
    fields = "Person: {each: people, fields: {'@id': .id, Ref: reference, Surname: .family_name}}"
    assert mapped(tmp_path, fields, people=[MRS, HIM]) == [
        ("Person", [("@id", "p1"), ("Ref", "CRN-2026-000123"), ("Surname", "Example")]),
        ("Person", [("@id", "p2"), ("Ref", "CRN-2026-000123")]),
    ]


def test_an_each_stands_inside_an_each(tmp_path: Path) -> None:
    fields = "Person: {each: people, fields: {Id: .id, Old: {each: .previous_addresses, fields: {Town: .town, Street: .street}}}}"
    assert mapped(tmp_path, fields, people=[MRS, HIM]) == [
        ("Person", [("Id", "p1")]),
        ("Person", [("Id", "p2"), ("Old", [("Town", "Cardiff"), ("Street", "High Street")]), ("Old", [("Town", "Barry")])]),
    ]


def test_an_each_over_a_list_of_values_makes_one_value_for_each(tmp_path: Path) -> None:
    fields = "Strand: {each: incident.hate_strands, lookup: strand}\nRole: {each: people, where: {.id: p1}, fields: {Of: {each: .roles}}}"
    found = mapped(
        tmp_path, fields, {"strand": "race,R,,,\nreligion,RG,,,\n"}, people=[MRS], incident={"hate_strands": ["race", "religion"]}
    )
    assert found == [("Strand", "R"), ("Strand", "RG"), ("Role", [("Of", "reporter"), ("Of", "victim")])]


def test_where_chooses_among_the_items(tmp_path: Path) -> None:
    fields = """
Reporter: {each: people, where: {.roles: reporter}, fields: {Id: .id}}
Either: {each: people, where: {.roles: [suspect, witness]}, fields: {Id: .id}}
Both: {each: people, where: {.roles: victim, .title: present}, fields: {Id: .id}}
Nameless: {each: people, where: {.family_name: absent}, fields: {Id: .id}}
"""
    assert mapped(tmp_path, fields, people=[MRS, HIM]) == [
        ("Reporter", [("Id", "p1")]),
        ("Either", [("Id", "p2")]),
        ("Both", [("Id", "p1")]),
        ("Nameless", [("Id", "p2")]),
    ]


def test_first_takes_only_the_first_and_is_then_no_list(tmp_path: Path) -> None:
    made = field_map(tmp_path, "Person: {each: people, first: true, fields: {Id: .id}}\nAll: {each: people, fields: {Id: .id}}")
    record = made.apply(a_report(people=[MRS, HIM]), DAY)
    assert outline(record) == [("Person", [("Id", "p1")]), ("All", [("Id", "p1")]), ("All", [("Id", "p2")])]
    assert [field.shape for field, _ in record.nodes] == [Shape.GROUP, Shape.LIST, Shape.LIST]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("{service: crime}", True),
        ("{service: [road-traffic, crime]}", True),
        ("{service: road-traffic}", False),
        ("{anonymous: 'false'}", True),
        ("{anonymous: 'true'}", False),
        ("{incident.injury: minor}", False),
        ("{incident: absent}", True),
        ("{vehicles: present}", False),
        ("{people: present}", True),
        ("{people.roles: suspect}", True),
        ("{people.roles: witness}", False),
        ("{people.age_from: '30'}", True),
        ("{service: crime, anonymous: 'true'}", False),
    ],
)
def test_when_decides_whether_there_is_anything_at_all(tmp_path: Path, condition: str, holds: bool) -> None:
    fields = f"Ref: {{from: reference, when: {condition}}}\nNone: {{from: incident.weapon, default: none, when: {condition}}}"
    expected = [("Ref", "CRN-2026-000123"), ("None", "none")] if holds else []
    assert mapped(tmp_path, fields, people=[MRS, HIM]) == expected


def test_when_inside_an_each_is_about_the_item(tmp_path: Path) -> None:
    fields = """
Person:
  each: people
  fields:
    Name: {from: .family_name, when: {.roles: victim}}
    Age: {from: .age_from, when: {.title: absent}}
"""
    assert mapped(tmp_path, fields, people=[MRS, HIM]) == [("Person", [("Name", "Example")]), ("Person", [("Age", "30")])]


def test_with_makes_a_group_for_a_part_that_is_there(tmp_path: Path) -> None:
    fields = (
        "Event: {with: incident, fields: {Weapon: .weapon, Ref: reference}}\nGone: {with: complaint, fields: {Kind: .kind, Ref: reference}}"
    )
    assert mapped(tmp_path, fields, incident={"weapon": "none"}) == [("Event", [("Weapon", "none"), ("Ref", "CRN-2026-000123")])]


def test_join_takes_the_values_that_are_there(tmp_path: Path) -> None:
    fields = """
Line: {join: [incident.weapon, incident.description, form_version], by: ' / '}
Strands: {join: [incident.hate_strands], by: '|'}
Names: {join: [people.given_names, people.family_name]}
None: {join: [vehicles.vrm]}
"""
    found = mapped(
        tmp_path, fields, people=[MRS, HIM], form_version="3", incident={"weapon": "stick", "hate_strands": ["race", "religion"]}
    )
    assert found == [("Line", "stick / 3"), ("Strands", "race|religion"), ("Names", "Siân, Example")]


def test_a_join_with_a_lookup_translates_each_of_its_values(tmp_path: Path) -> None:
    fields = "Strands: {join: [incident.hate_strands], by: ' ', lookup: strand}"
    codes = {"strand": "race,R,,,\nreligion,RG,,,yes\n"}
    record = field_map(tmp_path, fields, codes).apply(a_report(incident={"hate_strands": ["religion", "race"]}), DAY)
    assert (outline(record), signals(record)) == ([("Strands", "RG R")], [("lossy-code", "Strands")])


def test_a_template_is_empty_where_a_path_is_absent_and_absent_where_all_are(tmp_path: Path) -> None:
    fields = """
Key: {template: '{reference}/{form_version}'}
None: {template: 'weapon {incident.weapon}'}
Person: {each: people, fields: {Key: {template: '{reference}/{.id}, {.age_from}'}}}
"""
    assert mapped(tmp_path, fields, people=[MRS, HIM]) == [
        ("Key", "CRN-2026-000123/"),
        ("Person", [("Key", "CRN-2026-000123/p1, ")]),
        ("Person", [("Key", "CRN-2026-000123/p2, 30")]),
    ]


def test_a_literal_is_always_there_and_has_the_type_of_its_format(tmp_path: Path) -> None:
    fields = "A: {literal: X}\nB: {literal: '007'}\nC: {literal: '7', format: integer}\nD: {literal: 'true', format: boolean}"
    assert mapped(tmp_path, fields) == [("A", "X"), ("B", "007"), ("C", 7), ("D", True)]


def test_a_value_that_is_too_long_is_cut_and_signalled(tmp_path: Path) -> None:
    record = field_map(tmp_path, "Ref: {from: reference, max: 5}\nLang: {from: language, max: 2}").apply(a_report(), DAY)
    assert (outline(record), signals(record)) == ([("Ref", "CRN-2"), ("Lang", "en")], [("truncated", "Ref")])


def test_a_target_knows_the_fields_that_it_came_from(tmp_path: Path) -> None:
    fields = "People: {each: people, fields: {Name: {call: full-name}, Both: {join: [.id, reference]}}}"
    ((_, person),) = field_map(tmp_path, fields).apply(a_report(people=[MRS]), DAY).nodes
    assert isinstance(person, list)
    assert [(field.path, field.origins) for field, _ in person] == [
        ("People/Name", ("people.title", "people.given_names", "people.family_name")),
        ("People/Both", ("people.id", "reference")),
    ]


def test_values_are_found_by_their_path(tmp_path: Path) -> None:
    record = field_map(tmp_path, "P: {each: people, fields: {Id: .id}}").apply(a_report(people=[MRS, HIM]), DAY)
    assert list(record.values("P/Id")) == ["p1", "p2"]


def test_the_columns_of_a_table_are_the_values_below_it_in_order(tmp_path: Path) -> None:
    made = field_map(
        tmp_path, "incidents: {fields: {ID: reference, G: {fields: {FORM: {literal: F}}}}}\npersons: {each: people, fields: {ID: .id}}"
    )
    assert made.columns() == {"incidents": ("ID", "FORM"), "persons": ("ID",)}
