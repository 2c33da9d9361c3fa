"""Mistakes in a field map: each is found when the map is loaded, at its line, with the nearest right word."""

from pathlib import Path

import pytest

from hub.documents import InvalidDocument
from tests.mapping.maps import field_map

GENDER = {"gender": "male,1,,,\nfemale,two,,,\n"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("A: {form: reference}", "2:7: unknown key 'form'; did you mean 'from'?"),
        ("A: {from: reference, max: 010}", "2:29: max: should be a whole number from 1, without leading zeros"),
        ("A: {from: reference, required: NO}", "2:34: required: should be true or false"),
        ("A: {from: reference, format: datetime}", "2:32: format: 'datetime' is none of date"),
        ("A: refrence", "2:6: A: the report has no field 'refrence'; did you mean 'reference'?"),
        ("A: {from: people.familyname}", "2:13: A: the report has no field 'people.familyname'; did you mean 'people.family_name'?"),
        ("A: people.family_name", "2:6: A: 'people.family_name' has several values; use `each` or `join`"),
        ("A: people", "2:6: A: 'people' is a part with fields of its own; use `each`"),
        ("A: incident", "2:6: A: 'incident' is a part with fields of its own; name one of its fields, or use `with: incident`"),
        ("A: .reference", "2:6: A: '.reference' is a field of an item, and here is no `each` or `with` around it; write 'reference'"),
        (
            "P: {each: people, fields: {N: .familyname}}",
            "2:33: P/N: the report has no field '.familyname' (an item of 'people' is meant); did you mean '.family_name'?",
        ),
        (
            "P: {each: people, where: {roles: victim}, fields: {N: .id}}",
            "2:28: P: the report has no field 'roles'; did you mean '.roles'?",
        ),
        ("P: {each: people, where: {.roles: victm}, fields: {N: .id}}", "2:28: P: '.roles' is never 'victm'; did you mean 'victim'?"),
        ("A: {from: reference, when: {service: crimes}}", "2:30: A: 'service' is never 'crimes'; did you mean 'crime'?"),
        ("A: {from: reference, when: {anonymous: yes}}", "2:30: A: 'anonymous' is never 'yes'; it is one of true, false"),
        ("A: {from: reference, when: {incident: crime}}", "2:30: A: 'incident' can only be `present` or `absent`"),
        ("A: {from: reference, when: {submitted_at: '2026'}}", "2:30: A: 'submitted_at' can only be `present` or `absent`"),
        ("A: {from: reference, literal: x}", "2:33: A: `from` and `literal` are both sources: give one"),
        ("A: {max: 3}", "2:3: A: no source: give one of from, literal, join, template, call, either, id, ref, or `fields`"),
        ("A: {from: reference, fields: {B: reference}}", "2:13: A: `from` is for a value, and this is a group"),
        ("A: {fields: {B: reference}, max: 3}", "2:36: A: `max` is for a value, and this is a group"),
        ("'@a': {fields: {B: reference}}", "2:3: @a: '@a' holds a value: it cannot be a group"),
        ("A: {from: reference, by: x}", "2:28: A: `by` belongs to `join`"),
        ("A: {from: reference, unmapped: x}", "2:34: A: `unmapped` belongs to `lookup`"),
        ("A: {from: reference, first: true}", "2:31: A: `first` chooses among the items of an `each`"),
        ("A: {each: people, with: incident, fields: {B: .id}}", "2:27: A: `each` and `with` do not go together: put one inside the other"),
        ("A: {each: people, empty: true, fields: {B: .id}}", "2:28: A: `empty` does not go with `each`: no items are no groups"),
        ("A: {each: incident, fields: {B: reference}}", "2:13: A: 'incident' is no list; use `with`"),
        ("A: {each: reference}", "2:13: A: 'reference' is no list; use `from`"),
        ("A: {each: people}", "2:13: A: the items of 'people' have fields of their own; give `fields`"),
        ("A: {with: people, fields: {B: .id}}", "2:13: A: 'people' is a list; use `each`"),
        ("A: {with: reference, fields: {B: reference}}", "2:13: A: 'reference' is a field, not a part with fields of its own; use `from`"),
        ("A: {from: reference, format: date}", "2:32: A: the format 'date' takes a date or a date and time, not a text"),
        ("A: {from: submitted_at, format: yes-no}", "2:35: A: the format 'yes-no' takes a yes or no, not a date and time"),
        ("A: {from: anonymous, format: boolean, max: 3}", "2:46: A: `max` is for texts, and this format keeps another type"),
        ("A: {literal: x, format: integer}", "2:16: A: 'x' does not fit the format integer"),
        ("A: {literal: x, required: true}", "2:29: A: `required` does nothing to a literal"),
        ("A: {literal: abcd, max: 3}", "2:16: A: the literal is longer than its `max`, 3"),
        ("A: {from: anonymous, format: boolean, default: no}", "2:50: A: 'no' does not fit the format boolean"),
        ("A: {template: plain}", "2:17: A: a template has paths in braces: '{reference}/{.id}'"),
        ("A: {template: '{reference'}", "2:17: A: a template has paths in braces: '{reference}/{.id}'"),
        ("A: {template: '{refrence}'}", "2:17: A: the report has no field 'refrence'; did you mean 'reference'?"),
        ("A: {call: fullname}", "2:13: A: there is no function 'fullname'; did you mean 'full-name'?"),
        ("A: {call: full-name}", "2:13: A: 'full-name' is a function of Person: put it into an `each` or `with` of one"),
        (
            "P: {each: people, fields: {A: {from: .gender, lookup: genders}}}",
            "2:57: P/A: the code list 'genders' cannot be used: codes/genders.csv:1:1: ",
        ),
        (
            "P: {each: people, fields: {A: {from: .gender, lookup: gender, format: integer}}}",
            "2:57: P/A: line 3 of codes/gender.csv: 'two' does not fit the format integer",
        ),
        ("A/B: reference", "2:3: A/B: should be a name without spaces, `/`, `@` or `#` in it, `@name` or `#text`"),
        ("A: Reference", "2:6: from: should be a path such as `incident.offence` or `.family_name`"),
        ("A: {join: []}", "2:13: join: should not be empty"),
        ("A: {from: reference, empt: nil}", "2:24: unknown key 'empt'; did you mean 'empty'?"),
        ("A: {from: reference, empty: null}", "2:31: empty: should be true, false or nil"),
        ("A: {from: reference, only: z-a}", "2:30: only: the range 'z-a' ends before it begins; a hyphen for itself stands first or last"),
        ("A: {from: reference, pad: '0'}", "2:29: A: `pad` belongs to `width`"),
        ("A: {from: reference, to: reference}", "2:28: A: `to` belongs to `ref`"),
        ("A: {ref: report}", "2:12: A: no target gives the `id` 'report'"),
        ("A: {fields: {B: {id: report}, C: {ref: reprot}}}", "2:42: A/C: no target gives the `id` 'reprot'; did you mean 'report'?"),
        ("A: {with: incident, id: incident}", "2:27: A: the items here have no id; it is for people"),
        ("A: {either: [reference]}", "2:15: either: should not be empty"),
        ("A: {either: [reference, people.id]}", "2:15: A: 'people.id' has several values; use `each` or `join`"),
        ("A: {with: incident, literal: x}", "2:13: A: `with` does nothing to a literal; use `when: {incident: present}`"),
        ("A: {from: reference, unless: {service: crimes}}", "2:32: A: 'service' is never 'crimes'; did you mean 'crime'?"),
        ("A: {from: reference, embed: xml}", "2:31: A: `embed` needs `fields`"),
        ("A: {embed: xml, fields: {B: reference, C: service}}", "2:14: A: `embed` holds a document, which has one element at the top"),
        ("A: {cdata: true, fields: {B: reference}}", "2:14: A: `cdata` is for a text, and this is a group"),
        ("'@a': {from: reference, namespace: 'urn:x'}", "2:38: @a: `namespace` is for an element"),
        ("A: {literal: abcd, width: 3}", "2:16: A: the literal is longer than its `width`, 3"),
        ("A: {from: anonymous, format: boolean, width: 3}", "2:48: A: `width` is for texts, and this format keeps another type"),
    ],
)
def test_a_mistake_is_found_at_its_line(tmp_path: Path, fields: str, expected: str) -> None:
    with pytest.raises(InvalidDocument) as raised:
        field_map(tmp_path, fields, GENDER)
    (fault,) = raised.value.faults
    assert str(fault).startswith(f"tiny/profile.yaml:{expected}")
    assert fault.file == "tiny/profile.yaml"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument) as raised:
        field_map(tmp_path, "A: refrence\nB: {fields: {C: servce, D: reference}}\nE: {call: nothing-of-the-kind}")
    assert [fault.line for fault in raised.value.faults] == [2, 3, 4]
