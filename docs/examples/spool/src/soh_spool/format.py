"""Lines of JSON between a first line that names the drop and a last one that counts: a reader knows that it has them all."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import orjson
from pydantic import BaseModel, Field

from adapters import settings as adapter_settings
from adapters.formats.schemas import JsonSchema, schema_file
from adapters.formats.trees import tree_of
from adapters.settings import STRICT
from hub.contracts import DropHeader, Encoded, Unencodable
from hub.mapping.record import Record


class Options(BaseModel):
    """`schema` judges one report: a JSON Schema in the profile's folder."""

    model_config = STRICT

    schema_: str = Field(alias="schema")


class CountedLinesFormat:
    """One payload for a drop, whatever is in it. Pure: the same records give the same bytes."""

    suffix = "lines"
    media_type = "application/x-ndjson"

    def __init__(self, options: Mapping[str, object], folder: Path) -> None:
        read = adapter_settings.read(Options, options, "format 'counted-lines'")
        self._schema = JsonSchema(schema_file(folder, read.schema_))

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        reports = [tree_of(record.nodes) for record in records]
        if faults := [(index, "schema-invalid", where) for index, each in enumerate(reports) for where in self._schema.faults(each)]:
            raise Unencodable(faults)
        lines: list[object] = [{"drop": drop.key}, *reports, {"reports": len(reports)}]
        body = b"".join(orjson.dumps(line, default=_digits, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
        yield Encoded(drop.key, f"{drop.key}.{self.suffix}", self.media_type, body, tuple(range(len(records))))

    def count(self, body: bytes) -> int:
        """The lines between the first and the last, which must agree. Raises ValueError."""
        lines = [orjson.loads(line) for line in body.splitlines()]
        if len(lines) < 2 or lines[-1] != {"reports": len(lines) - 2}:
            raise ValueError("the last line does not count the others")
        return len(lines) - 2


def _digits(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"a record holds no {type(value).__name__}")
