"""Two values in one place: found when the map is loaded, at the line of the second, for each kind of format."""

from pathlib import Path

import pytest

from hub.documents import read
from hub.mapping.declared import declare
from hub.mapping.layout import crowded, without_width
from tests.mapping.maps import OnlyFields

TWO = "A: reference\nB: {name: A, from: category}"
CHOICE = "A: {from: reference, when: {language: cy}}\nB: {name: A, from: category, unless: {language: cy}}"
LISTS = "A: {each: people, fields: {Id: .id}}\nB: {name: A, each: vehicles, fields: {Id: .id}}"
LIST_AND_ONE = "A: {each: people, fields: {Id: .id}}\nB: {name: A, from: reference}"
INSIDE = "T: {fields: {A: reference, G: {fields: {B: {name: A, from: category}}}}}"
INSIDE_A_CHOICE = """
T:
  fields:
    A: {from: reference, when: {language: cy}}
    G: {unless: {language: cy}, fields: {B: {name: A, from: category}}}
"""
ATTRIBUTES = "T: {fields: {'@a': reference, B: {name: '@a', from: category}}}"
ELEMENTS = "T: {fields: {A: reference, B: {name: A, from: category}}}"


def said(folder: Path, fields: str, format_name: str) -> list[str]:
    path = folder / "map.yaml"
    path.write_text("fields:\n" + "".join(f"  {line}\n" for line in fields.splitlines()), encoding="utf-8")
    document = read(path)
    return [str(fault) for fault in crowded(declare(document.check(OnlyFields).fields, document, ("fields",)), format_name)]


@pytest.mark.parametrize(
    ("fields", "format_name", "where"),
    [
        (TWO, "json", "3:13: B: would be written over 'A': a group has one 'A'"),
        (TWO, "form", "3:13: B: would be written over 'A': a group has one 'A'"),
        (LIST_AND_ONE, "json", "3:13: B: would be written over 'A': a group has one 'A'"),
        (INSIDE, "csv", "T/G/B: would stand beside 'T/A': a row of T has one 'A'"),
        (INSIDE, "fixed-width", "T/G/B: would stand beside 'T/A': a row of T has one 'A'"),
        (ATTRIBUTES, "xml", "T/B: would stand beside 'T/@a': an element has one '@a'"),
    ],
)
def test_two_values_in_one_place_are_found_at_the_second(tmp_path: Path, fields: str, format_name: str, where: str) -> None:
    (line,) = said(tmp_path, fields, format_name)
    assert where in line
    assert "give one of them another name, or give each a `when` or `unless` that says which it is" in line


@pytest.mark.parametrize(
    ("fields", "format_name"),
    [
        (TWO, "xml"),
        (TWO, "a-package-of-ours"),
        (CHOICE, "json"),
        (LISTS, "json"),
        (INSIDE, "json"),
        (INSIDE_A_CHOICE, "csv"),
        (ELEMENTS, "xml"),
    ],
)
def test_what_the_format_has_places_for_is_no_fault(tmp_path: Path, fields: str, format_name: str) -> None:
    assert said(tmp_path, fields, format_name) == []


def test_a_column_without_a_width_is_told_at_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("fields:\n  T:\n    fields:\n      A: {from: reference, width: 9}\n      B: category\n", encoding="utf-8")
    document = read(path)
    targets = declare(document.check(OnlyFields).fields, document, ("fields",))
    (fault,) = without_width(targets, {"T": ["B"], "U": ["A"]})
    assert "map.yaml:5:7: T/B: fixed-width: the column T/B has no `width`; give its rule in the field map a `width`" in str(fault)
