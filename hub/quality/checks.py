"""The checks: the suites of a folder, run over pooled reports, records and volumes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hub.causes import Code
from hub.mapping.record import Record
from hub.quality.engine import BrokenCheck, warm_up
from hub.quality.folder import SUITE_OF, Suites, read_suites
from hub.quality.pool import Finding, Looked, Rows, judged
from hub.quality.volume import Volume
from hub.reports.model import Report
from hub.words import Cause

__all__ = ["BrokenCheck", "Checks", "Finding", "Looked", "Pool", "Verdict", "Volume", "warm_up"]

_ANY_DAY = date.min  # records and volumes are judged by themselves


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is amiss with a pool: with its reports, and with its records."""

    reports: list[Finding]
    records: list[Finding]


class Checks:
    """Every suite of a folder. Safe in any thread; findings come suite by suite, rule by rule, in the order of the rows.

    Whatever judges raises BrokenCheck where a rule cannot be judged: nothing passes that was not looked at.
    """

    def __init__(self, folder: Path) -> None:
        """Raises InvalidDocument with everything that is wrong in any suite."""
        self._suites = read_suites(folder)
        self.codes: Mapping[str, Code] = {rule.code: Code(rule.code, Cause.CHECK, rule.cause, rule.do) for _, rule in self._suites.rules()}

    @classmethod
    def load(cls, folder: Path) -> "Checks":
        """The checks of a folder. Raises InvalidDocument with everything that is wrong in any suite."""
        return cls(folder)

    def knows(self, profile: str) -> bool:
        """Whether there is a suite for the records of a profile."""
        return profile in self._suites.profiles

    def pool(self, day: date) -> "Pool":
        """An empty pool, to be judged by this day (Europe/London)."""
        return Pool(self._suites, day)

    def reports(self, reports: Sequence[Report], day: date, looked: Looked | None = None) -> list[Finding]:
        """What is amiss with these reports on this day (Europe/London): one finding for each report and rule that fails.

        `looked` is added to.
        """
        pool = self.pool(day)
        pool.reports(reports)
        return pool.judged(looked).reports

    def records(self, profile: str, records: Sequence[Record], looked: Looked | None = None) -> list[Finding]:
        """What is amiss with these records of one profile. `looked` is added to."""
        pool = self.pool(_ANY_DAY)
        pool.records(profile, records)
        return pool.judged(looked).records

    def volumes(self, rows: Sequence[Volume]) -> list[Finding]:
        """What is amiss with what a run brought, by force."""
        pooled = Rows(self._suites.volumes)
        pooled.add(rows, [row.force for row in rows], _ANY_DAY)
        return judged(list(pooled.asked()))


class Pool:
    """Reports and records that are judged together: added block by block, and not kept."""

    def __init__(self, suites: Suites, day: date) -> None:
        self._suites = suites
        self._day = day
        self._reports = Rows(suites.report)
        self._services = {name: Rows(suites.services[name]) for name in dict.fromkeys(SUITE_OF.values())}
        self._records: dict[str, Rows] = {}

    def reports(self, reports: Sequence[Report]) -> None:
        """Have these judged."""
        by_suite: dict[str, list[Report]] = defaultdict(list)
        for report in reports:
            by_suite[SUITE_OF[report.service]].append(report)
        for pooled, some in ((self._reports, reports), *((self._services[name], some) for name, some in by_suite.items())):
            pooled.add(some, [report.submission_id for report in some], self._day)

    def records(self, profile: str, records: Sequence[Record]) -> None:
        """Have these of one profile judged. Raises BrokenCheck where there is no suite for it."""
        if profile not in self._records:
            self._records[profile] = self._rows_of(profile)
        self._records[profile].add(records, [record.key for record in records], _ANY_DAY)

    def judged(self, looked: Looked | None = None) -> Verdict:
        """What is amiss with what was added. `looked` is added to."""
        pooled = (self._reports, *self._services.values(), *self._records.values())
        findings = judged([asked for rows in pooled for asked in rows.asked()], looked)
        of_records = {rule.code for rows in self._records.values() for rule in rows.suite.rules}  # no other suite has a rule of that code
        return Verdict(*([one for one in findings if (one.code in of_records) is is_record] for is_record in (False, True)))

    def _rows_of(self, profile: str) -> Rows:
        suite = self._suites.profiles.get(profile)
        if suite is None:
            raise BrokenCheck(f"no suite profiles/{profile}.yaml; there are {', '.join(self._suites.profiles) or 'none'}")
        return Rows(suite)
