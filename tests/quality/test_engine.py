"""What Great Expectations is asked, and what it may not hide."""

from collections.abc import Collection, Mapping

import pytest

from hub.quality import engine
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


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[Question, list[Value]]]:
    """What Great Expectations itself was asked, from now on."""
    asked: list[dict[Question, list[Value]]] = []
    ask = engine._failing

    def noted(questions: Mapping[Question, Collection[Value]]) -> dict[Question, frozenset[Value]]:
        asked.append({question: sorted(values, key=str) for question, values in questions.items() if values})
        return ask(questions)

    monkeypatch.setattr(engine, "_failing", noted)
    monkeypatch.setattr(engine, "_KNOWN", {})
    return asked


def test_what_was_judged_once_is_not_asked_again(told: list[dict[Question, list[Value]]]) -> None:
    one = question("expect_column_values_to_match_regex", regex="^a")
    assert failing({one: {"a", "b"}}) == {one: {"b"}}
    assert failing({one: {"b", "ab", "c"}}) == {one: {"b", "c"}}
    assert told == [{one: ["a", "b"]}, {one: ["ab", "c"]}]


def test_a_number_between_two_that_passed_is_not_asked_about(told: list[dict[Question, list[Value]]]) -> None:
    between = question("expect_column_values_to_be_between", min_value=10.0, max_value=20.0)
    for values in ({12.0, 9.0, 15.0}, {13.0, 15.0, 14.5, 9.0}, {11.0, 20.5, 18.0, 9.0}, {17.0, 10.0, 20.5}):
        assert failing({between: values}).get(between, frozenset()) == {value for value in values if not 10 <= value <= 20}
    assert told == [{between: [12.0, 15.0, 9.0]}, {}, {between: [11.0, 18.0, 20.5]}, {between: [10.0]}]


def test_no_bound_lets_anything_pass_that_it_excludes(told: list[dict[Question, list[Value]]]) -> None:
    between = question("expect_column_values_to_be_between", min_value=1.0, strict_min=True, max_value=3.0, strict_max=True)
    assert failing({between: {1.0, 3.0}}) == {between: {1.0, 3.0}}  # nothing passed yet
    assert failing({between: {2.0, 1.0, 3.0, 1.5}}) == {between: {1.0, 3.0}}
    assert told == [{between: [1.0, 3.0]}, {between: [1.5, 2.0]}]


def test_how_long_a_text_is_says_nothing_of_another_text(told: list[dict[Question, list[Value]]]) -> None:
    lengths = question("expect_column_value_lengths_to_be_between", min_value=2.0)
    assert failing({lengths: {"a", "ccc"}}) == {lengths: {"a"}}
    assert failing({lengths: {"b"}}) == {lengths: {"b"}}
    assert told[1] == {lengths: ["b"]}


@pytest.mark.parametrize(("expect", "arguments"), [(expect, arguments) for expect, arguments, *_ in CASES])
def test_every_question_can_be_asked_of_its_extremes_and_numbers_pass(expect: str, arguments: dict[str, object]) -> None:
    one = question(expect, **arguments)
    is_strict = bool({"strict_min", "strict_max"} & arguments.keys())
    assert not one.is_between_numbers or is_strict or failing({one: one.extremes}) == {}
    failing({one: one.extremes})
