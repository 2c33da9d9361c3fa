"""The project's own suites, and what they find in the cases: all pooled, as in a pass."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.forces.profiles import load_profile
from hub.mapping.record import Record
from hub.quality.checks import Checks
from hub.quality.folder import Suites, read_suites
from hub.reports.model import Report
from hub.reports.services import SERVICES
from tests.quality.cases import OF_RECORDS, OF_REPORTS
from tests.quality.good import DAY, report

PROJECT = Path(__file__).parents[2]
EXPECTATIONS = PROJECT / "expectations"


@dataclass(frozen=True)
class Judged:
    """The codes that were found, by what was spoilt to make them fail, and in the good rows by their names."""

    spoilt: Mapping[str, list[str]]
    good: Mapping[str, list[str]]


@pytest.fixture(scope="session")
def suites() -> Suites:
    return read_suites(EXPECTATIONS)


@pytest.fixture(scope="session")
def checks() -> Checks:
    return Checks.load(EXPECTATIONS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the suites, to be broken."""
    return Path(shutil.copytree(EXPECTATIONS, tmp_path / "expectations"))


@pytest.fixture(scope="session")
def judged_reports(checks: Checks) -> Judged:
    spoilt = {code: report(service, spoil) for code, (service, spoil) in OF_REPORTS.items()}
    good = {service: report(service) for service in SERVICES}
    codes = defaultdict(list)
    for finding in checks.reports([*spoilt.values(), *good.values()], DAY):
        codes[finding.key].append(finding.code)
    return Judged(
        {code: codes[one.submission_id] for code, one in spoilt.items()}, {name: codes[one.submission_id] for name, one in good.items()}
    )


@pytest.fixture(scope="session")
def record_of() -> Callable[[str, Report], Record]:
    """A report as a record of a profile, by the profile's own field map."""
    profiles = {folder.name: load_profile(folder) for folder in sorted((PROJECT / "mappings" / "profiles").iterdir())}

    def map_by(profile: str, one: Report) -> Record:
        modelled, skeleton = profiles[profile].maps
        return (modelled if one.service in profiles[profile].file.models else skeleton).apply(one, DAY)

    return map_by


@pytest.fixture(scope="session")
def judged_records(checks: Checks, record_of: Callable[[str, Report], Record]) -> Judged:
    spoilt: dict[str, list[str]] = {}
    good: dict[str, list[str]] = {}
    for profile in sorted({profile for profile, _ in OF_RECORDS.values()}):
        cases = {code: spoil(record_of(profile, report("crime"))) for code, (of, spoil) in OF_RECORDS.items() if of == profile}
        whole = {f"{profile} {service}": record_of(profile, report(service)) for service in SERVICES}
        found = checks.records(profile, [*cases.values(), *whole.values()])
        for names, rows in ((spoilt, cases), (good, whole)):
            names.update({name: [finding.code for finding in found if finding.key == record.key] for name, record in rows.items()})
    return Judged(spoilt, good)
