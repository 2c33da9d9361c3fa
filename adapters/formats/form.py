"""Records as `application/x-www-form-urlencoded`: a document for each report, in UTF-8, percent-encoded (WHATWG URL, 5.2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, Field

from adapters.formats.schemas import JsonSchema, schema_file
from adapters.formats.trees import Tree, tree_of
from adapters.formats.values import as_text
from adapters.settings import STRICT, read
from hub.contracts import DropHeader, Encoded, Unencodable
from hub.mapping.record import Record


class FormOptions(BaseModel):
    """How a name inside a group is written, and how a list: `a[b]` or `a.b`; `a=1&a=2`, `a[]=1&a[]=2`, `a[0]=1&a[1]=2`, `a=1,2`."""

    model_config = STRICT

    schema_: str | None = Field(default=None, alias="schema")  # JSON Schema, draft 2020-12, of one report before it is flattened
    groups: Literal["brackets", "dots"] = "brackets"
    lists: Literal["repeat", "brackets", "numbers", "joined"] = "repeat"
    by: str = Field(default=",", min_length=1, max_length=3)  # between the values of a joined list


class FormFormat:
    """Writes each record as names and values; numbers keep every digit, an empty value is a name without one."""

    suffix = "form"
    media_type = "application/x-www-form-urlencoded"

    def __init__(self, options: Mapping[str, object], folder: Path) -> None:
        self._options = read(FormOptions, options, "format 'form'")
        self._schema = JsonSchema(schema_file(folder, self._options.schema_)) if self._options.schema_ else None
        self._inside: Callable[[str, str], str] = _NAMES[self._options.groups]

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        """One payload for each record. Raises Unencodable, code `schema-invalid`."""
        trees = [tree_of(record.nodes) for record in records]
        self._judge(trees)
        for index, (record, tree) in enumerate(zip(records, trees, strict=True)):
            body = urlencode(list(self._pairs(tree))).encode("ascii")
            yield Encoded(f"{drop.key}/{record.key}", f"{drop.key}.{record.key}.{self.suffix}", self.media_type, body, (index,))

    def count(self, body: bytes) -> int:
        """The reports in a payload: one. Raises ValueError where it is no form."""
        parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), encoding="utf-8", errors="strict")
        return 1

    def _judge(self, trees: Sequence[Tree]) -> None:
        faults = [(index, "schema-invalid", where) for index, tree in enumerate(trees) for where in self._faults(tree)]
        if faults:
            raise Unencodable(faults)

    def _faults(self, tree: Tree) -> list[str]:
        if self._schema:
            return self._schema.faults(tree)
        return [f"{name} (character that UTF-8 cannot hold)" for name, value in self._pairs(tree) if not _is_utf8(value)]

    def _pairs(self, tree: Tree) -> Iterator[tuple[str, str]]:
        for name, value in tree.items():
            yield from self._flat(name, value)

    def _flat(self, name: str, value: Any) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for below, inner in value.items():
                yield from self._flat(self._inside(name, below), inner)
        elif not isinstance(value, list):
            yield name, as_text(value)
        elif self._options.lists == "joined" and not any(isinstance(item, dict | list) for item in value):
            yield name, self._options.by.join(as_text(item) for item in value)
        else:
            for number, item in enumerate(value):
                yield from self._flat(self._item(name, number, item), item)

    def _item(self, name: str, number: int, item: Any) -> str:
        """What an item of a list is called. Groups of a list are always numbered: their fields would mingle."""
        if isinstance(item, dict) or self._options.lists == "numbers":
            return self._inside(name, str(number))
        return f"{name}[]" if self._options.lists == "brackets" else name


_NAMES: Mapping[str, Callable[[str, str], str]] = {
    "brackets": lambda name, below: f"{name}[{below}]",
    "dots": lambda name, below: f"{name}.{below}",
}


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
