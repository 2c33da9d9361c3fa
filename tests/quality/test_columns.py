"""The columns language: what each column is of a report, and what is refused."""

import pytest
from pydantic import ValidationError

from hub.quality.columns import Cell, of_report
from tests.quality.good import DAY, put, report

REPORT = report("crime", put("property.0.value", "10.50"))
EMPTY = report("crime", put("incident", None), put("people", []), put("locations", []), put("safeguarding", None))


@pytest.mark.parametrize(
    ("raw", "cells"),
    [
        ("service", ["crime", "crime"]),
        ("anonymous", ["false", "false"]),
        ("incident.offence", ["theft-of-vehicle", None]),
        ({"from": "incident.occurred_from"}, [1795212000.0, None]),
        ("safeguarding.immediate_danger", ["true", None]),
        ("abuse.children_in_household", [2.0, 2.0]),
        ({"first": "people.date_of_birth", "role": "reporter"}, [320630400.0, None]),
        ({"first": "property.value"}, [10.5, None]),
        ({"first": "people.safe_to_contact", "role": "suspect"}, [None, None]),
        ({"first": "locations.address.postcode"}, ["cf10  1aa", None]),
        ({"count": "people"}, [6, 0]),
        ({"count": "people", "role": "victim"}, [1, 0]),
        ({"count": "locations", "role": "last-seen"}, [1, 0]),
        ({"count": "incident.hate_strands"}, [1, 0]),
        ({"length": "incident.description"}, [20, 0]),
        ({"lines": "people.email"}, ["sian@example.org", None]),
        ({"lines": "people.roles"}, ["reporter\nvictim\nsuspect\ndriver\nsubject\nchild-at-risk\nmissing\nofficer", None]),
        ({"call": "postcodes"}, ["CF10 1AA\nCF10 1AA\nW1A 1AA\nM1 1AE", None]),
    ],
)
def test_a_column_is_of_a_report(raw: object, cells: list[Cell]) -> None:
    assert of_report(raw).cells([REPORT, EMPTY], DAY) == cells


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("incidnt.offence", "unknown field of the report 'incidnt.offence'; did you mean 'incident.offence'?"),
        ("incident", "'incident' is a part, not a value: name one of its fields"),
        ("people.phone", "'people.phone' has several values: use first, count or lines"),
        ({"count": "incident"}, "'incident' is no list"),
        ({"count": "people", "role": "subjct"}, "unknown role 'subjct'; did you mean 'subject'?"),
        ({"count": "property", "role": "subject"}, "the items of 'property' have no role"),
        ({"first": "people"}, "first takes one value of a list's items: people.<field>"),
        ({"length": "incident.occurred_from"}, "'incident.occurred_from' is no text: it has no length"),
        ({"lines": "locations.latitude"}, "'locations.latitude' is no text: it makes no lines"),
        ({"call": "place"}, "unknown named value 'place'; did you mean 'places'?"),
        ({"call": "places", "from": "service"}, "a column has exactly one of from, first, count, length, lines and call"),
        ({"call": "places", "role": "victim"}, "role goes with first or count"),
        ({}, "a column has exactly one of from, first, count, length, lines and call"),
    ],
)
def test_a_column_that_cannot_be_had_is_refused(raw: object, message: str) -> None:
    with pytest.raises((ValueError, ValidationError)) as refused:
        of_report(raw)
    assert message in str(refused.value)
