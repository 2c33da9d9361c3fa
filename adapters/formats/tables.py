"""Records as tables: each name at the top of a record is one, what is below it a row; and the rows around a file's own."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator

from adapters.formats.values import as_instant, as_text
from adapters.settings import nearest
from hub.clock import LONDON
from hub.contracts import DropHeader, Misconfigured
from hub.mapping.letters import harmless
from hub.mapping.record import Node, Record

Row = dict[str, str]

_PLACEHOLDER = re.compile(r"\{([a-z_]*)(?::([1-9][0-9]?))?\}")
_NUMBERS = frozenset({"sequence", "rows", "reports"})
_NAMES = ("drop", "force", "force_code", "series", "sequence", "sealed_at", "date", "time", "table", "rows", "reports")


def _known_placeholders(text: str) -> str:
    for name, _ in _PLACEHOLDER.findall(text):
        if name not in _NAMES:
            raise ValueError(f"there is no {{{name}}}{nearest(name, _NAMES) or ': there are ' + ', '.join(_NAMES)}")
    if re.search("[{}]", _PLACEHOLDER.sub("", text)):
        raise ValueError("a brace belongs to a placeholder such as {rows} or {rows:8}")
    return text


Template = Annotated[str, AfterValidator(_known_placeholders)]  # `T{rows:8}`: numbers are filled up with zeros, texts with blanks


def rows_of(record: Record, tables: Mapping[str, Sequence[str]], *, formulas: bool = True) -> dict[str, list[Row]]:
    """The record's rows by table; without `formulas` no text is one that a spreadsheet would run.

    A value that has no column would be lost without a word: Misconfigured.
    """
    found: dict[str, list[Row]] = {}
    for field, content in record.nodes:
        row: Row = {}
        _gather(content if isinstance(content, list) else [], row, formulas)
        if stray := row.keys() - tables.get(field.name, ()):
            raise Misconfigured("bad-field-map", f"table {field.name} has no column {', '.join(sorted(stray))}")
        found.setdefault(field.name, []).append(row)
    return found


def _gather(nodes: Sequence[Node], row: Row, formulas: bool) -> None:
    for field, content in nodes:
        if isinstance(content, list):
            if field.markup.embed:
                raise Misconfigured("bad-field-map", f"{field.path} holds a document, and this format has only rows")
            _gather(content, row, formulas)
            continue
        name = field.name
        if name in row:
            message = f"{field.path} has several values in one row: join them, or give them a table of their own"
            raise Misconfigured("bad-field-map", message)
        if not isinstance(content, str):
            content = as_text(content)  # noqa: PLW2901 - it is the same value
        elif not formulas and not content[:1].isalnum():
            content = harmless(content)  # noqa: PLW2901
        if content:
            row[name] = content


def filled(templates: Sequence[str], drop: DropHeader, table: str, rows: int, reports: int) -> list[str]:
    """The texts of a row that stands before or after a file's own; `rows` and `reports` are those in between."""
    here = drop.sealed_at.astimezone(LONDON)
    values: dict[str, str | int] = {
        "drop": drop.key,
        "force": drop.force,
        "force_code": drop.force_code,
        "series": drop.series,
        "sequence": drop.sequence,
        "sealed_at": as_instant(drop.sealed_at),
        "date": f"{here:%Y-%m-%d}",
        "time": f"{here:%H:%M:%S}",
        "table": table,
        "rows": rows,
        "reports": reports,
    }

    def written(found: re.Match[str]) -> str:
        name, width = found[1], int(found[2] or 0)
        return str(values[name]).rjust(width, "0") if name in _NUMBERS else str(values[name]).ljust(width)

    return [_PLACEHOLDER.sub(written, template) for template in templates]


def cannot_hold(text: str, encoding: str) -> bool:
    """Whether a file in this encoding cannot hold the text. NUL is refused: many readers end the text there."""
    if not text.isascii():
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            return True
    return "\0" in text
