"""Code lists: what a code of the report is in a records system, from one day to another.

A list is a CSV, `codes/<list>.csv`, with the columns `code,value,valid_from,valid_to,lossy`; dates may be empty, `valid_to` is
the first day on which the row no longer holds, and `lossy` is `yes` where meaning is lost.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from hub.documents import Fault, InvalidDocument

COLUMNS = ("code", "value", "valid_from", "valid_to", "lossy")
_LONGEST = 1_000  # characters
_LARGEST = 1 << 22  # bytes
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Translation:
    """What a code becomes; `lossy` where the target's code says less."""

    value: str
    lossy: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a code list."""

    code: str
    translation: Translation
    valid_from: date
    valid_to: date
    line: int

    def holds(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_to


@dataclass(frozen=True, eq=False)
class CodeList:
    """A code list: no two rows of a code hold on the same day."""

    name: str
    file: str
    rows: tuple[Row, ...]

    def on(self, day: date) -> Mapping[str, Translation]:
        """The translations that hold on a day."""
        return {row.code: row.translation for row in self.rows if row.holds(day)}


def load_codes(path: Path) -> CodeList:
    """The code list in a file. Raises InvalidDocument, naming the lines at fault."""
    file = f"{path.parent.name}/{path.name}"
    faults: list[Fault] = []
    rows = [row for line, cells in _lines(path, file) if (row := _row(file, line, cells, faults))]
    faults += _overlaps(file, rows)
    if faults:
        raise InvalidDocument(faults)
    return CodeList(path.stem, file, tuple(rows))


def _lines(path: Path, file: str) -> Iterator[tuple[int, list[str]]]:
    """The rows below the heading, each with its line."""
    try:
        body = path.read_bytes()
        text = body.decode("utf-8-sig") if len(body) <= _LARGEST else None
    except OSError as error:
        raise InvalidDocument([Fault(file, 1, 1, f"the code list cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise InvalidDocument([Fault(file, body.count(b"\n", 0, error.start) + 1, 1, "the code list is not UTF-8")]) from None
    if text is None:
        raise InvalidDocument([Fault(file, 1, 1, f"the code list has more than {_LARGEST:,} bytes")])
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        if (heading := next(reader, [])) != list(COLUMNS):
            raise InvalidDocument(
                [Fault(file, 1, 1, f"the first line should be {','.join(COLUMNS)!r}", f"it is {','.join(heading)[:80]!r}")]
            )
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise InvalidDocument([Fault(file, reader.line_num, 1, f"not CSV: {error}")]) from None


def _row(file: str, line: int, cells: list[str], faults: list[Fault]) -> Row | None:
    if len(cells) != len(COLUMNS):
        faults.append(Fault(file, line, 1, f"{len(cells)} values, where the heading has {len(COLUMNS)}"))
        return None
    code, value, start, end, lossy = (cell.strip() for cell in cells)
    wrong = list(_wrong(code, value, start, end, lossy))
    faults += [Fault(file, line, 1, message) for message in wrong]
    if wrong:
        return None
    return Row(code, Translation(value, lossy == "yes"), _day(start) or date.min, _day(end) or date.max, line)


def _wrong(code: str, value: str, start: str, end: str, lossy: str) -> Iterator[str]:
    if not code or not value:
        yield "code and value may not be empty"
    if len(code) > _LONGEST or len(value) > _LONGEST:
        yield f"code and value have at most {_LONGEST:,} characters"
    if _CONTROL.search(code + value):
        yield "code and value may not hold control characters"
    if lossy not in ("", "yes"):
        yield "lossy should be 'yes' or empty"
    for name, cell in (("valid_from", start), ("valid_to", end)):
        if cell and _day(cell) is None:
            yield f"{name} should be a date (YYYY-MM-DD) or empty"
    first, last = _day(start), _day(end)
    if first and last and first >= last:
        yield "valid_to should be after valid_from"


def _day(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell) if len(cell) == len("2026-11-22") else None
    except ValueError:
        return None


def _overlaps(file: str, rows: list[Row]) -> Iterator[Fault]:
    ordered = sorted(rows, key=lambda row: (row.code, row.valid_from))
    for earlier, later in pairwise(ordered):
        if earlier.code == later.code and later.valid_from < earlier.valid_to:
            yield Fault(file, later.line, 1, f"the code {later.code!r} holds twice on the same day", f"the other is in line {earlier.line}")
