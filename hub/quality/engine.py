"""Great Expectations at work: which rows of a table fail which rules. The one module that imports it and pandas, when first used.

Its traps are stepped around here. An absent column, or any other error, hides in the result of its rule and would pass
for a plain failure: raised as BrokenCheck. A comparison with an absent value counts as failed: such rows are left out.
An empty table passes everything: it is not looked at. The values of failing rows come back unless they are excluded,
and their labels a hundred times faster when they are the frame's own index.
"""

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from hub.quality.columns import Cell
from hub.quality.suite import Rule

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationValidationResult
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.datasource.fluent.interfaces import Batch

_WHETHER = {"result_format": "BOOLEAN_ONLY"}  # half the cost of asking which rows, and most rules hold
_WHICH = {"result_format": "COMPLETE", "exclude_unexpected_values": True, "return_unexpected_index_query": False}
_ONE_AT_A_TIME = threading.RLock()  # every batch of a data source goes through one execution engine


class BrokenCheck(Exception):
    """A rule could not be judged: a defect of its suite or of the hub, never of a report. Names the rule, and no value."""


class Inspection:
    """The rules of one suite, made ready for Great Expectations at first use and then kept."""

    def __init__(self, suite: str, rules: Sequence[Rule]) -> None:
        self._suite = suite
        self._rules = {rule.code: rule for rule in rules}
        self._ready: ExpectationSuite | None = None

    def failing(self, columns: Mapping[str, "Series"]) -> dict[str, list[int]]:
        """The rows that fail, ascending, by code in the order of the rules; a code that every row holds is left out. Raises BrokenCheck."""
        with _ONE_AT_A_TIME:
            batch = _batch(columns)
            self._ready = self._ready or self._expectations(self._rules)
            failed = [code for code, result in self._results(batch, self._ready, _WHETHER).items() if not result.success]
            if not failed:
                return {}
            results = self._results(batch, self._expectations(failed), _WHICH)
        return {code: list(results[code].result["unexpected_index_list"]) for code in self._rules if code in results}

    def _expectations(self, codes: Iterable[str]) -> "ExpectationSuite":
        from great_expectations.core import ExpectationSuite

        return ExpectationSuite(name=self._suite, expectations=[_expectation(self._rules[code]) for code in codes])

    def _results(self, batch: "Batch", suite: "ExpectationSuite", form: dict[str, Any]) -> "dict[str, ExpectationValidationResult]":
        results = {result.expectation_config.meta["code"]: result for result in batch.validate(suite, result_format=form).results}
        for code in (expectation.meta["code"] for expectation in suite.expectations):
            if code not in results or results[code].exception_info.get("raised_exception") is not False:
                raise BrokenCheck(f"{self._suite}: the rule {code!r} could not be judged; look at its columns and arguments")
        return results


Series = tuple[bool, Sequence[Cell]]  # whether texts, and the cells of a column


def warm_up() -> None:
    """Import Great Expectations (5 to 7 seconds, 130 MB), so that the first check need not wait. Safe in any thread."""
    with _ONE_AT_A_TIME:
        _whole_dataframe()


@cache
def _whole_dataframe() -> "BatchDefinition[Any]":
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import: nothing leaves the machine
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context.data_sources.add_pandas("hub").add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")


def _batch(columns: Mapping[str, Series]) -> "Batch":
    definition = _whole_dataframe()
    import pandas as pd

    frame = pd.DataFrame({name: pd.Series(cells, dtype="str" if text else "float64") for name, (text, cells) in columns.items()})
    return definition.get_batch(batch_parameters={"dataframe": frame})


def _expectation(rule: Rule) -> dict[str, Any]:
    arguments = rule.with_.given()
    if "column_B" in arguments:
        arguments["ignore_row_if"] = "either_value_is_missing"
    if rule.where:
        arguments["row_condition"] = _condition(rule.where)
    return {"type": rule.expect, "kwargs": arguments, "meta": {"code": rule.code}}


def _condition(where: Mapping[str, Sequence[str]]) -> Any:
    from great_expectations.expectations.row_conditions import Column

    return reduce(and_, (Column(name).is_in(values) for name, values in where.items()))
