"""What a spreadsheet would run is made harmless, and what it would not is left alone."""

from pathlib import Path

import pytest

from hub.documents import read
from hub.forces.profiles import code_lists
from hub.mapping.compile import compile_map
from hub.mapping.declared import declare
from hub.mapping.letters import harmless
from tests.mapping.maps import DAY, OnlyFields, a_report, outline, signals


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+A1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1+1",
        "＝1+1",
        "- he took it",
        '=HYPERLINK("x")',
        "+44-7700-900123",
    ],
)
def test_what_begins_like_a_formula_gets_an_apostrophe_once(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless(harmless(text)) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "a=b", "-1.5", "+447700900123", "+44 7700 900123", "-3,000", "1+1", " x ", "Ŵyn"])
def test_numbers_and_phone_numbers_and_the_rest_stay(text: str) -> None:
    assert harmless(text) == text


def test_a_map_for_a_spreadsheet_signals_what_it_changes_and_leaves_numbers(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(
        "fields:\n  T: text\n  L: {literal: '£=ŵ'}\n  P: {each: locations, fields: {X: .longitude, D: {from: .description, max: 4}}}\n",
        encoding="utf-8",
    )
    document = read(tmp_path / "f.yaml")
    targets = declare(document.check(OnlyFields).fields, document, ("fields",))
    made, faults = compile_map(targets, {}, code_lists(tmp_path), "cp1252", formulas=False)
    assert faults == []
    record = made.apply(a_report(text="=1+1", locations=[{"id": "l1", "longitude": -3.5, "description": "@here"}]), DAY)
    assert outline(record) == [("T", "'=1+1"), ("L", "£=w"), ("P", [("X", "-3.5"), ("D", "'@he")])]
    assert signals(record) == [("formula", "T"), ("formula", "P/D"), ("truncated", "P/D")]
