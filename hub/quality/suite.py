"""A suite: the columns and the rules of one YAML file, checked whole when it is loaded, without Great Expectations.

Every fault is found before a report is touched, and stands at its key in the file: an unknown expectation, column,
argument, field or named value, a column of the wrong kind, two rules of one code.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from hub.documents import Closed
from hub.mapping.record import Record
from hub.quality.columns import Column, RecordColumn, ReportColumn, VolumeColumn, unknown
from hub.quality.engine import Question
from hub.quality.volume import Volume
from hub.reports.model import Report
from hub.words import Severity

R = TypeVar("R")
KebabCase = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Sentence = Annotated[str, StringConstraints(pattern=r"^[A-Z].*\.$")]
Values = Annotated[tuple[str, ...], BeforeValidator(lambda raw: [raw] if isinstance(raw, str) else raw)]

COLUMNS = ("column", "column_A", "column_B")  # the arguments that name a column


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an expectation of Great Expectations reads and is given. Only such as judge each value by itself."""

    text: bool | None = None  # its columns hold texts (True), numbers (False), or either
    needs: tuple[str, ...] = ("column",)
    one_of: tuple[str, ...] = ()
    may: tuple[str, ...] = ()

    def takes(self) -> tuple[str, ...]:
        return self.needs + self.one_of + self.may


_RANGE = ("min_value", "max_value")
EXPECTATIONS: Mapping[str, Expectation] = {
    "expect_column_values_to_not_be_null": Expectation(),
    "expect_column_values_to_be_null": Expectation(),
    "expect_column_values_to_be_between": Expectation(text=False, one_of=_RANGE, may=("strict_min", "strict_max")),
    "expect_column_value_lengths_to_be_between": Expectation(text=True, one_of=_RANGE),
    "expect_column_values_to_be_in_set": Expectation(text=True, needs=("column", "value_set")),
    "expect_column_values_to_not_be_in_set": Expectation(text=True, needs=("column", "value_set")),
    "expect_column_values_to_match_regex": Expectation(text=True, needs=("column", "regex")),
    "expect_column_values_to_not_match_regex": Expectation(text=True, needs=("column", "regex")),
    "expect_column_pair_values_a_to_be_greater_than_b": Expectation(text=False, needs=("column_A", "column_B"), may=("or_equal",)),
}


class Arguments(Closed):
    """What an expectation is given, under Great Expectations' own names."""

    column: str | None = None
    column_A: str | None = None  # noqa: N815 - Great Expectations' own spelling
    column_B: str | None = None  # noqa: N815 - Great Expectations' own spelling
    min_value: float | None = None
    max_value: float | None = None
    strict_min: bool | None = None
    strict_max: bool | None = None
    or_equal: bool | None = None
    regex: str | None = None
    value_set: Annotated[tuple[str, ...] | None, Field(min_length=1)] = None

    @field_validator("regex")
    @classmethod
    def _compiles(cls, regex: str | None) -> str | None:
        try:
            groups = re.compile(regex or "").groups
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from None
        if groups:
            raise ValueError("a group that captures: write (?:…)")
        return regex

    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)

    def columns(self) -> dict[str, str]:
        """The columns that it reads, by argument."""
        return {argument: name for argument in COLUMNS if (name := getattr(self, argument)) is not None}


class Rule(Closed):
    """One thing that must hold of every row, with a stable code. `where` narrows it to rows whose columns have one of these values."""

    code: KebabCase
    expect: str
    with_: Annotated[Arguments, Field(alias="with")]
    where: Annotated[dict[str, Values], Field(min_length=1)] | None = None
    severity: Severity
    cause: Sentence
    do: Sentence

    @field_validator("expect")
    @classmethod
    def _is_known(cls, expect: str) -> str:
        if expect not in EXPECTATIONS:
            raise unknown("expectation", expect, EXPECTATIONS)
        return expect

    @model_validator(mode="after")
    def _is_given_what_it_takes(self) -> Self:
        expectation, given = EXPECTATIONS[self.expect], self.with_.given()
        if wrong := [name for name in given if name not in expectation.takes()]:
            raise _at(("with", wrong[0]), f"{self.expect} does not take it; it takes {', '.join(expectation.takes())}")
        if missing := [name for name in expectation.needs if name not in given]:
            raise _at(("with",), f"{self.expect} needs {missing[0]}")
        if expectation.one_of and not given.keys() & set(expectation.one_of):
            raise _at(("with",), f"{self.expect} needs {' or '.join(expectation.one_of)}")
        return self

    @property
    def column(self) -> str:
        """The column that it is about: the first of two."""
        return next(iter(self.with_.columns().values()))

    def question(self, text: bool) -> Question:
        """What it asks, whatever the column: of texts or of numbers."""
        arguments = {name: value for name, value in self.with_.given().items() if name not in COLUMNS}
        return Question(self.expect, text and EXPECTATIONS[self.expect].text is not None, tuple(arguments.items()))


class Suite(Closed, Generic[R]):
    """What must hold of rows of one kind. Raises ValidationError, located, when made of anything that could not be checked."""

    suite: KebabCase
    about: Sentence
    columns: Mapping[str, Column[R]]
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if errors := list(self._faults()):
            raise ValidationError.from_exception_data(type(self).__name__, errors)
        return self

    def _faults(self) -> Iterator[InitErrorDetails]:
        if not self.rules:
            yield _error(("rules",), "a suite has one rule or more")
        used = set[str]()
        for number, rule in enumerate(self.rules):
            for loc, name, text in _reads(rule):
                used.add(name)
                if name not in self.columns:
                    yield _error(("rules", number, *loc), str(unknown("column", name, self.columns)))
                elif text is not None and self.columns[name].text != text:
                    yield _error(
                        ("rules", number, *loc), f"{name!r} holds {'numbers' if text else 'texts'}, not {'texts' if text else 'numbers'}"
                    )
        for name in self.columns.keys() - used:
            yield _error(("columns", name), "no rule reads it")


class ReportSuite(Suite[Report]):
    """A suite of reports."""

    columns: Mapping[str, ReportColumn]


class RecordSuite(Suite[Record]):
    """A suite of one profile's records."""

    columns: Mapping[str, RecordColumn]


class VolumeSuite(Suite[Volume]):
    """The suite of a run's volumes."""

    columns: Mapping[str, VolumeColumn]


def _reads(rule: Rule) -> Iterator[tuple[tuple[str, str], str, bool | None]]:
    """Every column that a rule reads: its place in the rule, its name, and whether it must be of texts."""
    for argument, name in rule.with_.columns().items():
        yield ("with", argument), name, EXPECTATIONS[rule.expect].text
    for name in rule.where or ():
        yield ("where", name), name, True


def _at(loc: tuple[str | int, ...], message: str) -> ValidationError:
    return ValidationError.from_exception_data("Rule", [_error(loc, message)])


def _error(loc: tuple[str | int, ...], message: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("suite", "{message}", {"message": message}), loc=loc, input=None)
