"""The function that a field map is written out as: nothing of a file is in its source, and what is made beforehand is right."""

from datetime import date
from pathlib import Path

import pytest

from hub.mapping.record import Node
from hub.mapping.run import Unmappable
from tests.mapping.maps import DAY, a_report, field_map, outline, signals

HOSTILE = "x'])\\nimport os; os.abort() #"
PEOPLE = [{"id": "p1", "roles": ["reporter", "victim"], "familyName": "Jones"}, {"id": "p2", "roles": ["suspect"]}]


def test_nothing_of_a_file_is_in_the_source(tmp_path: Path) -> None:
    fields = f"""
Evil'Name):
  fields:
    Literal: {{literal: "{HOSTILE}"}}
    Joined: {{join: [reference, category], by: "{HOSTILE}"}}
    Template: {{template: "{HOSTILE} {{reference}}"}}
    Default: {{from: form_version, default: "{HOSTILE}"}}
    Only: {{from: text, only: "A-Z\\"'"}}
    Role: {{each: people, where: {{.roles: victim}}, fields: {{Code: {{each: .roles, lookup: role}}}}}}
"""
    codes = {"role": f'reporter,"{HOSTILE}",,,\nvictim,V,,,\nsuspect,S,,,\n'}
    made = field_map(tmp_path, fields, codes)
    record = made.apply(a_report(people=PEOPLE), DAY)
    below = dict(outline(record))["Evil'Name)"]
    text = HOSTILE.replace("\\n", "\n")  # as YAML reads it
    assert dict(below)["Literal"] == text
    assert [value for name, value in below if name == "Role"] == [[("Code", HOSTILE), ("Code", "V")]]
    for word in ("import os", "Evil", "Literal", "Joined", "reporter", "CRN", "A-Z", "victim"):
        assert word not in made.source


@pytest.mark.parametrize("depth", [11, 12, 13, 19])
def test_a_map_may_be_as_deep_as_a_file(tmp_path: Path, depth: int) -> None:
    lines = [f"{'  ' * 2 * level}P{level}:\n{'  ' * 2 * level}  each: people\n{'  ' * 2 * level}  fields:" for level in range(depth)]
    made = field_map(tmp_path, "\n".join([*lines, f"{'  ' * 2 * depth}Id: .id"]))
    node: Node = made.apply(a_report(people=PEOPLE[:1]), DAY).nodes[0]
    for level in range(depth):
        field, content = node
        assert (field.name, isinstance(content, list)) == (f"P{level}", True)
        assert isinstance(content, list)
        (node,) = content
    assert (node[0].name, node[1]) == ("Id", "p1")


def test_a_code_that_must_be_signalled_is_signalled_every_time(tmp_path: Path) -> None:
    codes = {"offence": "arson,56,,2026-11-23,yes\narson,57,2026-11-23,,\ndrugs,92,,,\n"}
    made = field_map(
        tmp_path, "Code: {from: incident.offence, lookup: offence}\nCut: {from: incident.offence, lookup: offence, max: 1}", codes
    )

    def of(offence: str, day: date = DAY) -> tuple[object, object]:
        record = made.apply(a_report(incident={"offence": offence}), day)
        return outline(record), signals(record)

    lossy = [("Code", "56"), ("Cut", "5")], [("lossy-code", "Code"), ("lossy-code", "Cut"), ("truncated", "Cut")]
    assert [of("arson"), of("arson")] == [lossy, lossy]
    assert of("drugs") == ([("Code", "92"), ("Cut", "9")], [("truncated", "Cut")])
    assert of("arson", date(2026, 11, 23)) == ([("Code", "57"), ("Cut", "5")], [("truncated", "Cut")])
    for _ in range(2):
        with pytest.raises(Unmappable, match="code-unmapped"):
            of("robbery")


def test_fields_of_a_part_that_is_absent_and_of_one_that_is_there_stand_side_by_side(tmp_path: Path) -> None:
    fields = """
A: incident.weapon
B: incident.description
Ref: reference
C: missing.clothing
D: {from: missing.risk, default: none}
E: {from: incident.cctv, format: yes-no}
F: {each: incident.hate_strands}
G: {with: missing, empty: true, fields: {Risk: .risk}}
H: {with: incident, fields: {Weapon: .weapon, Ref: reference}}
"""
    made = field_map(tmp_path, fields)
    report = a_report(incident={"weapon": "stick", "cctv": False, "hateStrands": ["race"]})
    assert outline(made.apply(report, DAY)) == [
        ("A", "stick"),
        ("Ref", "CRN-2026-000123"),
        ("D", "none"),
        ("E", "N"),
        ("F", "race"),
        ("G", []),
        ("H", [("Weapon", "stick"), ("Ref", "CRN-2026-000123")]),
    ]
    assert outline(made.apply(a_report(), DAY)) == [("Ref", "CRN-2026-000123"), ("D", "none"), ("G", [])]
