"""JSON: types kept, every digit kept, valid against the schema, in a document for each report or one for the drop."""

import json
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from adapters.registry import make_format
from hub.contracts import Misconfigured, Unencodable
from hub.mapping.record import Record, Shape
from tests.adapters.formats.records import DROP, group, item, record, value

_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "price": {"type": "number", "minimum": 0},
        "born": {"type": "string", "format": "date"},
        "seen": {"type": ["boolean", "null"]},
        "roles": {"type": "array", "items": {"type": "string", "maxLength": 8}},
        "people": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}}}},
    },
}


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    (tmp_path / "report.schema.json").write_bytes(orjson.dumps(_SCHEMA))
    return tmp_path


def report(key: str, *, name: str = "Ŵyn", born: str = "2001-02-03") -> Record:
    return record(
        key,
        value("id", key),
        value("price", Decimal("90071992547409930.10")),
        value("born", born),
        value("seen", None),
        value("roles", "victim", Shape.LIST),
        value("roles", "witness", Shape.LIST),
        item("people", value("people/name", name)),
    )


def test_a_report_is_a_document_of_its_own_with_types_lists_and_every_digit(profile: Path) -> None:
    payloads = list(make_format("json", {"schema": "report.schema.json", "batch": "report"}, profile).encode([report("a1")], DROP))
    assert [(p.key, p.name, p.media_type, p.members) for p in payloads] == [
        (f"{DROP.key}/a1", f"{DROP.key}.a1.json", "application/json", (0,))
    ]
    assert json.loads(payloads[0].body, parse_float=Decimal) == {
        "id": "a1",
        "price": Decimal("90071992547409930.10"),
        "born": "2001-02-03",
        "seen": None,
        "roles": ["victim", "witness"],
        "people": [{"name": "Ŵyn"}],
    }
    assert b"90071992547409930.10" in payloads[0].body


def test_a_drop_is_a_line_for_each_report(profile: Path) -> None:
    lines = make_format("json", {"schema": "report.schema.json"}, profile)
    (payload,) = lines.encode([report("a1"), report("a2")], DROP)
    assert (payload.key, payload.name, payload.media_type) == (DROP.key, f"{DROP.key}.ndjson", "application/x-ndjson")
    assert [json.loads(line)["id"] for line in payload.body.splitlines()] == ["a1", "a2"]
    assert (payload.members, lines.count(payload.body)) == ((0, 1), 2)


def test_a_drop_in_an_envelope_says_whose_it_is(profile: Path) -> None:
    enveloped = make_format("json", {"schema": "report.schema.json", "envelope": "cases"}, profile)
    (payload,) = enveloped.encode([report("a1"), report("a2")], DROP)
    document = json.loads(payload.body)
    assert [case["id"] for case in document.pop("cases")] == ["a1", "a2"]
    assert document == {
        "drop": DROP.key,
        "force": "kent",
        "series": "k7q2",
        "sequence": 17,
        "sealed_at": "2026-11-22T06:00:00Z",
        "count": 2,
    }
    assert enveloped.count(payload.body) == 2


@pytest.mark.parametrize("batch", ["drop", "report"])
def test_every_report_that_fails_the_schema_is_named_with_its_path_and_never_its_value(profile: Path, batch: str) -> None:
    format_ = make_format("json", {"schema": "report.schema.json", "batch": batch}, profile)
    with pytest.raises(Unencodable) as refused:
        list(format_.encode([report("a1"), report("a2", name="Canary-Name"), report("a3", born="2001-02-30")], DROP))
    assert refused.value.faults == ((1, "schema-invalid", "people/name (maxLength)"), (2, "schema-invalid", "born (format)"))
    assert "Canary" not in repr(refused.value) + str(refused.value.__context__)


def test_a_missing_and_an_unknown_name_are_faults_of_the_report(profile: Path) -> None:
    format_ = make_format("json", {"schema": "report.schema.json"}, profile)
    with pytest.raises(Unencodable) as refused:
        list(format_.encode([record("a1", group("extra", value("extra/x", "1")))], DROP))
    assert {where for _, _, where in refused.value.faults} == {"report (required)", "report (additionalProperties)"}


