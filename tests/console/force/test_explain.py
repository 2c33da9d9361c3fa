"""`soh-hub force explain`: the line of the file that decides is the line that decides."""

from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import Person


def decisions(engineer: Person, field: str, force: str = "kent") -> list[dict[str, Any]]:
    said = engineer.says("force", "explain", force, field, "--json")
    assert said.code == 0, said.err
    found: list[dict[str, Any]] = said.json()["decisions"]
    return found


def line_at(mappings: Path, decision: dict[str, Any]) -> str:
    """The text of the line that a decision names."""
    folder, name = decision["file"].split("/")
    path = mappings / "forces" / name if folder == "forces" else mappings / "profiles" / folder / name
    return str(path.read_text(encoding="utf-8").splitlines()[decision["line"] - 1]).strip()


def test_a_targets_keys_come_from_the_profile_and_from_the_force(engineer: Person, mappings: Path) -> None:
    found = [one for one in decisions(engineer, "persons/SURNAME") if one["map"] == "fields"]
    assert [(one["says"], one["file"]) for one in found] == [
        ("from: .family_name", "athena-style/profile.yaml"),
        ("max: 20", "forces/kent.yaml"),
    ]
    assert line_at(mappings, found[0]).startswith("SURNAME: ")
    assert line_at(mappings, found[1]) == "persons/SURNAME: {max: 20}"


def test_a_field_of_the_report_leads_to_every_target_that_reads_it(engineer: Person, mappings: Path) -> None:
    found = decisions(engineer, "people.safe_contact")
    assert {(one["map"], one["target"], one["says"]) for one in found} == {
        ("fields", "persons/SAFE_CONTACT", "from: .safe_contact"),
        ("skeleton", "persons/SAFE_CONTACT", "from: .safe_contact"),
    }
    assert {line_at(mappings, one) for one in found} == {"SAFE_CONTACT: .safe_contact"}


def test_a_field_that_the_force_ignores_shows_the_reason_and_its_line(engineer: Person, mappings: Path) -> None:
    (found,) = (one for one in decisions(engineer, "complaint.collar_number") if one["map"] == "fields")
    assert (found["target"], found["says"], found["file"]) == (None, "ignored: not held", "forces/kent.yaml")
    assert line_at(mappings, found) == "ignore: {complaint.collar_number: not held}"


def test_a_target_that_the_force_removed_shows_where(engineer: Person, mappings: Path) -> None:
    (found,) = decisions(engineer, "incidents/CMP_COLLAR_NUMBER")
    assert (found["says"], line_at(mappings, found)) == ("remove: true", "incidents/CMP_COLLAR_NUMBER: {remove: true}")


def test_a_part_is_explained_field_by_field(engineer: Person) -> None:
    assert {one["field"] for one in decisions(engineer, "safeguarding")} == {
        f"safeguarding.{name}" for name in ("immediate_danger", "children_present", "vulnerable", "repeat_victim")
    }


def test_a_structural_field_needs_no_line(engineer: Person) -> None:
    (found, *_) = decisions(engineer, "model_version", "north-wales")
    assert (found["says"], found["file"]) == ("structural: it is in the shape of the record", None)


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("people.safe_contcat", "did you mean 'people.safe_contact'?"),
        ("persons/SURNAM", "did you mean 'persons/SURNAME'?"),
        ("", "name a field"),
    ],
)
def test_what_is_not_there_names_the_nearest(engineer: Person, field: str, hint: str) -> None:
    said = engineer.says("force", "explain", "kent", field)
    assert (said.code, said.out) == (1, "")
    assert hint in said.err


def test_the_table_shows_file_and_line(engineer: Person) -> None:
    said = engineer.types("force", "explain", "kent", "persons/SURNAME")
    assert said.code == 0
    assert "forces/kent.yaml:" in said.out


def test_a_broken_force_shows_its_faults(engineer: Person, mappings: Path) -> None:
    (mappings / "forces" / "kent.yaml").write_text("force: kent\n")
    said = engineer.says("force", "explain", "kent", "reference")
    assert (said.code, said.out) == (1, "")
    assert "the key 'name' is missing" in said.err
