"""The canonical report as JSON Schema: `python -m hub.reports.schema` writes `docs/report.schema.json`."""

from pathlib import Path
from typing import Any

import orjson

from hub.reports.model import MODEL_VERSION, Report
from hub.reports.validator import model_of

PUBLISHED = Path(__file__).parents[2] / "docs" / "report.schema.json"


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the report, with the names that it has on the wire."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:soh-hub:report:{MODEL_VERSION}",
        **model_of(Report).model_json_schema(by_alias=True, mode="validation"),
    }


def written() -> bytes:
    """The schema as its file holds it."""
    return orjson.dumps(schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    PUBLISHED.write_bytes(written())
