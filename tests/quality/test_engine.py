"""What Great Expectations is asked, and what it may not hide."""

import pytest

from hub.quality.engine import PRESENT, BrokenCheck, Question, Value, failing
from hub.quality.suite import EXPECTATIONS

TEXTS: set[Value] = {"a", "bb", "ccc"}
NUMBERS: set[Value] = {1.0, 2.0, 3.0}
PAIRS: set[Value] = {(1.0, 2.0), (2.0, 2.0), (3.0, 2.0)}
CASES: list[tuple[str, dict[str, object], set[Value], set[Value]]] = [
    ("expect_column_values_to_not_be_null", {}, {PRESENT, None}, {None}),
    ("expect_column_values_to_be_null", {}, {PRESENT, None}, {PRESENT}),
    ("expect_column_values_to_be_between", {"min_value": 2.0}, NUMBERS, {1.0}),
    ("expect_column_values_to_be_between", {"max_value": 2.0}, NUMBERS, {3.0}),
    (
        "expect_column_values_to_be_between",
        {"min_value": 1.0, "strict_min": True, "max_value": 3.0, "strict_max": True},
        NUMBERS,
        {1.0, 3.0},
    ),
    ("expect_column_value_lengths_to_be_between", {"min_value": 2.0, "max_value": 2.0}, TEXTS, {"a", "ccc"}),
    ("expect_column_values_to_be_in_set", {"value_set": ("a", "bb")}, TEXTS, {"ccc"}),
    ("expect_column_values_to_not_be_in_set", {"value_set": ("a", "bb")}, TEXTS, {"a", "bb"}),
    ("expect_column_values_to_match_regex", {"regex": "^a|b$"}, TEXTS, {"ccc"}),
    ("expect_column_values_to_not_match_regex", {"regex": "^a|b$"}, TEXTS, {"a", "bb"}),
    ("expect_column_pair_values_a_to_be_greater_than_b", {}, PAIRS, {(1.0, 2.0), (2.0, 2.0)}),
    ("expect_column_pair_values_a_to_be_greater_than_b", {"or_equal": True}, PAIRS, {(1.0, 2.0)}),
]


def question(expect: str, **arguments: object) -> Question:
    return Question(expect, EXPECTATIONS[expect].text is True, tuple(arguments.items()))


@pytest.mark.parametrize(("expect", "arguments", "values", "wrong"), CASES)
def test_the_values_that_fail_come_back_and_no_others(
    expect: str, arguments: dict[str, object], values: set[Value], wrong: set[Value]
) -> None:
    asked = question(expect, **arguments)
    assert failing({asked: values}) == {asked: wrong}


def test_questions_of_other_lengths_and_kinds_go_together() -> None:
    asked = {question(expect, **arguments): values for expect, arguments, values, _ in CASES}
    asked[question("expect_column_values_to_be_between", max_value=499.0)] = {float(number) for number in range(1000)}
    answers = {question(expect, **arguments): wrong for expect, arguments, _, wrong in CASES}
    answers[question("expect_column_values_to_be_between", max_value=499.0)] = {float(number) for number in range(500, 1000)}
    assert failing(asked) == answers


def test_every_expectation_that_a_suite_may_use_is_tried_here() -> None:
    assert {expect for expect, *_ in CASES} == set(EXPECTATIONS)


def test_texts_that_no_codec_likes_are_judged_like_any_other() -> None:
    odd: set[Value] = {"", "nan", "None", "a\x00b", "\ud800", "ŵ" * 10_000, "a\nb"}
    assert failing({question("expect_column_values_to_match_regex", regex="^a"): odd}) == {
        question("expect_column_values_to_match_regex", regex="^a"): odd - {"a\x00b", "a\nb"}
    }


def test_a_question_that_all_values_pass_is_not_in_the_answer() -> None:
    assert failing({question("expect_column_values_to_be_between", min_value=0.0): NUMBERS}) == {}


def test_a_question_of_nothing_is_not_asked() -> None:
    assert failing({question("expect_column_values_to_be_between", min_value=0.0): set()}) == {}


def test_an_expectation_that_breaks_is_an_error_and_never_a_finding_or_a_pass() -> None:
    of_texts = Question("expect_column_values_to_be_between", True, (("min_value", 1.0),))
    with pytest.raises(BrokenCheck, match=r"^expect_column_values_to_be_between could not be judged with \{'min_value': 1\.0\}$"):
        failing({of_texts: {"CANARY7"}})