def test_an_empty_drop_has_no_line(profile: Path) -> None:
    lines = make_format("json", {"schema": "report.schema.json"}, profile)
    (payload,) = lines.encode([], DROP)
    assert (payload.body, lines.count(payload.body)) == (b"", 0)


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"cases": 1}', b"{}"])
def test_bytes_that_are_no_such_document_are_refused(profile: Path, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        make_format("json", {"schema": "report.schema.json", "envelope": "cases"}, profile).count(body)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"schema": "report.schema.json", "batch": "report", "envelope": "cases"}, "envelope"),
        ({"schema": "report.schema.json", "lines": "true"}, "lines"),
        ({"schema": "report.schema.json", "batch": "week"}, "batch"),
        ({"schema": "absent.json"}, "absent"),
        ({"schema": "broken.json"}, "broken"),
        ({"schema": "wrong.json"}, "wrong"),
        ({}, "schema"),
    ],
)
def test_wrong_options_are_named(profile: Path, options: dict[str, object], says: str) -> None:
    (profile / "broken.json").write_text("{", encoding="utf-8")
    (profile / "wrong.json").write_text('{"type": "strong"}', encoding="utf-8")
    with pytest.raises(Misconfigured, match=says):
        make_format("json", options, profile)


# --- envelopes of any shape

TEMPLATE = {
    "jsonapi": {"version": "1.1"},
    "data": "{reports.id}",
    "all": {"cases": ["{reports}"]},
    "roles": "{reports.roles}",
    "meta": {"drop": "{drop}", "n": "{sequence}", "of": "{count} for {force_code} in {lane}"},
}


def test_an_envelope_is_a_template_of_any_shape(profile: Path) -> None:
    enveloped = make_format("json", {"schema": "report.schema.json", "envelope": TEMPLATE}, profile)
    (payload,) = enveloped.encode([report("a1"), report("a2")], DROP)
    document = json.loads(payload.body)
    assert [case["id"] for case in document["all"]["cases"][0]] == ["a1", "a2"]
    assert (document["data"], document["roles"]) == (["a1", "a2"], ["victim", "witness"] * 2)
    assert document["meta"] == {"drop": DROP.key, "n": 17, "of": "2 for 46 in routine"}
    assert document["jsonapi"] == {"version": "1.1"}
    assert enveloped.count(payload.body) == 2


def test_an_envelope_goes_around_each_report_where_each_is_a_document(profile: Path) -> None:
    options = {"schema": "report.schema.json", "batch": "report", "envelope": {"data": {"incident": "{report}", "born": "{report.born}"}}}
    enveloped = make_format("json", options, profile)
    payloads = list(enveloped.encode([report("a1"), report("a2")], DROP))
    assert [json.loads(payload.body)["data"]["incident"]["id"] for payload in payloads] == ["a1", "a2"]
    assert json.loads(payloads[0].body)["data"]["born"] == "2001-02-03"
    assert [enveloped.count(payload.body) for payload in payloads] == [1, 1]
    with pytest.raises(ValueError, match="data/incident"):
        enveloped.count(b'{"data": 7}')


def test_lists_are_gathered_before_the_schema_judges(profile: Path) -> None:
    gathering = make_format("json", {"schema": "report.schema.json", "gather": {"roles": ["strong", "roles", "weak"]}}, profile)
    made = record("a1", value("id", "a1"), value("weak", "w", Shape.LIST), value("roles", "r", Shape.LIST), value("strong", "s"))
    (payload,) = gathering.encode([made], DROP)
    assert json.loads(payload.body) == {"id": "a1", "roles": ["s", "r", "w"]}


@pytest.mark.parametrize(
    ("batch", "envelope", "says"),
    [
        ("drop", {"data": "x"}, "no place for the reports"),
        ("drop", {"data": "{report}"}, "{reports}"),
        ("report", {"data": "{reports.x}"}, "{report}"),
        ("drop", {"data": "{reports}", "by": "{forse}"}, "did you mean 'force'"),
        ("drop", {"data": "{reports}", "x": "all {reports}"}, "stands alone"),
    ],
)
def test_an_envelope_that_cannot_be_meant_is_named(profile: Path, batch: str, envelope: dict[str, object], says: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        make_format("json", {"schema": "report.schema.json", "batch": batch, "envelope": envelope}, profile)
    assert says in str(caught.value)
