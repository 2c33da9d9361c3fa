"""A correction as a person enters it, a value beside its path or a JSON Patch; and the patch that it comes to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from console.screens import forms
from console.screens.forms import Wrong
from hub.reports.pointers import Value, values

EMPTY = 2  # rows for what is not at fault
_POINTER = re.compile(r"(/[^/\s]+)+")


@dataclass(frozen=True, slots=True)
class Row:
    """A path and what shall stand there; an empty text takes the value away."""

    pointer: str
    text: str


@dataclass(frozen=True)
class Correction:
    """What was entered. `version` is the one that the person saw."""

    rows: tuple[Row, ...]
    raw: str  # a JSON Patch or merge patch instead of the rows
    version: int
    release: bool
    reason: str

    def patch(self, document: Any) -> bytes:
        """The amendment, ready to be applied to the submission. Raises Wrong."""
        if self.raw:
            return self.raw.encode()
        there = {one.pointer: one for one in values(document)} if document is not None else {}
        operations = [operation for number, row in enumerate(self.rows, start=1) for operation in _operations(number, row, there)]
        if not operations:
            raise Wrong("corrections", "Nothing is different yet: enter the value that it should be.")
        return orjson.dumps(operations)


def correction(form: forms.Form) -> Correction:
    """What a form brings. It is judged by `patch`."""
    rows = tuple(Row(pointer.strip(), text) for pointer, text in zip(form.get("pointer", []), form.get("value", []), strict=False))
    version = forms.one(form, "version")
    return Correction(
        tuple(row for row in rows if row.pointer or row.text),
        forms.one(form, "patch"),
        int(version) if version.isdecimal() else 0,
        forms.one(form, "release") == "yes",
        forms.one(form, "reason"),
    )


def rows_for(document: Any, pointers: Sequence[str]) -> tuple[Row, ...]:
    """Rows for these values as they stand, and some empty ones."""
    there = {one.pointer: one for one in values(document)} if document is not None else {}
    known = [Row(pointer, text_of(there.get(pointer))) for pointer in dict.fromkeys(pointers) if _POINTER.fullmatch(pointer)]
    return (*known, *[Row("", "")] * EMPTY)


def text_of(value: Value | None) -> str:
    """A value as a person reads it: a text as it is, anything else as JSON writes it."""
    if value is None or value.value is None:
        return ""
    return value.value if isinstance(value.value, str) else orjson.dumps(value.value).decode()


def _operations(number: int, row: Row, there: dict[str, Value]) -> list[dict[str, Any]]:
    if not _POINTER.fullmatch(row.pointer):
        raise Wrong(f"pointer-{number}", "A path begins with / and has a name after each: /digitalReport/incident/occurredFrom.")
    known = there.get(row.pointer)
    if known is None:
        return [{"op": "add", "path": row.pointer, "value": row.text}] if row.text else []
    if row.text == text_of(known):
        return []
    if not row.text:
        return [{"op": "remove", "path": row.pointer}]
    return [{"op": "replace", "path": row.pointer, "value": _like(known.value, row.text)}]


def _like(before: Any, text: str) -> Any:
    """A number or truth value stays one, where the text is one."""
    if isinstance(before, str) or before is None:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
