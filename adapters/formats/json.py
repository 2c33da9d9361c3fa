"""Records as JSON: a document for each report, or one for a drop (NDJSON, or an envelope around a list)."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, Field, model_validator

from adapters.formats.schemas import JsonSchema, schema_file
from adapters.formats.values import as_instant
from adapters.settings import STRICT, read
from hub.contracts import DropHeader, Encoded, Unencodable
from hub.mapping.record import Node, Record, Shape


class JsonOptions(BaseModel):
    """The schema judges one report. `envelope` is the name of a drop's list of reports; without it a drop is NDJSON."""

    model_config = STRICT

    schema_: str = Field(alias="schema")  # JSON Schema, draft 2020-12, in the profile's folder
    batch: Literal["drop", "report"] = "drop"
    envelope: str | None = None
    media_type: str | None = Field(default=None, pattern=r"^[a-z]+/[a-z0-9.+-]+$")

    @model_validator(mode="after")
    def _only_a_drop_has_an_envelope(self) -> "JsonOptions":
        if self.batch == "report" and self.envelope:
            raise ValueError("envelope goes around a drop's reports: leave it out where `batch` is `report`")
        return self


class JsonFormat:
    """Writes each record as an object: groups are objects, the items of an `each` an array, numbers keep every digit."""

    def __init__(self, options: Mapping[str, object], folder: Path) -> None:
        self._options = read(JsonOptions, options, "format 'json'")
        self._schema = JsonSchema(schema_file(folder, self._options.schema_))
        self._lines = self._options.batch == "drop" and self._options.envelope is None
        self.suffix = "ndjson" if self._lines else "json"
        self.media_type = self._options.media_type or ("application/x-ndjson" if self._lines else "application/json")

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        """One payload with every record, or one for each. Raises Unencodable, code `schema-invalid`."""
        reports = [_object(record.nodes) for record in records]
        self._judge(reports)
        if self._options.batch == "report":
            for index, (record, report) in enumerate(zip(records, reports, strict=True)):
                name = f"{drop.key}.{record.key}.{self.suffix}"
                yield Encoded(f"{drop.key}/{record.key}", name, self.media_type, _written(report), (index,))
            return
        body = b"".join(_written(report) + b"\n" for report in reports) if self._lines else self._enveloped(reports, drop)
        yield Encoded(drop.key, f"{drop.key}.{self.suffix}", self.media_type, body, tuple(range(len(records))))

    def count(self, body: bytes) -> int:
        """The reports in a payload. Raises ValueError where it is not JSON of this kind."""
        if self._lines:
            return sum(isinstance(orjson.loads(line), dict) for line in body.splitlines() if line)
        document = orjson.loads(body)
        if not self._options.envelope:
            return 1
        reports = document.get(self._options.envelope) if isinstance(document, dict) else None
        if not isinstance(reports, list):
            raise ValueError(f"the drop has no list '{self._options.envelope}'")
        return len(reports)

    def _enveloped(self, reports: Sequence[dict[str, Any]], drop: DropHeader) -> bytes:
        header = {
            "drop": drop.key,
            "force": drop.force,
            "series": drop.series,
            "sequence": drop.sequence,
            "sealed_at": as_instant(drop.sealed_at),
        }
        return _written({**header, "count": len(reports), str(self._options.envelope): list(reports)})

    def _judge(self, reports: Sequence[dict[str, Any]]) -> None:
        if faults := [(index, "schema-invalid", where) for index, report in enumerate(reports) for where in self._schema.faults(report)]:
            raise Unencodable(faults)


def _object(nodes: list[Node]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, content in nodes:
        value = _object(content) if isinstance(content, list) else content
        if field.shape is Shape.LIST:
            found.setdefault(field.name, []).append(value)
        else:
            found[field.name] = value
    return found


def _written(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, default=_digits)


def _digits(value: object) -> orjson.Fragment:
    """A decimal as a JSON number with the digits that it has: a float would lose some."""
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"a record holds no {type(value).__name__}")
