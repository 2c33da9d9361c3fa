"""The published schema and the model are the same, and the schema says so of real reports."""

import jsonschema_rs
import orjson
from msgspec import to_builtins

from hub.reports.reader import read
from hub.reports.schema import PUBLISHED, schema, written
from tests.reports.submissions import CLEAN


def test_the_published_schema_is_the_models() -> None:
    assert PUBLISHED.read_bytes() == written(), "run: python -m hub.reports.schema"


def test_a_report_holds_to_the_schema_and_a_spoilt_one_does_not() -> None:
    validator = jsonschema_rs.Draft202012Validator(schema())
    report = {name: value for name, value in to_builtins(read(orjson.dumps(CLEAN)).report).items() if value is not None}
    assert validator.is_valid(report)
    assert not validator.is_valid(report | {"people": [{"id": "P1", "roles": ["astrologer"]}]})
    assert not validator.is_valid(report | {"starSign": "Aries"})
