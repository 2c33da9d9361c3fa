"""`soh-hub force check`: what it finds, that it probes a test endpoint and never a live one, and its certificate."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.faults import Fault
from sandbox.stand_ins import StandIns
from tests.console.conftest import AT, Person, Said
from tests.console.force.conftest import edited

BEFORE = ["file", "placeholders", "settings", "checks", "safeguarding", "golden pairs", "made-up reports", "rules"]
CHECKS = [*BEFORE, "endpoint records-system"]


@pytest.fixture
def kent(mappings: Path) -> Path:
    """Kent's file."""
    return mappings / "forces" / "kent.yaml"


def checked(engineer: Person, *words: str | Path, force: str = "kent") -> tuple[Said, dict[str, Any]]:
    """What the check says, and each of its checks by name."""
    said = engineer.says("force", "check", force, "--at", AT, "--json", *words)
    return said, {each["name"]: each for each in said.json()["checks"]}


def test_a_force_that_is_right_is_ready_and_the_probe_leaves_nothing_behind(engineer: Person, stand_ins: StandIns) -> None:
    said, found = checked(engineer, "--endpoints", stand_ins.endpoints)
    assert (said.code, said.json()["verdict"], list(found)) == (0, "ready", CHECKS), said.out
    steps = [line.partition(":")[0] for line in found["endpoint records-system"]["said"]]
    assert steps == ["the sandbox endpoint of athena", "reachable", "identity", "credentials", "look-up", "probe", "seen again", "removed"]
    assert any("SHA256:" in line for line in found["endpoint records-system"]["said"])
    held = stand_ins.holdings()["kent", "records-system"]
    assert (held.reports, list((stand_ins.folder / "sftp" / "kent" / "records-system").rglob("*probe*"))) == ((), [])


def test_the_page_has_ticks_and_times(engineer: Person, stand_ins: StandIns) -> None:
    said = engineer.says("force", "check", "kent", "--at", AT, "--endpoints", stand_ins.endpoints)
    assert said.code == 0
    assert [line for line in said.out.splitlines() if line.startswith(" ✓ ") and line.endswith(" s")]
    assert said.out.rstrip().endswith("Ready")


@pytest.fixture
def troubled(stand_ins: StandIns) -> Iterator[StandIns]:
    yield stand_ins
    stand_ins.faults()


@pytest.mark.parametrize(
    ("fault", "step", "words"),
    [
        ("wrong-host-key", "identity", "shows another host key than the pinned one"),
        ("password-refused", "credentials", "refused our credentials"),
        ("permission-denied", "probe", "does not let us"),
        ("disk-full", "probe", "answered that it could not do it"),
        ("rename-fails", "probe", "could not do it"),
    ],
)
def test_each_trouble_of_an_endpoint_is_told_at_its_step(engineer: Person, troubled: StandIns, fault: str, step: str, words: str) -> None:
    troubled.faults(Fault(fault, force="kent"))
    said, found = checked(engineer, "--endpoints", troubled.endpoints)
    assert (said.code, found["endpoint records-system"]["result"]) == (1, "failed")
    last = found["endpoint records-system"]["said"][-1]
    assert last.startswith(f"{step}: "), last
    assert words in last
    assert "credentials: accepted" not in "".join(found["endpoint records-system"]["said"])


def test_a_far_end_that_lets_us_remove_nothing_is_told_and_not_held_against_it(engineer: Person, troubled: StandIns) -> None:
    troubled.faults(Fault("no-overwrite", force="kent"))
    said, found = checked(engineer, "--endpoints", troubled.endpoints)
    assert (said.code, found["endpoint records-system"]["result"]) == (0, "noted")
    assert found["endpoint records-system"]["said"][-1].startswith("removed: the far end lets us remove nothing: soh-hub-probe.")


