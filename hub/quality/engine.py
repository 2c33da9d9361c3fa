"""Great Expectations at work: which values fail which questions. The one module that imports it and pandas, when first used.

It takes some 3 ms for an expectation however few rows there are, and most rules of all suites ask one of twenty
questions (at least 1, at most 0, not null). So each question is asked once, of the distinct values that any rule asks
it of, all in one batch.

Its traps are stepped around. An absent column, or any other error, hides in the result of its expectation and would
pass for a plain failure: raised as BrokenCheck. A comparison with an absent value counts as failed: such rows are left
out. An empty frame passes everything: it is not made. The failing values come back, unless they are excluded, and their
labels a hundred times faster when these are the frame's own index.
"""

import importlib
import importlib.util
import math
import os
import sys
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext
    from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
    from great_expectations.validator.validator import Validator

Value = str | float | tuple[Any, Any] | None
_FAR = 1e9  # beyond whatever is counted or measured of a report
PRESENT = 1.0  # what stands for any value where it only matters whether there is one

_WHETHER = {"result_format": "BOOLEAN_ONLY"}  # half the cost of asking which, and most values pass
_WHICH = {"result_format": "COMPLETE", "exclude_unexpected_values": True, "return_unexpected_index_query": False}
_ONE_AT_A_TIME = threading.RLock()  # every batch goes through one execution engine


class BrokenCheck(Exception):
    """A rule could not be judged: a defect of its suite or of the hub, never of a report. Names the expectation, and no value."""


@dataclass(frozen=True, slots=True)
class Question:
    """An expectation with its arguments, without a column. `text` says whether it is asked of texts or of numbers."""

    expect: str
    text: bool
    arguments: tuple[tuple[str, Any], ...]

    @property
    def of_absence(self) -> bool:
        """Whether it looks at nothing but whether there is a value."""
        return self.expect in ("expect_column_values_to_be_null", "expect_column_values_to_not_be_null")

    @property
    def is_between_numbers(self) -> bool:
        return self.expect == "expect_column_values_to_be_between" and not self.text

    @property
    def of_pairs(self) -> bool:
        return self.expect.startswith("expect_column_pair_")

    @property
    def extremes(self) -> tuple[Value, ...]:
        """Numbers at the ends of what it lets pass, so that all between are known to; of all else anything that it can be asked of."""
        if self.of_pairs:
            return ((0.0, 0.0),)
        if self.text:
            return ("",)
        if not self.is_between_numbers:
            return (PRESENT,)
        given = dict(self.arguments)
        return (given.get("min_value", -_FAR), given.get("max_value", _FAR))


def warm_up() -> None:
    """Import Great Expectations (3 to 5 seconds, 90 MB), so that the first check need not wait. Safe in any thread."""
    with _ONE_AT_A_TIME:
        _context()


def failing(asked: Mapping[Question, Collection[Value]]) -> dict[Question, frozenset[Value]]:
    """The values that fail, by question; a question that all of its values pass is left out. Raises BrokenCheck.

    A question is of the value alone: what was judged before in this process is not asked again, nor a number between two that passed.
    """
    with _ONE_AT_A_TIME:
        known = {question: _KNOWN.setdefault(question, _Known.of(question)) for question in asked}
        new = {question: known[question].not_yet(values) for question, values in asked.items()}
        wrong = _failing(new)
        for question, values in new.items():
            known[question].learn(values, wrong.get(question, frozenset()))
        found = {question: known[question].failing(values) for question, values in asked.items()}
        for one in known.values():
            one.forget()
    return {question: failed for question, failed in found.items() if failed}


_REMEMBERED = 5_000  # values of one question: some 500 KB


@dataclass(slots=True)
class _Known:
    """What was judged of one question in this process: whether each value fails."""

    verdicts: dict[Value, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, question: Question) -> "_Known":
        return _KnownBetween() if question.is_between_numbers else cls()

    def not_yet(self, values: Iterable[Value]) -> list[Value]:
        """Those that have to be asked about."""
        return [value for value in values if value not in self.verdicts]

    def learn(self, values: Iterable[Value], wrong: frozenset[Value]) -> None:
        self.verdicts.update(dict.fromkeys(values, False) | dict.fromkeys(wrong, True))

    def failing(self, values: Iterable[Value]) -> frozenset[Value]:
        """Of values that were all judged those that fail."""
        return frozenset(filter(self.verdicts.__getitem__, values))

    def forget(self) -> None:
        """Memory stays flat: of questions with ever new values (a postcode, an address) nothing is kept for long."""
        if len(self.verdicts) > _REMEMBERED:
            self.verdicts.clear()


