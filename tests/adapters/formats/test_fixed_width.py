"""Fixed columns: nothing shifts what stands after it, and what a map cuts is signalled."""

from pathlib import Path

import pytest

from adapters.registry import make_format
from hub.contracts import Format, Misconfigured, Unencodable
from hub.mapping.record import Cell, Record
from tests.adapters.formats.records import DROP, item, record, value
from tests.mapping.maps import DAY, a_report, field_map, signals

TABLES = {"people": ("ID", "SURNAME", "AGE")}
CELLS = {"people": {"ID": Cell(4), "SURNAME": Cell(6), "AGE": Cell(3, "right", "0")}}


def fixed(**options: object) -> Format:
    return make_format("fixed-width", {"tables": TABLES, "cells": CELLS, **options}, Path())


def person(key: str, surname: str, age: str = "7") -> Record:
    return record(key, item("people", value("people/ID", key), value("people/SURNAME", surname), value("people/AGE", age)))


def test_each_value_fills_its_column_from_its_side() -> None:
    (payload,) = fixed().encode([person("a1", "Ŷnys"), person("a2", "", "130")], DROP)
    assert payload.body.decode() == "a1  Ŷnys  007\r\na2        130\r\n"
    assert (payload.name, payload.media_type, payload.members) == (f"{DROP.key}.people.txt", "text/plain", (0, 1))


def test_the_first_and_the_last_line_say_whose_and_how_many() -> None:
    options = {"first_line": "H{force_code}{sequence:6}{date}", "last_line": "T{rows:8}{reports:4}", "line_ending": "lf"}
    (payload,) = fixed(**options).encode([person("a1", "x"), person("a1", "y")], DROP)
    assert payload.body.decode().split("\n") == ["H460000172026-11-22", "a1  x     007", "a1  y     007", "T000000020002", ""]
    assert fixed(**options).count(payload.body) == 1


@pytest.mark.parametrize(
    ("surname", "encoding", "why"),
    [
        ("1234567", "utf-8", "wider than its column"),
        ("a\nb", "utf-8", "a line end in a column"),
        ("a\u2028b", "utf-8", "a line end in a column"),
        ("ŵ", "cp1252", "character that the file cannot hold"),
    ],
)
def test_what_would_shift_the_others_is_refused_by_its_column(surname: str, encoding: str, why: str) -> None:
    with pytest.raises(Unencodable) as refused:
        list(fixed(encoding=encoding).encode([person("a1", "x"), person("a2", surname)], DROP))
    assert refused.value.faults == ((1, "schema-invalid", f"people/SURNAME ({why})"),)


def test_a_field_map_gives_the_widths_and_signals_what_it_cuts(tmp_path: Path) -> None:
    fields = "people: {each: people, fields: {ID: {from: .id, width: 4}, SURNAME: {from: .family_name, width: 6}}}"
    made = field_map(tmp_path, fields)
    assert made.cells() == {"people": {"ID": Cell(4), "SURNAME": Cell(6)}}
    mapped = made.apply(a_report(people=[{"id": "p1", "roles": ["victim"], "family_name": "Featherstone"}]), DAY)
    (payload,) = make_format("fixed-width", {"tables": made.columns(), "cells": made.cells()}, tmp_path).encode([mapped], DROP)
    assert payload.body == b"p1  Feathe\r\n"
    assert signals(mapped) == [("truncated", "people/SURNAME")]


@pytest.mark.parametrize("body", [b"a1  x     007", b"a1  x\r\n", b"\xff\r\n"])
def test_lines_that_are_none_of_its_own_are_not_counted(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"lines|utf-8"):
        fixed().count(body)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"cells": {"people": {"ID": Cell(4)}}}, "people/SURNAME has no `width`"),
        ({"last_line": "T{row}"}, "did you mean 'rows'"),
        ({"first_line": "H{"}, "brace"),
        ({"encoding": "utf-16"}, "encoding"),
    ],
)
def test_wrong_options_are_named(options: dict[str, object], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        fixed(**options)
