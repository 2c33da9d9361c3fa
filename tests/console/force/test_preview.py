"""`soh-hub force preview`: what a report becomes, with each field's origin beside it."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from console.main import app
from hub.settings import PROJECT
from tests.console.conftest import AT, Person

GOLDEN = PROJECT / "mappings" / "profiles" / "athena-style" / "golden" / "crime.report.json"


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    """A submission as the platform sends it, a person's name too long for Kent's records system."""
    sent = {
        "submissionId": "3f2b8c1e-0000-4000-8000-000000000001",
        "customerReferenceNumber": "SOH-26-000001",
        "forceIdentifier": "46",
        "category": "OCR",
        "submitTime": "2026-11-21T10:00:00+00:00",
        "submissionContent": "OFFICIAL\n\nMade up.",
        "digitalReport": {
            "anonymous": "false",
            "people": [
                {"id": "p1", "roles": ["reporter"], "familyName": "Ŵyn-Featherstonehaugh-Example", "safeContact": "Only at work"},
                {"id": "p2", "roles": ["suspect"], "familyName": "Nobody"},
            ],
        },
    }
    path = tmp_path / "submission.json"
    path.write_bytes(orjson.dumps(sent))
    return path


def rows(engineer: Person, *words: str | Path) -> list[dict[str, Any]]:
    said = engineer.says("force", "preview", "kent", *words, "--at", AT, "--json")
    assert said.code == 0, said.err
    found: list[dict[str, Any]] = said.json()["values"]
    return found


def test_each_value_has_its_origin_its_rule_and_the_line_that_decides(engineer: Person, mappings: Path, submission: Path) -> None:
    by_place = {row["at"]: row for row in rows(engineer, submission)}
    surname = by_place["persons[1]/SURNAME"]
    profile = (mappings / "profiles" / "athena-style" / "profile.yaml").read_text(encoding="utf-8").splitlines()
    assert (surname["value"], surname["from"], surname["rule"]) == ("Ŵyn-Featherstonehaug", ["people.family_name"], "from: .family_name")
    assert (surname["file"], profile[surname["line"] - 1].strip().startswith("SURNAME: ")) == ("athena-style/profile.yaml", True)
    (also,) = surname["also"]
    assert also.startswith("max: 20 (forces/kent.yaml:")
    assert by_place["persons[2]/SURNAME"]["value"] == "Nobody"
    assert by_place["persons[1]/SAFE_CONTACT"]["value"] == "Only at work"
    assert by_place["incidents/FORM"]["from"] == []


def test_the_dirt_of_the_submission_and_what_was_cut_are_signalled(engineer: Person, submission: Path) -> None:
    said = engineer.says("force", "preview", "kent", submission, "--at", AT, "--json").json()
    signals = {(signal["kind"], signal["field"]) for signal in said["signals"]}
    assert signals == {("boolean-as-text", "anonymous"), ("truncated", "persons/SURNAME")}


def test_a_report_of_a_golden_pair_is_read_too(engineer: Person) -> None:
    assert {row["at"] for row in rows(engineer, GOLDEN)} >= {"incidents/REFERENCE", "persons[1]/SURNAME"}


def test_a_dash_reads_standard_input(engineer: Person, submission: Path) -> None:
    result = CliRunner(env=engineer.environment).invoke(app, ["force", "preview", "kent", "-", "--json"], input=submission.read_bytes())
    assert result.exit_code == 0, result.output
    assert [row["at"] for row in json.loads(result.stdout)["values"]] == [row["at"] for row in rows(engineer, submission)]


def test_payload_writes_the_bytes_that_would_be_sent(engineer: Person, submission: Path) -> None:
    said = engineer.says("force", "preview", "north-wales", submission, "--payload")
    assert said.code == 0
    assert said.out.startswith("<?xml")
    assert "<SafeContact>Only at work</SafeContact>" in said.out


def test_the_table_names_targets_fields_and_lines(engineer: Person, submission: Path) -> None:
    said = engineer.types("force", "preview", "kent", submission)
    assert said.code == 0
    for words in ("persons[1]/SURNAME", "people.family_name", "athena-style/profile.yaml:", "signal truncated at persons/SURNAME"):
        assert words in said.out


@pytest.mark.parametrize(
    ("body", "hint"),
    [(b"{}", "unreadable: envelope-incomplete"), (b"not json", "unreadable: "), (b"\xff", "unreadable: ")],
)
def test_what_cannot_be_read_is_told_with_its_code_and_without_its_content(
    engineer: Person, tmp_path: Path, body: bytes, hint: str
) -> None:
    (tmp_path / "bad.json").write_bytes(body)
    said = engineer.says("force", "preview", "kent", tmp_path / "bad.json")
    assert (said.code, said.out) == (1, "")
    assert hint in said.err


def test_a_report_that_would_be_quarantined_says_which_rule_asks_for_what_it_has_not(
    engineer: Person, mappings: Path, submission: Path
) -> None:
    profile = mappings / "profiles" / "athena-style" / "profile.yaml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace("      FORM_VERSION: form_version\n", "      FORM_VERSION: {from: form_version, required: true}\n"))
    said = engineer.says("force", "preview", "kent", submission)
    assert said.code == 1
    assert "quarantine: required-missing at incidents/FORM_VERSION" in said.err
    explained = engineer.says("force", "explain", "kent", "incidents/FORM_VERSION", "--json").json()["decisions"]
    assert {"required: true"} <= {decision["says"] for decision in explained}


def test_a_file_that_is_not_there_is_named(engineer: Person, tmp_path: Path) -> None:
    said = engineer.says("force", "preview", "kent", tmp_path / "nowhere.json")
    assert (said.code, said.out) == (1, "")
    assert "nowhere.json cannot be read: No such file" in said.err
