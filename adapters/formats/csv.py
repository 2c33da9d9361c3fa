"""Records as delimited text: a file for each table of the field map, with a header and fixed columns."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

from adapters.formats.schemas import JsonSchema, schema_file
from adapters.formats.tables import Row, Template, cannot_hold, filled, rows_of
from adapters.settings import STRICT, read
from hub.contracts import DropHeader, Encoded, Unencodable
from hub.mapping.record import Record

csv.field_size_limit(2**31 - 1)  # the module's own limit, 131,072 characters, is less than a report's text may have

_QUOTING: dict[str, Literal[0, 1]] = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL}
_Character = Annotated[str, StringConstraints(min_length=1, max_length=1, pattern=r"[^\r\n\x00]")]


class CsvOptions(BaseModel):
    """`tables` has the columns of each file; the hub gives it from the field maps, so no profile repeats it."""

    model_config = STRICT

    tables: Mapping[str, tuple[str, ...]] = Field(min_length=1)
    schema_: str | None = Field(default=None, alias="schema")  # a JSON Schema of one report's rows by table, in the profile's folder
    delimiter: _Character = ","
    quote: _Character = '"'
    quoting: Literal["all", "minimal"] = "all"
    encoding: Literal["utf-8", "utf-8-sig", "cp1252", "ascii"] = "utf-8"
    line_ending: Literal["crlf", "lf"] = "crlf"
    header: bool = True
    first_row: tuple[Template, ...] = ()  # before the header: `[H, "{drop}", "{date}"]`
    last_row: tuple[Template, ...] = ()  # `[T, "{rows}"]`
    formulas: Literal["as they are", "harmless"] = "as they are"

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
        options = self._options
        reports = [rows_of(record, options.tables, formulas=options.formulas != "harmless") for record in records]
        if faults := [(index, "schema-invalid", where) for index, tables in enumerate(reports) for where in self._faults(tables)]:
            raise Unencodable(faults)
        for table, columns in options.tables.items():
            members = tuple(index for index, tables in enumerate(reports) if table in tables)
            empty = dict.fromkeys(columns, "")
            rows = [(empty | row).values() for tables in reports for row in tables.get(table, ())]
            body = self._written([*self._above(table, columns, drop, rows, members), *rows, *self._below(table, drop, rows, members)])
            yield Encoded(f"{drop.key}.{table}", f"{drop.key}.{table}.csv", self.media_type, body, members)

    def count(self, body: bytes) -> int:
        """The reports that have a row here: how many different keys the first column holds. Raises ValueError."""
        options = self._options
        text = io.StringIO(body.decode(options.encoding), newline="")
        try:
            rows = [row for row in csv.reader(text, delimiter=options.delimiter, quotechar=options.quote, strict=True) if row]
        except csv.Error as error:
            raise ValueError(f"not readable as CSV: {error}") from None
        for around, at in ((options.first_row, 0), (options.last_row, -1)):
            if around and (not rows or len(rows.pop(at)) != len(around)):
                raise ValueError("not CSV as it was written: its first or last row is missing")
        return len({row[0] for row in rows[1 if options.header else 0 :]})

    def _above(
        self, table: str, columns: Sequence[str], drop: DropHeader, rows: Sequence[object], members: Sequence[int]
    ) -> Iterator[Sequence[str]]:
        if self._options.first_row:
            yield filled(self._options.first_row, drop, table, len(rows), len(members))
        if self._options.header:
            yield columns

    def _below(self, table: str, drop: DropHeader, rows: Sequence[object], members: Sequence[int]) -> Iterator[Sequence[str]]:
        if self._options.last_row:
            yield filled(self._options.last_row, drop, table, len(rows), len(members))

    def _faults(self, tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
        if self._schema:
            yield from self._schema.faults(tables)
        encoding = self._options.encoding
        for table, rows in tables.items():
            wrong = [row for row in rows if cannot_hold("".join(row.values()), encoding)]
            for column in {column for row in wrong for column, value in row.items() if cannot_hold(value, encoding)}:
                yield f"{table}/{column} (character that the file cannot hold)"

    def _written(self, rows: Sequence[Iterable[str]]) -> bytes:
        """Written with `\\r\\n` first in any case: Python's writer quotes a lone `\\r` only where it could end a line."""
        options = self._options
        lines: _Lines | io.StringIO = _Lines() if options.line_ending == "lf" else io.StringIO(newline="")
        writer = csv.writer(lines, delimiter=options.delimiter, quotechar=options.quote, quoting=_QUOTING[options.quoting])
        writer.writerows(rows)
        return lines.getvalue().encode(options.encoding)


class _Lines:
    """Takes what a CSV writer writes, a row each time, and ends it with a line feed alone."""

    def __init__(self) -> None:
        self._written: list[str] = []

    def write(self, line: str) -> None:
        self._written.append(line.removesuffix("\r\n") + "\n")

    def getvalue(self) -> str:
        return "".join(self._written)
