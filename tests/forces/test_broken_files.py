"""Broken force files: each beside the message that an engineer gets. No other force is touched."""

import shutil
from pathlib import Path

import pytest

from hub.forces.registry import BrokenForce, Registry
from tests.forces.conftest import DATA

BROKEN = sorted((DATA / "broken").glob("*.yaml"))
WITHOUT_CODE = {"force-code-no", "force-code-without-its-zero"}  # what cannot be made out is nobody's


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_force_file_says_where_and_what_and_breaks_only_that_force(mappings: Path, path: Path) -> None:
    shutil.copy(path, mappings / "forces" / "testshire.yaml")
    registry = Registry.load(mappings)
    said = "".join(f"{fault}\n" for fault in registry.broken["testshire"])
    assert said == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert set(registry.forces) == {"essex", "kent"}
    expected = None if path.stem in WITHOUT_CODE else BrokenForce("testshire", registry.broken["testshire"])
    assert registry.by_code("05") == expected


def test_every_message_has_its_file() -> None:
    assert {path.stem for path in BROKEN} == {path.stem for path in (DATA / "broken").glob("*.txt")}


@pytest.mark.parametrize(
    "text",
    ["\x00\x01 pnc_code: '05'\n", "pnc_code: 05\n\x00", '}{\npnc_code: "05"  # Testshire\n', "[" * 100_000 + "\npnc_code: '05'\n"],
    ids=["not-a-line", "control-character", "not-yaml", "deep"],
)
def test_a_file_of_rubbish_breaks_only_its_force(mappings: Path, text: str) -> None:
    (mappings / "forces" / "testshire.yaml").write_text(text, encoding="utf-8")
    registry = Registry.load(mappings)
    assert (set(registry.forces), set(registry.broken)) == ({"essex", "kent"}, {"testshire"})


def test_the_code_of_a_file_that_is_no_yaml_is_made_out(mappings: Path) -> None:
    (mappings / "forces" / "testshire.yaml").write_text('}{\npnc_code: "05"  # Testshire\n', encoding="utf-8")
    found = Registry.load(mappings).by_code("05")
    assert isinstance(found, BrokenForce)
    assert found.slug == "testshire"


def test_a_broken_force_never_takes_the_code_of_a_whole_one(mappings: Path) -> None:
    (mappings / "forces" / "testshire.yaml").write_text('pnc_code: "46"\n', encoding="utf-8")
    found = Registry.load(mappings).by_code("46")
    assert found is not None
    assert found.slug == "kent"


def test_two_whole_forces_with_one_code_are_both_broken(mappings: Path) -> None:
    essex = mappings / "forces" / "essex.yaml"
    essex.write_text(essex.read_text(encoding="utf-8").replace("42", "46"), encoding="utf-8")
    registry = Registry.load(mappings)
    assert registry.forces == {}
    assert [str(fault) for faults in registry.broken.values() for fault in faults] == [
        "forces/essex.yaml:4:11: the PNC code '46' is also the one of kent",
        "forces/kent.yaml:5:11: the PNC code '46' is also the one of essex",
    ]
    assert isinstance(registry.by_code("46"), BrokenForce)


def test_a_file_with_another_ending_is_no_force_without_a_word(mappings: Path) -> None:
    (mappings / "forces" / "essex.yaml").rename(mappings / "forces" / "essex.yml")
    (fault,) = Registry.load(mappings).broken["essex"]
    assert str(fault) == "forces/essex.yml:1:8: the force 'essex' stands in the file 'essex.yml'; name the file essex.yaml"


def test_a_broken_profile_breaks_the_forces_that_use_it_and_says_so(mappings: Path) -> None:
    profile = mappings / "profiles" / "tiny" / "profile.yaml"
    shutil.copytree(profile.parent, mappings / "profiles" / "other")
    text = profile.read_text(encoding="utf-8")
    (mappings / "profiles" / "other" / "profile.yaml").write_text(text.replace("profile: tiny", "profile: other"), encoding="utf-8")
    essex = mappings / "forces" / "essex.yaml"
    essex.write_text(essex.read_text(encoding="utf-8").replace("profile: tiny", "profile: other"), encoding="utf-8")
    profile.write_text(text.replace("  road_traffic: in the text\n", "", 1), encoding="utf-8")
    registry = Registry.load(mappings)
    assert set(registry.forces) == {"essex"}
    assert {str(fault) for fault in registry.broken["kent"]} == {
        "forces/kent.yaml:14:14: the profile 'tiny' is broken; put its file right",
        "forces/kent.yaml:29:14: the profile 'tiny' is broken; put its file right",
        "forces/kent.yaml:35:14: the profile 'tiny' is broken; put its file right",
        *(
            f"tiny/profile.yaml:8:1: the field 'road_traffic.{name}' is neither mapped nor ignored; "
            "map it, or name it under `ignore` with the reason"
            for name in ("kind", "injuries", "footage")
        ),
    }


def test_a_folder_without_forces_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"^forces:1:1: the mappings folder has no force's file; see HUB_MAPPINGS$"):
        Registry.load(tmp_path)
