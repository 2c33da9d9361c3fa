"""A record: a report as one records system wants it, an ordered tree of names and values.

Each node is a `(field, content)` pair. `field` is the compiled target field, which knows its name, its path in the
record and the fields of the report that it came from; `content` is a value (`str`, `int`, `float`, `Decimal`, `bool`,
or None for an empty element) or a list of child nodes. A plain tuple, because there are forty of them in every report.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Value = str | int | float | bool | Decimal | None


class Shape(StrEnum):
    """How a target field stands in its parent."""

    VALUE = "value"  # a name with a value
    GROUP = "group"  # a name with fields below it
    LIST = "list"  # one of several of that name: an item of an `each`


@dataclass(frozen=True, slots=True)
class Markup:
    """What a format with markup has to know of a field beside its name. A format without markup may ignore all but `embed`.

    `namespace` is that of a name without a prefix: None is the format's own, empty is none at all; it is `declared` at this
    field, or around it. A group with `embed` has one element in it, written as a document of its own (`xml`, or `base64`)
    that becomes the text of this one.
    """

    namespace: str | None = None
    declared: bool = False
    cdata: bool = False
    nil: bool = False  # what is empty says so: `xsi:nil`
    embed: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """Where lines have fixed columns: how many characters this one has, on which side its text stands, and what fills the rest."""

    width: int
    align: str = "left"
    pad: str = " "


PLAIN = Markup()


@dataclass(frozen=True, eq=False, slots=True)
class TargetField:
    """One field of the target, as the profile and the force declare it."""

    name: str  # `Surname`, `@id`, `#text`
    path: str  # `Occurrence/Persons/Person/Surname`
    shape: Shape
    origins: tuple[str, ...]  # fields of the report: `people.family_name`
    markup: Markup = PLAIN
    cell: Cell | None = None


Node: TypeAlias = tuple[TargetField, "Value | list[Node]"]  # a target field, and what the report has for it


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that was not carried over exactly: counted per force, and never with its value."""

    kind: str  # `truncated`, `transliterated`, `defaulted`, `lossy-code`, `unmapped-code`, `boolean-as-text` …
    field: str  # the target's path, or the report's


@dataclass(frozen=True, slots=True)
class Record:
    """One report for one records system."""

    key: str  # the submission id
    nodes: list[Node]
    signals: tuple[Signal, ...] = ()

    def values(self, path: str) -> Iterator[Value]:
        """Every value at a named path, in order."""
        return _values(self.nodes, path)


def _values(nodes: list[Node], path: str) -> Iterator[Value]:
    for field, content in nodes:
        if field.path == path and not isinstance(content, list):
            yield content
        elif isinstance(content, list) and path.startswith(field.path + "/"):
            yield from _values(content, path)