@dataclass(slots=True)
class _KnownBetween(_Known):
    """The same where a number must lie between two: what lies between two that passed passes, too, and only what fails is kept."""

    lowest: float = math.inf
    highest: float = -math.inf

    def not_yet(self, values: Iterable[Value]) -> list[Value]:
        low, high, failed = self.lowest, self.highest, self.verdicts
        return [value for value in values if not low <= cast(float, value) <= high and value not in failed]

    def learn(self, values: Iterable[Value], wrong: frozenset[Value]) -> None:
        passed = [cast(float, value) for value in values if value not in wrong]
        self.lowest, self.highest = min([self.lowest, *passed]), max([self.highest, *passed])
        self.verdicts.update(dict.fromkeys(wrong, True))

    def failing(self, values: Iterable[Value]) -> frozenset[Value]:
        return frozenset(filter(self.verdicts.__contains__, values))


_KNOWN: dict[Question, _Known] = {}


def _failing(asked: Mapping[Question, Collection[Value]]) -> dict[Question, frozenset[Value]]:
    values = {f"q{number}": (question, tuple(asked[question])) for number, question in enumerate(asked) if asked[question]}
    if not values:
        return {}
    validator = _validator(values)
    whether = _results(validator, {name: question for name, (question, _) in values.items()}, _WHETHER)
    failed = {name: values[name][0] for name, result in whether.items() if not result.success}
    which = _results(validator, failed, _WHICH) if failed else {}
    rows = {name: result.result["unexpected_index_list"] for name, result in which.items()}
    return {values[name][0]: frozenset(values[name][1][row] for row in rows[name]) for name in rows}


def _results(validator: "Validator", questions: Mapping[str, Question], form: dict[str, Any]) -> "dict[str, ExpectationValidationResult]":
    asked = [_expectation(name, question).configuration for name, question in questions.items()]
    results = {_name(result): result for result in validator.graph_validate(asked, {"result_format": form})}
    for name, question in questions.items():
        if name not in results or results[name].exception_info.get("raised_exception") is not False:
            raise BrokenCheck(f"{question.expect} could not be judged with {dict(question.arguments)}")
    return results


def _name(result: "ExpectationValidationResult") -> str:
    config = result.expectation_config
    return str((config.meta or {}).get("name")) if config else ""


@cache
def _expectation(name: str, question: Question) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    columns = (
        {"column_A": f"{name}a", "column_B": f"{name}b", "ignore_row_if": "either_value_is_missing"}
        if question.of_pairs
        else {"column": name}
    )
    arguments = {argument: list(value) if isinstance(value, tuple) else value for argument, value in question.arguments}
    return ExpectationConfiguration(type=question.expect, kwargs=columns | arguments, meta={"name": name}).to_domain_obj()


@cache
def _context() -> "AbstractDataContext":
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import: nothing leaves the machine
    for name in ("scipy.stats", "altair", "jsonschema"):  # 100 MB and three seconds, for what no suite asks: distributions, plots, schemas
        _only_if_used(name)
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig

    without_docs = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)  # else it leaves a folder behind in the system's own
    context = gx.get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=without_docs))
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


@cache
def _engine() -> "PandasExecutionEngine":
    from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine

    return PandasExecutionEngine()


class _Later(ModuleType):
    """Stands for a module until something of it is asked for. Python's own lazy loader is told apart by `import … as …`, and loads."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        self.__dict__.update(importlib.import_module(self.__name__).__dict__)
        return self.__dict__[name] if name in self.__dict__ else super().__getattribute__(name)


def _only_if_used(name: str) -> None:
    """Let a module that Great Expectations imports be loaded when something of it is asked for, and no sooner."""
    if name in sys.modules or not (spec := importlib.util.find_spec(name)):
        return
    sys.modules[name] = later = _Later(name)
    later.__spec__ = spec
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, later)


def _validator(values: Mapping[str, tuple[Question, Sequence[Value]]]) -> "Validator":
    """What asks questions of these values. Without a data source: that would digest every value twice, to tell batches apart."""
    context, engine = _context(), _engine()
    import pandas as pd
    from great_expectations.validator.validator import Validator

    columns: dict[str, pd.Series[Any]] = {}
    length = max(len(found) for _, found in values.values())
    for name, (question, found) in values.items():
        columns |= _series(name, question, found, length)
    engine.load_batch_data("values", pd.DataFrame(columns))  # in the place of those before
    return Validator(engine, data_context=context)


def _series(name: str, question: Question, values: Sequence[Any], length: int) -> "dict[str, pd.Series[Any]]":
    """The column or columns of a question, filled up below with what passes."""
    import pandas as pd

    below = length - len(values)
    if question.of_pairs:
        first, second = ([*(pair[side] for pair in values), *[None] * below] for side in (0, 1))
        return {f"{name}a": pd.Series(first, dtype="float64"), f"{name}b": pd.Series(second, dtype="float64")}
    if question.text:
        writable = [value.encode(errors="replace").decode() for value in values]  # pandas breaks on half a surrogate pair
        return {name: pd.Series([*writable, *[None] * below], dtype="str")}
    fill = PRESENT if question.expect == "expect_column_values_to_not_be_null" else None
    return {name: pd.Series([*values, *[fill] * below], dtype="float64")}
