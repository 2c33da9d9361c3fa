"""`soh-hub force coverage`: every field of a report, and how far it gets."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from hub.reports.paths import every_leaf
from hub.settings import PROJECT
from tests.console.conftest import AT, Person
from tests.console.force.conftest import edited


def cells(engineer: Person, force: str = "kent", map_: str = "fields") -> dict[str, dict[str, Any]]:
    said = engineer.says("force", "coverage", force, "--at", AT, "--json")
    assert said.code == 0, said.err
    return {cell["field"]: cell for cell in said.json()["forces"][force] if cell["map"] == map_}


def test_every_field_has_its_place_in_both_maps(engineer: Person) -> None:
    for map_ in ("fields", "skeleton"):
        assert set(cells(engineer, map_=map_)) == {leaf.path for leaf in every_leaf()}


@pytest.mark.parametrize(
    ("field", "reach", "why"),
    [
        ("reference", "mapped", ""),
        ("text", "mapped", ""),
        ("people.family_name", "lossy", "at most 20 characters"),
        ("submitted_at", "lossy", "without its offset"),
        ("people.ethnicity", "lossy", "codes say less"),
        ("complaint.collar_number", "ignored", "not held"),
        ("model_version", "structural", ""),
    ],
)
def test_how_far_a_field_gets_and_why(engineer: Person, field: str, reach: str, why: str) -> None:
    cell = cells(engineer)[field]
    assert cell["reach"] == reach, cell
    assert why in cell["why"]


def test_a_field_that_only_decides_is_not_taken_for_one_that_is_written(engineer: Person) -> None:
    assert cells(engineer, "north-wales", "skeleton")["people.roles"]["reach"] == "chooses"


def test_a_field_of_safeguarding_that_does_not_reach_a_force_is_flagged(engineer: Person, mappings: Path) -> None:
    kent = mappings / "forces" / "kent.yaml"
    edited(kent, "incidents/CMP_COLLAR_NUMBER: {remove: true}", "persons/SAFE_CONTACT: {remove: true}")
    edited(kent, "complaint.collar_number: not held", "people.safe_contact: not held")
    unreached = engineer.says("force", "coverage", "--all", "--at", AT, "--json").json()["unreached"]
    assert {(gap["field"], gap["grave"]) for gap in unreached["kent"]} == {("people.safe_contact", True)}
    assert {gap["service"] for gap in unreached["kent"]} >= {"domestic-abuse", "fraud"}
    assert "north-wales" not in unreached
    assert "kent: people.safe_contact does not reach the force" in engineer.says("force", "coverage", "--all", "--at", AT).out


def test_csv_has_a_row_for_each_field_and_a_column_for_each_force(engineer: Person) -> None:
    said = engineer.says("force", "coverage", "--all", "--csv", "--at", AT)
    heading, *rows = csv.reader(io.StringIO(said.out))
    assert heading == ["map", "field", "kent", "lancashire", "north-wales"]
    assert len(rows) == 2 * len(every_leaf())
    assert ["fields", "people.family_name", "lossy", "mapped", "mapped"] in rows


def test_all_shipped_forces_get_every_field_of_safeguarding() -> None:
    said = Person(Path("unused"), {"HUB_MAPPINGS": str(PROJECT / "mappings")}).says("force", "coverage", "--all", "--at", AT, "--json")
    assert said.code == 0
    assert (len(said.json()["forces"]), said.json()["unreached"]) == (44, {})


@pytest.mark.parametrize("words", [(), ("kent", "--all")])
def test_one_force_or_all_of_them(engineer: Person, words: tuple[str, ...]) -> None:
    said = engineer.says("force", "coverage", *words)
    assert (said.code, said.err) == (1, "Name one force, or give --all.\n")


def test_every_force_fits_a_screen_of_eighty_characters(engineer: Person) -> None:
    said = engineer.says("force", "coverage", "--all", "--at", AT)
    rows = [line for line in said.out.splitlines() if "  fields  " in line or "  skeleton  " in line]
    assert {line.split()[0] for line in rows} == {leaf.path for leaf in every_leaf()}
    assert max(map(len, rows)) <= 80


@pytest.mark.parametrize(("rule", "why"), [("only: A-Z0-9", "only the characters 'A-Z0-9'"), ("max: 9", "at most 9 characters")])
def test_what_shortens_or_replaces_letters_is_lossy(engineer: Person, mappings: Path, rule: str, why: str) -> None:
    edited(mappings / "forces" / "kent.yaml", "persons/SURNAME: {max: 20}", f"persons/SURNAME: {{{rule}}}")
    assert why in cells(engineer)["people.family_name"]["why"]
