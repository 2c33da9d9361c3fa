"""Records as JSON: a document for each report, or one for a drop (NDJSON, or an envelope around a list)."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, Field, model_validator

from adapters.formats.envelope import Document, Envelope
from adapters.formats.schemas import JsonSchema, schema_file
from adapters.formats.trees import gathered, tree_of
from adapters.settings import STRICT, read
from hub.contracts import DropHeader, Encoded, Unencodable
from hub.mapping.record import Record

_HEADER = ("drop", "force", "series", "sequence", "sealed_at", "count")  # what an envelope that is only named says of its drop


class JsonOptions(BaseModel):
    """The schema judges one report, its lists gathered. Without an `envelope` a drop is NDJSON.

    `envelope` is the name of a drop's list of reports, or a template (`adapters/formats/envelope.py`). `gather` joins lists at the
    top of a report into one, under a name: `{included: [people, vehicles]}`.
    """

    model_config = STRICT

    schema_: str = Field(alias="schema")  # JSON Schema, draft 2020-12, in the profile's folder
    batch: Literal["drop", "report"] = "drop"
    envelope: str | dict[str, Any] | None = None
    gather: dict[str, Annotated[list[str], Field(min_length=1)]] = {}
    media_type: str | None = Field(default=None, pattern=r"^[a-z]+/[a-z0-9.+-]+$")

    @model_validator(mode="after")
    def _only_a_drop_has_a_list(self) -> "JsonOptions":
        if self.batch == "report" and isinstance(self.envelope, str):
            raise ValueError("envelope names a drop's list of reports: give a template, or leave it out where `batch` is `report`")
        return self

    @model_validator(mode="after")
    def _has_a_whole_envelope(self) -> "JsonOptions":
        self.template()
        return self

    def template(self) -> Envelope | None:
        """The envelope; one that is only named says what every drop says of itself. Raises ValueError."""
        if self.envelope is None:
            return None
        if isinstance(self.envelope, str):
            return Envelope.of({**{name: f"{{{name}}}" for name in _HEADER}, self.envelope: "{reports}"}, self.batch)
        return Envelope.of(self.envelope, self.batch)


class JsonFormat:
    """Writes each record as an object: groups are objects, the items of an `each` an array, numbers keep every digit."""

    def __init__(self, options: Mapping[str, object], folder: Path) -> None:
        self._options = read(JsonOptions, options, "format 'json'")
        self._schema = JsonSchema(schema_file(folder, self._options.schema_))
        self._envelope = self._options.template()
        self._lines = self._options.batch == "drop" and self._envelope is None
        self.suffix = "ndjson" if self._lines else "json"
        self.media_type = self._options.media_type or ("application/x-ndjson" if self._lines else "application/json")

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        """One payload with every record, or one for each. Raises Unencodable, code `schema-invalid`."""
        reports = [gathered(tree_of(record.nodes), self._options.gather) for record in records]
        self._judge(reports)
        if self._options.batch == "report":
            for index, (record, report) in enumerate(zip(records, reports, strict=True)):
                name = f"{drop.key}.{record.key}.{self.suffix}"
                yield Encoded(f"{drop.key}/{record.key}", name, self.media_type, self._whole([report], drop), (index,))
            return
        yield Encoded(drop.key, f"{drop.key}.{self.suffix}", self.media_type, self._whole(reports, drop), tuple(range(len(records))))

    def count(self, body: bytes) -> int:
        """The reports in a payload. Raises ValueError where it is not JSON of this kind."""
        if self._lines:
            return sum(isinstance(orjson.loads(line), dict) for line in body.splitlines() if line)
        document = orjson.loads(body)
        return self._envelope.count(document) if self._envelope else 1

    def _whole(self, reports: Sequence[Document], drop: DropHeader) -> bytes:
        """A payload's bytes."""
        if self._lines:
            return b"".join([orjson.dumps(report, default=_digits, option=orjson.OPT_APPEND_NEWLINE) for report in reports])
        return _written(self._envelope.around(reports, drop) if self._envelope else reports[0])

    def _judge(self, reports: Sequence[Document]) -> None:
        if faults := [(index, "schema-invalid", where) for index, report in enumerate(reports) for where in self._schema.faults(report)]:
            raise Unencodable(faults)


def _written(document: Document) -> bytes:
    return orjson.dumps(document, default=_digits)


def _digits(value: object) -> orjson.Fragment:
    """A decimal as a JSON number with the digits that it has: a float would lose some."""
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"a record holds no {type(value).__name__}")
