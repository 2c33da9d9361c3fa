"""Submissions of every shape that the published schema allows, and of some that it does not, for what must hold of all of them."""

import string
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from hub.reports.model import Report
from hub.reports.services import BY_CATEGORY
from hub.reports.submission import DERIVED, DIGITAL, SENT_AS
from hub.reports.validator import model_of

Schema = Mapping[str, Any]

_WHOLE = model_of(Report).model_json_schema(by_alias=True)
_DAYS = st.dates().map(str) | st.sampled_from(["2024-02-29", "1900-01-01", "2199-12-31"])
_CLOCK = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
_SECONDS = st.just("") | st.integers(0, 59).map(":{:02}".format) | st.from_regex(r"\A:[0-5][0-9][.,][0-9]{1,9}\Z")
_OFFSETS = st.sampled_from(["Z", "z", "+00:00", "-00:00", "+01:00", "+0100", "-11:30", "+23:59", "\u221205:00"])
_ODD_INSTANTS = st.builds("{}{}{}{}{}".format, _DAYS, st.sampled_from("Tt "), _CLOCK, _SECONDS, _OFFSETS)
_FRACTIONS = st.just("") | st.from_regex(r"\A\.[0-9]{1,6}\Z")
_PLAIN_INSTANTS = st.builds(
    "{}T{}:{:02}{}{}".format, _DAYS, _CLOCK, st.integers(0, 59), _FRACTIONS, st.sampled_from(["Z", "+00:00", "-00:00", "+01:00", "-11:30"])
)
_INSTANTS = st.one_of(*[_PLAIN_INSTANTS] * 9, _ODD_INSTANTS)  # few enough that most submissions are clean
_SUMS = st.decimals(0, 99_999_999, places=2)
_NUMBERS = st.integers(0, 99_999_999) | _SUMS.map(float) | st.sampled_from([450.0, -0.0, 1e2, 0])
_MONEY = st.one_of(*[_SUMS.map(str)] * 8, st.sampled_from(["450", "0.5"]), _NUMBERS)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30)


def submissions() -> SearchStrategy[dict[str, Any]]:
    """Documents as the platform sends them; most of them are clean."""
    return _object(_WHOLE).flatmap(lambda flat: st.sampled_from(sorted(BY_CATEGORY)).map(lambda category: as_sent(flat, category)))


def as_sent(flat: Mapping[str, Any], category: str | None = None) -> dict[str, Any]:
    """The submission that becomes these fields of a report, by their names on the wire."""
    text = flat["text"] if flat["text"].startswith("OFFICIAL") else f"{flat['marking']}\n{flat['text']}"
    whole = {**flat, "text": text, "category": category or flat["category"]}
    envelope = {sent: whole[name] for sent, name in SENT_AS.items() if name in whole}
    digital = {name: value for name, value in whole.items() if name not in SENT_AS.values() and name not in DERIVED}
    return {**envelope, DIGITAL: digital}


def _object(schema: Schema) -> SearchStrategy[dict[str, Any]]:
    fields = {name: _value(below, money=name == "value") for name, below in schema["properties"].items()}
    required = schema.get("required", [])
    return st.fixed_dictionaries(
        {name: fields[name] for name in required}, optional={name: of for name, of in fields.items() if name not in required}
    )


def _value(schema: Schema, *, money: bool = False) -> SearchStrategy[Any]:
    if money:
        return st.none() | _MONEY
    if "anyOf" in schema:
        return st.one_of([_value(each) for each in schema["anyOf"]])
    return _one(schema)


def _one(schema: Schema) -> SearchStrategy[Any]:
    match schema:
        case {"$ref": name}:
            return _object(_WHOLE["$defs"][name.rpartition("/")[2]])
        case {"enum": codes}:
            return st.sampled_from(codes)
        case {"type": "array", "items": items}:
            return st.lists(_value(items), min_size=schema.get("minItems", 0), max_size=2)
        case {"type": "number", "minimum": low, "maximum": high}:
            return st.floats(low, high) | st.integers(low, high)
        case {"type": "string"}:
            return _text(schema)
    plain = {"integer": st.integers(schema.get("minimum"), schema.get("maximum", 2**64 - 1)), "boolean": st.booleans(), "null": st.none()}
    return plain[schema["type"]]


def _text(schema: Schema) -> SearchStrategy[str]:
    match schema:
        case {"format": "date"}:
            return _DAYS
        case {"format": "date-time"}:
            return _INSTANTS
        case {"const": constant}:
            return st.just(constant)
        case {"pattern": pattern}:
            return st.from_regex(pattern.replace("^", r"\A").replace("$", r"\Z"), alphabet=string.printable)
        case _:
            return _TEXTS.map(lambda text: text[: schema.get("maxLength", 30)])
