"""A pool: rows of many suites, judged together, because what asking costs is for a batch and not for a row."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from itertools import compress
from typing import Any

from hub.quality.columns import Cell
from hub.quality.engine import PRESENT, Question, Value, failing
from hub.quality.suite import Rule, Suite
from hub.words import Severity

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
class Rows:
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
