"""The values of a submission one by one, each with its JSON Pointer (RFC 6901), and which of them a quarantine's `where` means."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel, to_snake

from hub.reports.paths import find, report_paths
from hub.reports.submission import DIGITAL
from hub.reports.wire import ORIGIN

_INDEX = re.compile(r"\[[0-9]+\]")
MOST = 20  # values that one `where` may mean


@dataclass(frozen=True, slots=True)
class Value:
    """A value with nothing below it: where it stands, and what it is."""

    pointer: str  # `/digitalReport/people/0/dateOfBirth`
    path: str  # `digitalReport.people[0].dateOfBirth`, as the worklist has it
    value: Any  # a text, number, truth value or null; an empty object or list


def values(document: Any, pointer: str = "", path: str = "") -> Iterator[Value]:
    """Every value in the order of the document."""
    if isinstance(document, dict) and document:
        for name, below in document.items():
            yield from values(below, f"{pointer}/{_escaped(name)}", f"{path}.{name}" if path else name)
    elif isinstance(document, list) and document:
        for number, below in enumerate(document):
            yield from values(below, f"{pointer}/{number}", f"{path}[{number}]")
    else:
        yield Value(pointer or "/", path, document)


def at_fault(document: Any, where: str | None) -> list[str]:
    """The pointers of what a `where` means: a path in the submission as it was sent, or a field of the report.

    A field that the submission does not have is told where it would stand. A `where` in a force's own format means nothing here.
    """
    if not where:
        return []
    every = list(values(document))
    exact = [one.pointer for one in every if one.path == where]
    wanted = {where, _sent_as(where)}
    found = exact or [one.pointer for one in every if _INDEX.sub("", one.path) in wanted]
    return found[:MOST] or [pointer for pointer in [_would_stand(document, where)] if pointer]


def _sent_as(field: str) -> str:
    """`incident.occurred_from` as the platform writes it: `digitalReport.incident.occurredFrom`."""
    first, *rest = (to_camel(part) for part in field.split("."))
    return ORIGIN[first] if first in ORIGIN and not rest else ".".join((DIGITAL, first, *rest))


def _would_stand(document: Any, where: str) -> str | None:
    """The pointer of a value that is missing, if all above it is there, lists apart."""
    path = _INDEX.sub("", where) if where.startswith(f"{DIGITAL}.") else _sent_as(where)
    if find(report_paths(), to_snake(path.removeprefix(f"{DIGITAL}."))) is None:
        return None
    *parents, last = path.split(".")
    place = document
    for name in parents:
        place = place.get(name) if isinstance(place, dict) else None
    return "/" + "/".join(map(_escaped, (*parents, last))) if isinstance(place, dict) else None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
