"""Records as lines of fixed columns: a file for each table of the field map, each column as wide as its rule says."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.formats.schemas import JsonSchema, schema_file
from adapters.formats.tables import Row, Template, cannot_hold, filled, rows_of
from adapters.settings import STRICT, read
from hub.contracts import DropHeader, Encoded, Unencodable
from hub.mapping.record import Cell, Record

_LINE_ENDINGS = {"crlf": "\r\n", "lf": "\n"}


class FixedWidthOptions(BaseModel):
    """`tables` and `cells` have the columns of each file and their widths; the hub gives both from the field maps."""

    model_config = ConfigDict(**STRICT, arbitrary_types_allowed=True)

    tables: Mapping[str, tuple[str, ...]] = Field(min_length=1)
    cells: Mapping[str, Mapping[str, Cell]] = {}
    schema_: str | None = Field(default=None, alias="schema")  # a JSON Schema of one report's rows by table, in the profile's folder
    encoding: Literal["utf-8", "cp1252", "ascii"] = "utf-8"
    line_ending: Literal["crlf", "lf"] = "crlf"
    first_line: Template | None = None
    last_line: Template | None = None  # `T{rows:8}`

    @model_validator(mode="after")
    def _every_column_has_a_width(self) -> "FixedWidthOptions":
        for table, columns in self.tables.items():
            if without := [column for column in columns if column not in self.cells.get(table, {})]:
                raise ValueError(f"{table}/{without[0]} has no `width` in the field map")
        return self


class FixedWidthFormat:
    """Writes each name at the top of a record as a file, and what is below it as a line; widths are in characters.

    The first column of every table is the report's own key: by it a file's reports are counted. A text that is wider than
    its column, or holds a line end, never shifts those after it: the field map cuts it, signalled, and what did not come through
    a field map is refused.
    """

    suffix = "txt"
    media_type = "text/plain"

    def __init__(self, options: Mapping[str, object], folder: Path) -> None:
        self._options = read(FixedWidthOptions, options, "format 'fixed-width'")
        self._schema = JsonSchema(schema_file(folder, self._options.schema_)) if self._options.schema_ else None

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        """One payload for each table, in the field map's order. Raises Unencodable, code `schema-invalid`."""
        options = self._options
        reports = [rows_of(record, options.tables) for record in records]
        if faults := [(index, "schema-invalid", where) for index, tables in enumerate(reports) for where in self._faults(tables)]:
            raise Unencodable(faults)
        for table, columns in options.tables.items():
            members = tuple(index for index, tables in enumerate(reports) if table in tables)
            cells = [(column, options.cells[table][column]) for column in columns]
            lines = [
                "".join(_padded(row.get(column, ""), cell) for column, cell in cells) for rows in reports for row in rows.get(table, ())
            ]
            above, below = (
                filled([each] if each else [], drop, table, len(lines), len(members)) for each in (options.first_line, options.last_line)
            )
            ending = _LINE_ENDINGS[options.line_ending]
            body = "".join(line + ending for line in (*above, *lines, *below)).encode(options.encoding)
            yield Encoded(f"{drop.key}.{table}", f"{drop.key}.{table}.txt", self.media_type, body, members)

    def count(self, body: bytes) -> int:
        """The reports that have a line here: how many different keys the first column holds. Raises ValueError."""
        options = self._options
        ending = _LINE_ENDINGS[options.line_ending]
        text = body.decode(options.encoding)
        if text and not text.endswith(ending):
            raise ValueError("not lines as they were written: the last one is cut")
        lines = text.split(ending)[:-1]
        around = (options.first_line is not None, options.last_line is not None)
        if len(lines) < sum(around):
            raise ValueError("not lines as they were written: the first or the last one is missing")
        lines = lines[around[0] : len(lines) - around[1]]
        widths = {sum(cell.width for cell in cells.values()): next(iter(cells.values())).width for cells in self._columns()}
        if strange := next((line for line in lines if len(line) not in widths), None):
            raise ValueError(f"not lines of these columns: one has {len(strange)} characters")
        return len({line[: widths[len(line)]] for line in lines})

    def _columns(self) -> Iterator[dict[str, Cell]]:
        for table, columns in self._options.tables.items():
            yield {column: self._options.cells[table][column] for column in columns}

    def _faults(self, tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
        if self._schema:
            yield from self._schema.faults(tables)
        for table, rows in tables.items():
            found = {(column, why) for row in rows for column, value in row.items() if (why := self._refusal(table, column, value))}
            yield from (f"{table}/{column} ({why})" for column, why in sorted(found))

    def _refusal(self, table: str, column: str, value: str) -> str | None:
        if cannot_hold(value, self._options.encoding):
            return "character that the file cannot hold"
        if len(value) > self._options.cells[table][column].width:
            return "wider than its column"
        return "a line end in a column" if "".join(value.splitlines()) != value else None


def _padded(text: str, cell: Cell) -> str:
    return text.rjust(cell.width, cell.pad) if cell.align == "right" else text.ljust(cell.width, cell.pad)
