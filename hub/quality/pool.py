"""A pool: rows of many suites, judged together, because what asking costs is for a batch and not for a row."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from itertools import compress
from typing import Any

from hub.mapping.record import Record
from hub.quality.columns import Cell
from hub.quality.engine import PRESENT, BrokenCheck, Question, Value, failing
from hub.quality.folder import SUITE_OF, Suites
from hub.quality.suite import Rule, Suite
from hub.reports.model import Report
from hub.words import Severity

ANY_DAY = date.min  # records and volumes are judged by themselves
Looked = Counter[tuple[str, str]]  # how many rows a rule was asked of, by suite and code


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that fails a rule: `key` is a submission id, or a force's slug for volumes; `field` a path. Never a value."""

    key: str
    code: str
    severity: Severity
    suite: str
    field: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule, and for each row that it is for the row's key and what is judged of it."""

    suite: str
    rule: Rule
    field: str
    question: Question
    keys: Sequence[str]
    values: Sequence[Value]

    def findings(self, wrong: Set[Value]) -> Iterator[Finding]:
        for key, value in zip(self.keys, self.values, strict=True):
            if value in wrong:
                yield Finding(key, self.rule.code, self.rule.severity, self.suite, self.field)


@dataclass
class Pooled:
    """The rows of one suite: their keys, and their cells by column. The rows themselves need not be kept."""

    suite: Suite[Any]
    keys: list[str] = field(default_factory=list)
    cells: dict[str, list[Cell]] = field(default_factory=lambda: defaultdict(list))

    def add(self, rows: Sequence[Any], keys: Sequence[str], day: date) -> None:
        """Take what the rules of the suite look at. A few rows at a time, while the processor's cache still has them, cost half."""
        self.keys += keys
        for name, column in self.suite.columns.items():
            self.cells[name] += column.cells(rows, day)

    def asked(self) -> Iterator[Asked]:
        """Every rule of the suite, with what it judges of these rows."""
        for rule in self.suite.rules if self.keys else ():
            column = self.suite.columns[rule.column]
            question = rule.question(text=column.text)
            values = _values(question, [self.cells[name] for name in rule.with_.columns().values()])
            chosen = _chosen(rule, self.cells)
            keys = self.keys if chosen is None else list(compress(self.keys, chosen))
            values = values if chosen is None else list(compress(values, chosen))
            yield Asked(self.suite.suite, rule, column.field, question, keys, values)


def judged(asked: Sequence[Asked], looked: Looked | None = None) -> list[Finding]:
    """Ask each question once, of the distinct values of all its rules, and say which rows have one that fails.

    Rule by rule, in the order of the rows. `looked` is added to. Raises BrokenCheck.
    """
    if looked is not None:
        looked.update({(one.suite, one.rule.code): len(one.keys) for one in asked})
    distinct: dict[Question, set[Value]] = defaultdict(set)
    for one in asked:
        distinct[one.question].update(one.values)
    for question, values in distinct.items():
        if not question.of_absence:
            values.discard(None)  # what is absent passes
    wrong = failing(distinct)
    return [finding for one in asked if one.question in wrong for finding in one.findings(wrong[one.question])]


def _values(question: Question, cells: Sequence[Sequence[Cell]]) -> Sequence[Value]:
    """What a question is asked of, row by row: a cell, whether there is one, or a pair of which neither is absent."""
    if question.of_pairs:
        return [None if a is None or b is None else (a, b) for a, b in zip(*cells, strict=True)]
    if question.of_absence:
        return [None if cell is None else PRESENT for cell in cells[0]]
    return cells[0]


def _chosen(rule: Rule, cells: Mapping[str, Sequence[Cell]]) -> Sequence[bool] | None:
    """Which rows a rule is for; None for all of them."""
    conditions = [[cell in wanted for cell in cells[name]] for name, wanted in (rule.where or {}).items()]
    return [all(row) for row in zip(*conditions, strict=True)] if conditions else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is amiss with a pool: with its reports, and with its records."""

    reports: list[Finding]
    records: list[Finding]


class Pool:
    """Reports and records that are judged together: added block by block, and not kept."""

    def __init__(self, suites: Suites, day: date) -> None:
        self._suites = suites
        self._day = day
        self._reports = Pooled(suites.report)
        self._services = {name: Pooled(suites.services[name]) for name in dict.fromkeys(SUITE_OF.values())}
        self._records: dict[str, Pooled] = {}

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
            self._records[profile] = self._pooled_of(profile)
        self._records[profile].add(records, [record.key for record in records], ANY_DAY)

    def judged(self, looked: Looked | None = None) -> Verdict:
        """What is amiss with what was added. `looked` is added to."""
        pooled = (self._reports, *self._services.values(), *self._records.values())
        findings = judged([asked for rows in pooled for asked in rows.asked()], looked)
        of_records = {rule.code for rows in self._records.values() for rule in rows.suite.rules}  # no other suite has a rule of that code
        return Verdict(*([one for one in findings if (one.code in of_records) is is_record] for is_record in (False, True)))

    def _pooled_of(self, profile: str) -> Pooled:
        suite = self._suites.profiles.get(profile)
        if suite is None:
            raise BrokenCheck(f"no suite profiles/{profile}.yaml; there are {', '.join(self._suites.profiles) or 'none'}")
        return Pooled(suite)
