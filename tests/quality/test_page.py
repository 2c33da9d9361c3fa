"""docs/checks.md and the suites say the same."""

import re
from pathlib import Path

import pytest

from hub.documents import InvalidDocument
from hub.quality.catalogue import written
from hub.quality.checks import Checks
from hub.quality.folder import Suites
from hub.quality.suite import EXPECTATIONS
from tests.quality.conftest import PROJECT
from tests.quality.good import DAY, put, report

PAGE = (PROJECT / "docs" / "checks.md").read_text(encoding="utf-8")


def test_the_page_has_every_code_and_named_value_as_the_suites_have_them(suites: Suites) -> None:
    assert written(PAGE, suites) == PAGE, "run `python -m hub.quality.catalogue`"
    assert PAGE.count("| `incident-in-future` | report | block |") == 1
    assert PAGE.count("| `places` | number |") == 1


def test_the_page_names_every_expectation_that_a_suite_may_use() -> None:
    assert set(re.findall(r"`(expect_[a-z_]+)`", PAGE)) == set(EXPECTATIONS)


def test_the_example_of_the_page_works(folder: Path) -> None:
    (example,) = re.findall(r"```yaml\n(suite: .*?)```", PAGE, re.DOTALL)
    (folder / "services" / "crime.yaml").write_text(example)
    listed, other = (report("crime", put("incident.offence", offence)) for offence in ("cycle-theft", "arson"))
    missing = report("crime", put("incident.offence", "cycle-theft"), put("property", []))
    found = Checks.load(folder).reports([missing, listed, other], DAY)
    assert [(finding.key, finding.code, finding.field) for finding in found] == [
        (missing.submission_id, "cycle-theft-without-item", "property")
    ]


def test_the_fault_that_the_page_shows_is_the_one_that_is_told(folder: Path) -> None:
    (example,) = re.findall(r"```yaml\n(suite: .*?)```", PAGE, re.DOTALL)
    (folder / "services" / "crime.yaml").write_text(example.replace("count: property", "count: propety"))
    (shown,) = re.findall(r"`(services/crime\.yaml:[^`]+)`", PAGE)
    with pytest.raises(InvalidDocument) as refused:
        Checks.load(folder)
    assert str(refused.value) == shown