def test_over_rest_the_probe_is_an_attachment_that_stays_and_says_so(engineer: Person, stand_ins: StandIns) -> None:
    said, found = checked(engineer, "--endpoints", stand_ins.endpoints, force="lancashire")
    assert (said.code, said.json()["verdict"]) == (0, "ready"), said.out
    steps = found["endpoint records-system"]["said"][1:]
    assert [line.partition(":")[0] for line in steps] == [
        "reachable",
        "identity",
        "credentials",
        "look-up",
        "probe",
        "seen again",
        "removed",
    ]
    assert "cannot take anything back: the probe stays there" in steps[-1]
    assert stand_ins.holdings()["lancashire", "records-system"].reports == ()


@pytest.mark.parametrize(
    ("fault", "step", "words"),
    [
        (Fault("password-refused", force="lancashire"), "credentials", "answered 401: check the address, the API key"),
        (Fault("status", force="lancashire", status=503), "look-up", "answered 503"),
        (Fault("permission-denied", force="lancashire", at="put"), "credentials", "answered 403"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else None,
)
def test_each_trouble_of_a_rest_endpoint_is_told_at_its_step(
    engineer: Person, troubled: StandIns, fault: Fault, step: str, words: str
) -> None:
    troubled.faults(fault)
    said, found = checked(engineer, "--endpoints", troubled.endpoints, force="lancashire")
    last = found["endpoint records-system"]["said"][-1]
    assert (said.code, last.partition(":")[0]) == (1, step)
    assert words in last


def test_nobody_listening_is_told_without_claiming_more(engineer: Person, stand_ins: StandIns, tmp_path: Path) -> None:
    endpoints = yaml.safe_load(stand_ins.endpoints.read_bytes())
    endpoints["kent"]["records-system"]["transport"]["port"] = 1
    (tmp_path / "other.yaml").write_text(yaml.safe_dump({"kent": endpoints["kent"]}))
    said, found = checked(engineer, "--endpoints", tmp_path / "other.yaml")
    assert said.code == 1
    assert found["endpoint records-system"]["said"][1:] == ["reachable: 127.0.0.1 port 1: Connection refused"]


def test_a_live_endpoint_is_never_probed(engineer: Person, stand_ins: StandIns, mappings: Path) -> None:
    reached = yaml.safe_load(stand_ins.endpoints.read_bytes())["kent"]["records-system"]["transport"]
    edited(mappings / "forces" / "kent.yaml", "host: sftp.kent.example", f"host: {reached['host']}\n      port: {reached['port']}")
    before = stand_ins.struck()
    said, found = checked(engineer)
    assert (said.code, found["endpoint records-system"]["result"]) == (1, "failed")
    assert "not probed, for it is the live one" in found["endpoint records-system"]["said"][0]
    assert stand_ins.struck() == before


def test_a_live_endpoint_under_another_name_is_not_probed_either(engineer: Person, tmp_path: Path) -> None:
    (tmp_path / "endpoints.yaml").write_text(
        "kent: {records-system: {endpoint: {environment: test}, transport: {credentials: env:OTHER}}}\n"
    )
    said, found = checked(engineer, "--endpoints", tmp_path / "endpoints.yaml")
    assert said.code == 1
    assert "it is where the live one is (host sftp.kent.example, directory /in/soh)" in found["endpoint records-system"]["said"][0]


def test_what_was_left_out_makes_the_certificate_incomplete(engineer: Person) -> None:
    said, found = checked(engineer, "--offline")
    assert (said.code, said.json()["verdict"], found["endpoint records-system"]["result"]) == (0, "not complete", "left out")


def test_a_live_service_without_safe_contact_fails(engineer: Person, kent: Path) -> None:
    edited(kent, "incidents/CMP_COLLAR_NUMBER: {remove: true}", "persons/SAFE_CONTACT: {remove: true}")
    edited(kent, "complaint.collar_number: not held", "people.safe_contact: not held")
    said, found = checked(engineer, "--offline")
    assert (said.code, found["safeguarding"]["result"]) == (1, "failed")
    assert "records-system: people.safe_contact does not reach the force with every live service" in found["safeguarding"]["said"]


def test_a_field_that_only_some_services_get_is_told_with_those_that_do_not(engineer: Person, mappings: Path) -> None:
    profile = mappings / "profiles" / "athena-style" / "profile.yaml"
    text = profile.read_text(encoding="utf-8")
    old = "      IMMEDIATE_DANGER: {from: safeguarding.immediate_danger, format: yes-no}\n"
    new = "      IMMEDIATE_DANGER: {from: safeguarding.immediate_danger, format: yes-no, when: {service: crime}}\n"
    profile.write_text(text.replace(old, new, 1), encoding="utf-8")
    _, found = checked(engineer, "--offline")
    (line,) = found["safeguarding"]["said"]
    assert "safeguarding.immediate_danger does not reach the force with road-traffic" in line
    assert " crime" not in line


def test_what_the_schema_would_not_have_is_found_before_a_report_is_lost(engineer: Person, mappings: Path) -> None:
    schema = mappings / "profiles" / "athena-style" / "tables.schema.json"
    tables = json.loads(schema.read_bytes())
    persons = _column(tables, "FORENAMES")
    persons["maxLength"] = 10
    schema.write_text(json.dumps(tables))
    said, found = checked(engineer, "--offline")
    assert (said.code, found["made-up reports"]["result"]) == (1, "failed")
    assert any("schema-invalid at persons/FORENAMES (maxLength)" in line for line in found["made-up reports"]["said"])


def _column(schema: Any, name: str) -> dict[str, Any]:
    """The schema of a column, wherever it lies."""
    if isinstance(schema, dict):
        if name in schema.get("properties", {}):
            found: dict[str, Any] = schema["properties"][name]
            return found
        schema = list(schema.values())
    for each in schema if isinstance(schema, list) else ():
        if isinstance(each, dict | list) and (inner := _column(each, name)):
            return inner
    return {}


def test_a_code_without_a_translation_is_found(engineer: Person, mappings: Path) -> None:
    codes = mappings / "profiles" / "athena-style" / "codes" / "offence.csv"
    lines = [line for line in codes.read_text(encoding="utf-8").splitlines() if not line.startswith("arson,")]
    codes.write_text("\n".join(lines) + "\n", encoding="utf-8")
    said, found = checked(engineer, "--offline")
    assert said.code == 1
    assert any("code-unmapped at incidents/SUGGESTED_OFFENCE" in line for line in found["made-up reports"]["said"])


def test_a_mapping_whose_every_record_the_rules_would_stop_is_found_before_the_first_report(
    engineer: Person, mappings: Path, kent: Path
) -> None:
    schema = mappings / "profiles" / "athena-style" / "tables.schema.json"
    tables = json.loads(schema.read_bytes())
    _column(tables, "REFERENCE").pop("pattern")  # a schema that is not as strict as the rules
    schema.write_text(json.dumps(tables))
    edited(kent, "persons/SURNAME: {max: 20}", "incidents/REFERENCE: {only: 'A-Z0-9'}")
    said, found = checked(engineer, "--offline")
    assert (said.code, found["made-up reports"]["result"], found["rules"]["result"]) == (1, "passed", "failed")
    records, line = found["rules"]["said"]
    assert re.fullmatch(r"records-system: \d+ records by the suite athena-style", records)
    assert line == f"records-system: athena-reference-unfit at incidents/REFERENCE (block) × {records.split()[1]}"


def test_a_golden_pair_that_no_longer_holds_is_named(engineer: Person, mappings: Path) -> None:
    path = mappings / "profiles" / "athena-style" / "golden" / "crime.expected.persons.csv"
    path.write_bytes(path.read_bytes().replace(b"Example", b"Elsewhere"))
    said, found = checked(engineer, "--offline")
    assert said.code == 1
    assert (
        "athena-style/golden/crime.expected.persons.csv differs: `soh-hub force golden athena-style` tells" in found["golden pairs"]["said"]
    )


def test_a_broken_file_stops_the_check_with_its_message(engineer: Person, kent: Path) -> None:
    edited(kent, "purpose: primary", "purpse: primary")
    said, found = checked(engineer, "--offline")
    assert (said.code, list(found)) == (1, ["file"])
    assert "forces/kent.yaml:12:5: unknown key 'purpse'; did you mean 'purpose'?" in found["file"]["said"]


def test_settings_that_an_adapter_does_not_take_are_named(engineer: Person, kent: Path) -> None:
    edited(kent, 'format: {delimiter: "|"}', 'format: {delimeter: "|"}')
    said, found = checked(engineer, "--offline")
    assert (said.code, found["settings"]["result"]) == (1, "failed")
    assert any("unknown setting 'delimeter'; did you mean 'delimiter'?" in line for line in found["settings"]["said"])


def test_a_certificate_that_cannot_be_encrypted_to_is_found_before_a_drop_meets_it(engineer: Person, kent: Path) -> None:
    edited(kent, "    purpose: primary\n", "    purpose: primary\n    encrypt: {to: kent.asc}\n")
    (kent.parent / "kent.asc").write_bytes(b"no certificate")
    said, found = checked(engineer, "--offline")
    assert (said.code, found["encryption"]["result"]) == (1, "failed")
    assert any("kent.asc is not one OpenPGP certificate: ask the force for its public key" in line for line in found["encryption"]["said"])


def test_a_suite_that_is_not_there_is_named_before_a_batch_meets_it(engineer: Person, mappings: Path) -> None:
    edited(mappings / "profiles" / "athena-style" / "profile.yaml", "checks: athena-style", "checks: athena-stile")
    said, found = checked(engineer, "--offline")
    assert (said.code, found["checks"]["result"]) == (1, "failed")
    assert "names the suite 'athena-stile', and there is none; did you mean 'athena-style'?" in found["checks"]["said"][0]


@pytest.mark.parametrize("kind", ["md", "html"])
def test_the_certificate_says_what_was_checked_when_and_on_which_files(
    engineer: Person, kent: Path, stand_ins: StandIns, tmp_path: Path, kind: str
) -> None:
    page = tmp_path / f"kent.{kind}"
    said, _ = checked(engineer, "--endpoints", stand_ins.endpoints, "--certificate", page)
    assert said.code == 0
    text = page.read_text(encoding="utf-8")
    for words in ("Onboarding certificate: Kent Police", "22 November 2026, 06:00:00 GMT", *CHECKS, "report model", "SHA256:"):
        assert words in text, words
    files = said.json()["files"]
    assert files["forces/kent.yaml"] == hashlib.sha256(kent.read_bytes()).hexdigest()
    assert {
        "profiles/athena-style/profile.yaml",
        "profiles/athena-style/tables.schema.json",
        "profiles/athena-style/codes/gender.csv",
    } <= set(files)
    assert all(digest in text for digest in files.values())
    assert not re.search(r"(src|href)=|@import|url\(", text)


def test_a_certificate_of_another_kind_is_refused_before_anything_is_checked(engineer: Person, tmp_path: Path) -> None:
    said = engineer.says("force", "check", "kent", "--certificate", tmp_path / "kent.pdf")
    assert (said.code, said.out) == (1, "")
    assert "a certificate is a .md or an .html file" in said.err


def test_a_force_that_is_not_on_file_names_the_nearest(engineer: Person) -> None:
    said = engineer.says("force", "check", "knet", "--offline")
    assert said.code == 1
    assert "did you mean 'kent'?" in said.err


def test_no_secret_stands_in_anything_that_it_says(engineer: Person, stand_ins: StandIns, tmp_path: Path) -> None:
    secret = json.loads((stand_ins.folder / "secrets" / "kent.records-system").read_bytes())["password"]
    said = engineer.says("force", "check", "kent", "--endpoints", stand_ins.endpoints, "--certificate", tmp_path / "kent.html")
    assert secret not in said.out + said.err + (tmp_path / "kent.html").read_text()
