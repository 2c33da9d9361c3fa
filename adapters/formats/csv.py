"""Records as delimited text: a file for each table of the field map, with a header and fixed columns."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

from adapters.formats.schemas import JsonSchema, schema_file
from adapters.formats.values import as_text
from adapters.settings import STRICT, read
from hub.contracts import DropHeader, Encoded, Misconfigured, Unencodable
from hub.mapping.record import Node, Record

csv.field_size_limit(2**31 - 1)  # the module's own limit, 131,072 characters, is less than a report's text may have

_LINE_ENDINGS = {"crlf": "\r\n", "lf": "\n"}
_Character = Annotated[str, StringConstraints(min_length=1, max_length=1, pattern=r"[^\r\n\x00]")]
_Row = dict[str, str]


class CsvOptions(BaseModel):
    """`tables` has the columns of each file; the hub gives it from the field maps, so no profile repeats it."""

    model_config = STRICT

    tables: Mapping[str, tuple[str, ...]] = Field(min_length=1)
    schema_: str | None = Field(default=None, alias="schema")  # a JSON Schema of one report's rows by table, in the profile's folder
    delimiter: _Character = ","
    quote: _Character = '"'
    encoding: Literal["utf-8", "utf-8-sig", "cp1252"] = "utf-8"
    line_ending: Literal["crlf", "lf"] = "crlf"
    header: bool = True

    @model_validator(mode="after")
    def _delimiter_and_quote_differ(self) -> "CsvOptions":
        if self.delimiter == self.quote:
            raise ValueError("delimiter and quote are the same character")
        return self


class CsvFormat:
    """Writes each name at the top of a record as a table, and what is below it as a row.

    The first column of every table is the report's own key: by it a file's reports are counted. Groups inside a row only
    order its columns. Every value is quoted, because a lone carriage return, which free text may hold, ends a line for many readers.
    Every table is written in every drop, if only its header.
    """

    suffix = "csv"
    media_type = "text/csv"

    def __init__(self, options: Mapping[str, object], folder: Path) -> None:
        self._options = read(CsvOptions, options, "format 'csv'")
        self._schema = JsonSchema(schema_file(folder, self._options.schema_)) if self._options.schema_ else None

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        """One payload for each table, in the field map's order. Raises Unencodable, code `schema-invalid`."""
        reports = [self._rows(record) for record in records]
        if faults := [(index, "schema-invalid", where) for index, tables in enumerate(reports) for where in self._faults(tables)]:
            raise Unencodable(faults)
        for table, columns in self._options.tables.items():
            body = self._written(columns, [row for tables in reports for row in tables.get(table, ())])
            members = tuple(index for index, tables in enumerate(reports) if table in tables)
            yield Encoded(f"{drop.key}.{table}", f"{drop.key}.{table}.csv", self.media_type, body, members)

    def count(self, body: bytes) -> int:
        """The reports that have a row here: how many different keys the first column holds. Raises ValueError."""
        text = io.StringIO(body.decode(self._options.encoding), newline="")
        try:
            rows = [row for row in csv.reader(text, delimiter=self._options.delimiter, quotechar=self._options.quote, strict=True) if row]
        except csv.Error as error:
            raise ValueError(f"not readable as CSV: {error}") from None
        return len({row[0] for row in rows[1 if self._options.header else 0 :]})

    def _rows(self, record: Record) -> dict[str, list[_Row]]:
        """The record's rows by table. A value that has no column would be lost without a word: Misconfigured."""
        tables: dict[str, list[_Row]] = {}
        for field, content in record.nodes:
            row: _Row = {}
            _gather(content if isinstance(content, list) else [], row)
            if stray := row.keys() - self._options.tables.get(field.name, ()):
                raise Misconfigured("bad-field-map", f"table {field.name} has no column {', '.join(sorted(stray))}")
            tables.setdefault(field.name, []).append(row)
        return tables

    def _faults(self, tables: Mapping[str, Sequence[_Row]]) -> Iterator[str]:
        if self._schema:
            yield from self._schema.faults(tables)
        for table, rows in tables.items():
            for column in {column for row in rows for column, value in row.items() if not self._holds(value)}:
                yield f"{table}/{column} (character that the file cannot hold)"

    def _holds(self, text: str) -> bool:
        """NUL is refused: many readers end the text there."""
        if not text.isascii():
            try:
                text.encode(self._options.encoding)
            except UnicodeEncodeError:
                return False
        return "\0" not in text

    def _written(self, columns: Sequence[str], rows: Sequence[_Row]) -> bytes:
        text = io.StringIO(newline="")
        ending = _LINE_ENDINGS[self._options.line_ending]
        writer = csv.writer(
            text, delimiter=self._options.delimiter, quotechar=self._options.quote, lineterminator=ending, quoting=csv.QUOTE_ALL
        )
        if self._options.header:
            writer.writerow(columns)
        writer.writerows([row.get(column, "") for column in columns] for row in rows)
        return text.getvalue().encode(self._options.encoding)


def _gather(nodes: Sequence[Node], row: _Row) -> None:
    for field, content in nodes:
        if isinstance(content, list):
            _gather(content, row)
        elif field.name in row:
            raise Misconfigured(
                "bad-field-map", f"{field.path} has several values in one row: join them, or give them a table of their own"
            )
        elif text := as_text(content):
            row[field.name] = text
