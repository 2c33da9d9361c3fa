"""A suite that could not be checked is refused when it is loaded, with its file, its line and the nearest right word."""

from pathlib import Path

import pytest

from hub.documents import InvalidDocument
from hub.quality.folder import read_suites

CRIME = """suite: crime
about: What a report of a crime should have.
columns:
  offence: incident.offence
  items: {count: property}
rules:
  - code: theft-without-thing
    expect: expect_column_values_to_be_between
    with: {column: items, min_value: 1}
    where: {offence: [cycle-theft, theft-other]}
    severity: warn
    cause: Something was stolen, and the report lists no item.
    do: The force should ask what was stolen.
"""


def faults(folder: Path) -> list[str]:
    with pytest.raises(InvalidDocument) as refused:
        read_suites(folder)
    return [str(fault) for fault in refused.value.faults]


def test_the_suite_that_the_mistakes_are_made_in_is_whole(folder: Path) -> None:
    (folder / "services" / "crime.yaml").write_text(CRIME)
    assert [rule.code for rule in read_suites(folder).services["crime"].rules] == ["theft-without-thing"]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("severity: warn", "severty: warn", "11:5: unknown key 'severty'; did you mean 'severity'?"),
        ("severity: warn", "severity: fatal", "11:15: severity: 'fatal' is none of block, warn, enrich"),
        ("values_to_be_between", "values_to_be_betwen", "unknown expectation 'expect_column_values_to_be_betwen'; did you mean"),
        ("values_to_be_between", "values_to_be_unique", "8:13: expect: unknown expectation 'expect_column_values_to_be_unique'"),
        ("column: items", "column: item", "9:20: column: unknown column 'item'; did you mean 'items'?"),
        ("column: items", "colum: items", "9:12: unknown key 'colum'; did you mean 'column'?"),
        ("column: items, ", "", "9:11: with: expect_column_values_to_be_between needs column"),
        (", min_value: 1", "", "9:11: with: expect_column_values_to_be_between needs min_value or max_value"),
        ("min_value: 1", "min_value: one", "9:38: min_value: "),
        ("min_value: 1", "regex: one", "9:34: regex: expect_column_values_to_be_between does not take it; it takes column, min_value,"),
        ("column: items", "column: offence", "9:20: column: 'offence' holds texts, not numbers"),
        ("where: {offence:", "where: {items:", "10:20: items: 'items' holds numbers, not texts"),
        ("where: {offence:", "where: {ofence:", "10:21: ofence: unknown column 'ofence'; did you mean 'offence'?"),
        (
            "incident.offence",
            "incident.offense",
            "4:12: offence: unknown field of the report 'incident.offense'; did you mean 'incident.offence'?",
        ),
        ("count: property", "cuont: property", "5:10: items: unknown key 'cuont'; did you mean 'count'?"),
        ("count: property", "call: propertys", "5:10: items: unknown named value 'propertys'"),
        ("items: {count: property}", "items: {count: property}\n  spare: service", "6:10: spare: no rule reads it"),
        ("code: theft-without-thing", "code: Theft_without", "7:11: code: "),
        ("code: theft-without-thing", "code: no-contact", "7:11: the code 'no-contact' stands twice; the first is of report.yaml"),
        (
            "code: theft-without-thing",
            "code: not-json",
            "7:11: the code 'not-json' stands twice; the first is of the hub itself (hub/causes.py)",
        ),
        ("suite: crime", "suite: crimes", "1:8: the suite's name should be its file's: crime"),
        ("do: The force should ask what was stolen.", "do: ask", "13:9: do: "),
        (CRIME[CRIME.index("rules:") :], "rules: []", "6:8: rules: a suite has one rule or more"),
    ],
)
def test_a_mistake_is_found_in_its_place(folder: Path, right: str, wrong: str, message: str) -> None:
    (folder / "services" / "crime.yaml").write_text(CRIME.replace(right, wrong))
    assert [fault for fault in faults(folder) if message in fault and fault.startswith("services/crime.yaml:")], faults(folder)


@pytest.mark.parametrize(
    ("regex", "message"),
    [
        ("(a", "regex: no regular expression: missing ), unterminated subpattern at position 0"),
        ("(a)", "regex: a group that captures: write (?:…)"),
    ],
)
def test_a_pattern_is_tried_when_it_is_loaded(folder: Path, regex: str, message: str) -> None:
    broken = CRIME.replace("values_to_be_between", "values_to_match_regex").replace(
        "column: items, min_value: 1", f"column: offence, regex: '{regex}'"
    )
    (folder / "services" / "crime.yaml").write_text(broken)
    assert any(message in fault for fault in faults(folder)), faults(folder)


def test_every_fault_of_every_suite_is_told_at_once(folder: Path) -> None:
    for place in ("report.yaml", "volumes.yaml", "services/crime.yaml", "profiles/niche-style.yaml"):
        text = (folder / place).read_text()
        (folder / place).write_text(text.replace("severity: warn", "severity: high").replace("severity: block", "severity: high"))
    found = faults(folder)
    assert {fault.split(":")[0] for fault in found} == {
        "expectations/report.yaml",
        "expectations/volumes.yaml",
        "services/crime.yaml",
        "profiles/niche-style.yaml",
    }
    assert all("'high' is none of block, warn, enrich" in fault for fault in found)


def test_a_service_without_a_suite_is_a_fault(folder: Path) -> None:
    (folder / "services" / "crime.yaml").unlink()
    assert faults(folder) == ["expectations/services/crime.yaml:1:1: the suite is missing; write it: docs/checks.md says how"]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("services/crimes.yaml", "services/crimes.yaml:1:1: no suite is looked for here; did you mean 'crime'?"),
        ("reports.yml", "expectations/reports.yml:1:1: no suite is looked for here; suites are report.yaml, volumes.yaml,"),
    ],
)
def test_a_file_that_nobody_would_look_for_is_a_fault(folder: Path, place: str, message: str) -> None:
    (folder / place).write_text(CRIME)
    (fault,) = faults(folder)
    assert fault.startswith(message)


def test_a_folder_that_is_not_there_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    assert "nowhere/report.yaml:1:1: the suite is missing; write it: docs/checks.md says how" in faults(tmp_path / "nowhere")
