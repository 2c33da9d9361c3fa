"""The envelope around a drop's reports in JSON, or around one report: a template of any shape, written by the profile.

A text in it may hold what the drop says of itself, in braces: `{drop}`, `{force}`, `{force_code}`, `{route}`, `{lane}`, `{series}`,
`{sequence}`, `{sealed_at}`, `{environment}`, `{count}`; `{sequence}` and `{count}` alone are numbers. Reports stand where a
text is nothing but one of these:

| Text | Becomes |
|---|---|
| `{reports}` | the list of the reports |
| `{reports.data}` | the list of what each report has under `data`; lists are joined into one |
| `{report}`, `{report.data}` | the one report, or what it has there (only with `batch: report`) |
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.formats.values import as_instant
from adapters.settings import nearest
from hub.contracts import DropHeader

ABOUT = ("drop", "force", "force_code", "route", "lane", "series", "sequence", "sealed_at", "environment", "count")
_NUMBERS = ("sequence", "count")
_IN_BRACES = re.compile(r"\{([^{}]*)\}")
_REPORTS = re.compile(r"\{(reports?)(?:\.([^{}]+))?\}")

Document = dict[str, Any]
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where reports stand in the template: all or one, whole or what they have under a name."""

    place: Place
    word: str
    name: str | None


@dataclass(frozen=True)
class Envelope:
    """A template that was checked. `slots` are the places where reports stand; by the first of them they are counted."""

    template: Document
    slots: tuple[_Slot, ...]

    @classmethod
    def of(cls, template: Document, batch: str) -> "Envelope":
        """The envelope that a profile declares. Raises ValueError."""
        slots = tuple(_slots(template, ()))
        word = "report" if batch == "report" else "reports"
        if not slots:
            raise ValueError(f"envelope has no place for the reports: write '{{{word}}}' where they stand")
        if wrong := next((slot for slot in slots if slot.word != word), None):
            raise ValueError(f"envelope: with `batch: {batch}` write '{{{word}}}', not '{{{wrong.word}}}'")
        return cls(template, slots)

    def around(self, reports: Sequence[Document], drop: DropHeader) -> Document:
        """The document with these reports in it."""
        filled: Document = _filled(self.template, reports, _about(drop, len(reports)))
        return filled

    def count(self, document: object) -> int:
        """The reports in a document. Raises ValueError where they are not in their place."""
        slot = self.slots[0]
        found: Any = document
        for step in slot.place:
            try:
                found = found[step]
            except (LookupError, TypeError):
                raise ValueError(f"the document has no {'/'.join(map(str, slot.place))}") from None
        if slot.word == "report":
            return 1
        if not isinstance(found, list):
            raise ValueError(f"{'/'.join(map(str, slot.place))} is no list of reports")
        return len(found)


def _slots(template: Any, place: Place) -> Iterator[_Slot]:
    if isinstance(template, str):
        if match := _REPORTS.fullmatch(template):
            yield _Slot(place, match[1], match[2])
        else:
            _check(template)
    inside = template.items() if isinstance(template, dict) else enumerate(template) if isinstance(template, list) else ()
    for step, below in inside:
        yield from _slots(below, (*place, step))


def _check(text: str) -> None:
    for name in _IN_BRACES.findall(text):
        if _REPORTS.fullmatch(f"{{{name}}}"):
            raise ValueError(f"envelope: '{{{name}}}' stands alone, with no text around it")
        if name not in ABOUT:
            raise ValueError(f"envelope: there is no {{{name}}}{nearest(name, ABOUT)} (there are reports, report, {', '.join(ABOUT)})")


def _about(drop: DropHeader, count: int) -> Mapping[str, Any]:
    known = {"drop": drop.key, "sealed_at": as_instant(drop.sealed_at), "count": count}
    return {name: known.get(name, getattr(drop, name, None)) for name in ABOUT}


def _filled(template: Any, reports: Sequence[Document], about: Mapping[str, Any]) -> Any:
    if isinstance(template, dict):
        return {name: _filled(below, reports, about) for name, below in template.items()}
    if isinstance(template, list):
        return [_filled(below, reports, about) for below in template]
    if not isinstance(template, str):
        return template
    if match := _REPORTS.fullmatch(template):
        return _one(match[2], reports[0]) if match[1] == "report" else list(_all(match[2], reports))
    alone = _IN_BRACES.fullmatch(template)
    if alone and alone[1] in _NUMBERS:
        return about[alone[1]]
    return _IN_BRACES.sub(lambda found: str(about[found[1]]), template)


def _all(name: str | None, reports: Sequence[Document]) -> Iterator[Any]:
    """The reports, or what each has under a name; the items, where that is a list."""
    for report in reports:
        found = report if name is None else report.get(name, [])
        yield from found if isinstance(found, list) else [found]


def _one(name: str | None, report: Document) -> Any:
    return report if name is None else report.get(name)
