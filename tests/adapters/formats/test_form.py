"""Forms: names and values, nested by brackets or dots, lists as the far end wants them."""

from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from adapters.registry import make_format
from hub.contracts import Misconfigured, Unencodable
from hub.mapping.record import Shape
from tests.adapters.formats.records import DROP, group, item, record, value

REPORT = record(
    "a1",
    value("text", "Ŵyn & 1=1\r\n+%"),
    value("price", Decimal("90071992547409930.10")),
    value("cctv", True),
    value("empty", None),
    group("case", value("case/id", "7"), group("case/who", value("case/who/name", "x"))),
    value("strand", "race", Shape.LIST),
    value("strand", "religion", Shape.LIST),
    item("people", value("people/name", "A"), value("people/role", "victim", Shape.LIST)),
    item("people", value("people/name", "B")),
)
ALWAYS = [("text", "Ŵyn & 1=1\r\n+%"), ("price", "90071992547409930.10"), ("cctv", "true"), ("empty", "")]


def pairs(folder: Path, **options: object) -> list[tuple[str, str]]:
    (payload,) = make_format("form", options, folder).encode([REPORT], DROP)
    assert payload.media_type == "application/x-www-form-urlencoded"
    return parse_qsl(payload.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)


def test_groups_and_lists_as_php_and_rails_read_them(tmp_path: Path) -> None:
    assert pairs(tmp_path, lists="brackets") == [
        *ALWAYS,
        ("case[id]", "7"),
        ("case[who][name]", "x"),
        ("strand[]", "race"),
        ("strand[]", "religion"),
        ("people[0][name]", "A"),
        ("people[0][role][]", "victim"),
        ("people[1][name]", "B"),
    ]


def test_groups_by_dots_and_lists_by_numbers(tmp_path: Path) -> None:
    assert pairs(tmp_path, groups="dots", lists="numbers")[4:] == [
        ("case.id", "7"),
        ("case.who.name", "x"),
        ("strand.0", "race"),
        ("strand.1", "religion"),
        ("people.0.name", "A"),
        ("people.0.role.0", "victim"),
        ("people.1.name", "B"),
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [({}, [("strand", "race"), ("strand", "religion")]), ({"lists": "joined", "by": "|"}, [("strand", "race|religion")])],
)
def test_lists_of_values_repeat_or_are_joined(tmp_path: Path, options: dict[str, object], found: list[tuple[str, str]]) -> None:
    assert [pair for pair in pairs(tmp_path, **options) if pair[0] == "strand"] == found


def test_each_report_is_a_payload_named_after_it(tmp_path: Path) -> None:
    payloads = list(make_format("form", {}, tmp_path).encode([record("a1", value("x", "1")), record("a2", value("x", "2"))], DROP))
    assert [(p.key, p.name, p.body, p.members) for p in payloads] == [
        (f"{DROP.key}/a1", f"{DROP.key}.a1.form", b"x=1", (0,)),
        (f"{DROP.key}/a2", f"{DROP.key}.a2.form", b"x=2", (1,)),
    ]


def test_what_utf_8_cannot_hold_is_a_fault_of_that_report_alone(tmp_path: Path) -> None:
    records = [record("a1", value("x", "1")), record("a2", group("c", value("c/x", "\ud800")))]
    with pytest.raises(Unencodable) as caught:
        list(make_format("form", {}, tmp_path).encode(records, DROP))
    assert caught.value.faults == ((1, "schema-invalid", "c[x] (character that UTF-8 cannot hold)"),)


@pytest.mark.parametrize("options", [{"lists": "xml"}, {"group": "dots"}, {"schema": "absent.json"}, {"by": ""}])
def test_wrong_options_are_named(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(Misconfigured, match=next(iter(options))):
        make_format("form", options, tmp_path)
