"""Profiles: every field of a report is accounted for, and what is wrong is said with its line."""

from pathlib import Path

import pytest

from hub.documents import InvalidDocument
from hub.forces.profiles import load_profile
from hub.forces.registry import Registry
from hub.mapping.accounting import STRUCTURAL, covering
from hub.reports.paths import every_leaf
from tests.forces.conftest import DATA

TINY = DATA / "mappings" / "profiles" / "tiny"


def test_every_field_is_mapped_or_ignored_in_both_maps() -> None:
    profile = load_profile(TINY)
    for field_map in profile.maps:
        for leaf in every_leaf():
            accounted = (leaf.path in field_map.read_by, covering(leaf.path, field_map.ignored) is not None, leaf.path in STRUCTURAL)
            assert any(accounted), leaf.path
            assert accounted[:2] != (True, True), leaf.path


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  form_version: known\n", "", ["8:1: the field 'form_version' is neither mapped nor ignored"]),
        ("    form_version: known\n", "", ["68:3: the field 'form_version' is neither mapped nor ignored"]),
        (
            "  complaint.kind: in the text\n",
            "  complaint: in the text\n",
            ["65:3: ignore: 'complaint' is ignored here, and 'complaint.collar_number' mapped"],
        ),
        (
            "  form_version: known\n",
            "  form_version: known\n  reference: known\n",
            ["29:3: ignore: 'reference' is ignored here, and 'reference' mapped"],
        ),
        (
            "  form_version: known\n",
            "  form_versoin: known\n",
            ["28:3: ignore: the report has no field 'form_versoin'; did you mean 'form_version'?"],
        ),
        ("  form_version: known\n", "  form_version:\n", ["28:16: form_version: should not be empty"]),
        ("profile: tiny\n", "profile: other\n", ["1:10: the profile 'other' lies in the folder 'tiny'; name them alike"]),
        ("{name: csv, ", "{", ["4:9: format: the key 'name' is missing"]),
        ("{name: csv, ", "{name: csv, schema: ../x.json, ", ["4:29: there is no file '../x.json' in the profile's folder"]),
        (
            "[crime, complaint]",
            "[crime, complaints]",
            ["7:17: models: no service with fields of its own is called 'complaints'; did you mean 'complaint'?"],
        ),
        ("[crime, complaint]", "[fraud]", ["7:10: models: no service with fields of its own is called 'fraud'"]),
        ("skeleton:\n", "skeletn:\n", ["1:1: the key 'skeleton' is missing", "67:1: unknown key 'skeletn'; did you mean 'skeleton'?"]),
        ("lookup: gender}\nignore", "lookup: sex}\nignore", ["21:39: persons/GENDER: the code list 'sex' cannot be used"]),
    ],
)
def test_what_is_wrong_with_a_profile_is_said_with_its_line(mappings: Path, old: str, new: str, expected: list[str]) -> None:
    path = mappings / "profiles" / "tiny" / "profile.yaml"
    text = path.read_text(encoding="utf-8")
    at = text.rindex(old) if old.startswith("    ") else text.index(old)
    path.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")
    with pytest.raises(InvalidDocument) as raised:
        load_profile(path.parent)
    found = [str(fault) for fault in raised.value.faults]
    assert [line[: len(f"tiny/profile.yaml:{start}")] for line, start in zip(found, expected, strict=True)] == [
        f"tiny/profile.yaml:{start}" for start in expected
    ]


def test_a_broken_code_list_says_its_line(mappings: Path) -> None:
    profile = mappings / "profiles" / "tiny"
    (profile / "codes" / "gender.csv").write_text("code,value,valid_from,valid_to,lossy\nmale,1,,\n", encoding="utf-8")
    with pytest.raises(InvalidDocument, match=r"cannot be used: codes/gender\.csv:2:1: 4 values, where the heading has 5"):
        load_profile(profile)


def test_a_fixed_width_column_without_a_width_is_found_when_the_force_is_loaded(mappings: Path) -> None:
    path = mappings / "profiles" / "tiny" / "profile.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{name: csv, ", "{name: fixed-width, ", 1), encoding="utf-8")
    broken = Registry.load(mappings).broken
    said = [str(fault) for faults in broken.values() for fault in faults]
    assert any(
        "tiny/profile.yaml:21:7: persons/GENDER: fixed-width: the column persons/GENDER has no `width`; give its rule in the" in line
        for line in said
    ), said
