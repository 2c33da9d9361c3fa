"""The checks: the suites of a folder, run over pooled reports, records and volumes."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from hub.causes import Code
from hub.mapping.record import Record
from hub.quality.engine import BrokenCheck, failing, warm_up
from hub.quality.folder import read_suites
from hub.quality.pool import ANY_DAY, Finding, Looked, Pool, Pooled, Verdict, judged
from hub.quality.volume import Volume
from hub.reports.model import Report
from hub.words import Cause

__all__ = ["BrokenCheck", "Checks", "Finding", "Looked", "Pool", "Verdict", "Volume", "warm_up"]


class Checks:
    """Every suite of a folder. Safe in any thread; findings come suite by suite, rule by rule, in the order of the rows.

    Whatever judges raises BrokenCheck where a rule cannot be judged: nothing passes unjudged. A value that was judged before, and a number
    that lies between two that passed the same question, is not asked about again.
    """

    def __init__(self, folder: Path) -> None:
        """Raises InvalidDocument with everything that is wrong in any suite."""
        self._suites = read_suites(folder)
        self.codes: Mapping[str, Code] = {rule.code: Code(rule.code, Cause.CHECK, rule.cause, rule.do) for _, rule in self._suites.rules()}

    @classmethod
    def load(cls, folder: Path) -> "Checks":
        """The checks of a folder. Raises InvalidDocument with everything that is wrong in any suite."""
        return cls(folder)

    def rehearse(self) -> None:
        """Have every question asked once, of the extremes that it lets pass: a process then asks about no number between them, and its
        first batch takes a third. Needs Great Expectations, and a tenth of a second. Raises BrokenCheck.
        """
        questions = {rule.question(text=suite.columns[rule.column].text) for suite, rule in self._suites.rules()}
        failing({question: question.extremes for question in questions})

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
        pool = self.pool(ANY_DAY)
        pool.records(profile, records)
        return pool.judged(looked).records

    def volumes(self, rows: Sequence[Volume]) -> list[Finding]:
        """What is amiss with what a run brought, by force."""
        pooled = Pooled(self._suites.volumes)
        pooled.add(rows, [row.force for row in rows], ANY_DAY)
        return judged(list(pooled.asked()))
