"""The checks: the suites of a folder, run over pooled reports, records and volumes.

Pooled, because Great Expectations takes some 3 ms a rule and 10 ms a batch however few rows there are.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from hub.causes import Code
from hub.mapping.record import Record
from hub.quality.engine import BrokenCheck, Inspection, warm_up
from hub.quality.folder import SUITE_OF, read_suites
from hub.quality.suite import Suite
from hub.quality.volume import Volume
from hub.reports.model import Report
from hub.words import Cause, Severity

__all__ = ["BrokenCheck", "Checks", "Finding", "Volume", "warm_up"]

R = TypeVar("R")
_ANY_DAY = date.min  # records and volumes are judged by themselves


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that fails a rule: `key` is a submission id, or a force's slug for volumes; `field` a path. Never a value."""

    key: str
    code: str
    severity: Severity
    suite: str
    field: str


class _Check(Generic[R]):
    """One suite, ready to be run."""

    def __init__(self, suite: Suite[R]) -> None:
        self._suite = suite
        self._rules = {rule.code: rule for rule in suite.rules}
        self._inspection = Inspection(suite.suite, suite.rules)

    def findings(self, rows: Sequence[R], keys: Sequence[str], day: date) -> Iterator[Finding]:
        if not rows:
            return
        cells = {name: (column.text, column.cells(rows, day)) for name, column in self._suite.columns.items()}
        for code, failing in self._inspection.failing(cells).items():
            rule = self._rules[code]
            field = self._suite.columns[rule.column].field
            yield from (Finding(keys[row], code, rule.severity, self._suite.suite, field) for row in failing)


class Checks:
    """Every suite of a folder. Safe in any thread; findings come suite by suite, rule by rule, in the order of the rows.

    Each raises BrokenCheck where a rule cannot be judged: nothing passes that was not looked at.
    """

    def __init__(self, folder: Path) -> None:
        """Raises InvalidDocument with everything that is wrong in any suite."""
        suites = read_suites(folder)
        self._report = _Check(suites.report)
        self._services = {name: _Check(suite) for name, suite in suites.services.items()}
        self._profiles = {name: _Check(suite) for name, suite in suites.profiles.items()}
        self._volumes = _Check(suites.volumes)
        self.codes: Mapping[str, Code] = {rule.code: Code(rule.code, Cause.CHECK, rule.cause, rule.do) for _, rule in suites.rules()}

    @classmethod
    def load(cls, folder: Path) -> "Checks":
        """The checks of a folder. Raises InvalidDocument with everything that is wrong in any suite."""
        return cls(folder)

    def reports(self, reports: Sequence[Report], day: date) -> list[Finding]:
        """What is amiss with these reports on this day (Europe/London): one finding for each report and rule that fails."""
        found = list(self._report.findings(reports, [report.submission_id for report in reports], day))
        for name, of_service in _by_suite(reports).items():
            found += self._services[name].findings(of_service, [report.submission_id for report in of_service], day)
        return found

    def records(self, profile: str, records: Sequence[Record]) -> list[Finding]:
        """What is amiss with these records of one profile."""
        if profile not in self._profiles:
            raise BrokenCheck(f"no suite profiles/{profile}.yaml; there are {', '.join(self._profiles) or 'none'}")
        return list(self._profiles[profile].findings(records, [record.key for record in records], _ANY_DAY))

    def volumes(self, rows: Sequence[Volume]) -> list[Finding]:
        """What is amiss with what a run brought, by force."""
        return list(self._volumes.findings(rows, [row.force for row in rows], _ANY_DAY))


def _by_suite(reports: Sequence[Report]) -> Mapping[str, list[Report]]:
    """Reports by the suite of their service, in the order of the services."""
    found: dict[str, list[Report]] = defaultdict(list)
    for report in reports:
        found[SUITE_OF[report.service]].append(report)
    return {name: found[name] for name in dict.fromkeys(SUITE_OF.values()) if name in found}
