"""`soh-hub force golden`: what is on file is what the profiles make, and can be made anew."""

from pathlib import Path

import pytest

from hub.settings import PROJECT
from tests.console.conftest import Person
from tests.console.force.conftest import edited


def test_the_shipped_pairs_are_what_the_shipped_profiles_make(tmp_path: Path) -> None:
    said = Person(tmp_path, {"HUB_MAPPINGS": str(PROJECT / "mappings")}).says("force", "golden")
    assert (said.code, said.out) == (0, "Every golden pair is what its profile makes.\n"), said.out + said.err


@pytest.mark.parametrize("profile", ["niche-style", "athena-style"])
def test_pairs_are_made_anew_as_they_are_shipped(engineer: Person, mappings: Path, profile: str) -> None:
    folder = mappings / "profiles" / profile / "golden"
    shipped = {path.name: path.read_bytes() for path in folder.glob("*.expected.*")}
    for path in folder.glob("*.expected.*"):
        path.unlink()
    assert engineer.says("force", "golden", profile).code == 1
    said = engineer.says("force", "golden", profile, "--write", "--json")
    assert (said.code, len(said.json()["written"])) == (0, len(shipped))
    assert {path.name: path.read_bytes() for path in folder.glob("*.expected.*")} == shipped


def test_a_change_of_the_profile_shows_as_the_files_that_differ_and_nothing_is_written_unasked(engineer: Person, mappings: Path) -> None:
    folder = mappings / "profiles" / "niche-style"
    before = {path: path.read_bytes() for path in (folder / "golden").iterdir()}
    text = (folder / "profile.yaml").read_text(encoding="utf-8")
    (folder / "profile.yaml").write_text(text.replace("Narrative: .description", "Narrative: {from: .description, max: 10}"))
    said = engineer.says("force", "golden", "--json")
    assert said.code == 1
    assert {Path(path).name for path in said.json()["differing"]} <= {path.name for path in before}
    assert said.json()["differing"]
    assert {path: path.read_bytes() for path in (folder / "golden").iterdir()} == before


def test_a_file_too_many_is_told_and_taken_away(engineer: Person, mappings: Path) -> None:
    stray = mappings / "profiles" / "athena-style" / "golden" / "crime.expected.dogs.csv"
    stray.write_text("left over")
    assert "crime.expected.dogs.csv" in engineer.says("force", "golden", "athena-style").out
    assert engineer.says("force", "golden", "athena-style", "--write").code == 0
    assert not stray.exists()


def test_a_profile_that_is_not_there_names_the_nearest(engineer: Person) -> None:
    said = engineer.says("force", "golden", "nich-style")
    assert (said.code, said.out) == (1, "")
    assert "did you mean 'niche-style'?" in said.err


def test_a_broken_profile_says_its_line(engineer: Person, mappings: Path) -> None:
    edited(mappings / "profiles" / "niche-style" / "profile.yaml", "profile: niche-style", "profle: niche-style")
    said = engineer.says("force", "golden", "niche-style")
    assert (said.code, said.out) == (1, "")
    assert "niche-style/profile.yaml:1:1: unknown key 'profle'" in said.err
