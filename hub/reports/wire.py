"""The platform's envelope: its names on the wire, beside the fields of the canonical report that they become.

A submission is flattened before it is validated: the envelope's fields and those of `digitalReport` stand side by side
as in the report (`docs/submissions.md`), and a fault is told by its path in the submission as it was sent.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from hub.reports.doubts import misreadings
from hub.reports.model import Attachment
from hub.reports.parsing import Fault
from hub.reports.repairs import repair
from hub.reports.services import BY_CATEGORY
from hub.reports.shapes import Shape, shapes
from hub.reports.submission import DERIVED, DIGITAL, SENT_AS, marking_of
from hub.reports.validator import value_of

ORIGIN = {name: sent for sent, name in SENT_AS.items()} | DERIVED
TOP = frozenset(SENT_AS) | {DIGITAL}
IN_SKELETON = frozenset({"anonymous", "people", "modelVersion"})

_PLAIN_NAME = re.compile(r"[a-z][A-Za-z]{0,39}(_[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What could still be read of a submission that cannot be read whole. Each value holds to the model, or is None."""

    submission_id: str | None = None
    reference: str | None = None
    force_code: str | None = None
    category: str | None = None
    submitted_at: datetime | None = None
    language: str | None = None
    attachments: list[Attachment] | None = None  # as it names them, in its order


def flatten(document: Any) -> dict[str, Any]:
    """The fields of the report as the submission has them, not yet validated. Raises Fault where there is no envelope to speak of."""
    if not isinstance(document, dict):
        raise Fault("envelope-incomplete")
    if not TOP.issuperset(document):
        raise Fault("field-unknown", plain(next(name for name in document if name not in TOP)))
    digital = document.get(DIGITAL)
    if not isinstance(digital, dict):
        raise Fault("envelope-incomplete", DIGITAL)
    if not ORIGIN.keys().isdisjoint(digital):
        raise Fault("field-unknown", f"{DIGITAL}.{next(name for name in digital if name in ORIGIN)}")
    return digital | _sent(document) | _derived(document)


def service_of(flat: Mapping[str, Any]) -> dict[str, str]:
    """The service that the category names, as a field of the report; nothing where the hub knows none."""
    category = flat.get("category")
    service = BY_CATEGORY.get(category) if isinstance(category, str) else None
    return {"service": service.slug} if service else {}


def where(at: tuple[str | int, ...]) -> str:
    """The path in the submission as it was sent: `digitalReport.people[0].dateOfBirth`."""
    first = str(at[0])
    path = ORIGIN.get(first) or f"{DIGITAL}.{plain(first)}"
    for step in at[1:]:
        path += f"[{step}]" if isinstance(step, int) else f".{plain(step)}"
    return path


def plain(name: str) -> str:
    """A name as it may be shown: one that does not look like a field's may be anything, a person's too."""
    return name if name in _KNOWN or _PLAIN_NAME.fullmatch(name) else "?"


def envelope_of(document: Any) -> Envelope:
    """What can be read of the envelope, whatever else is wrong."""
    if not isinstance(document, dict):
        return Envelope()
    head = {name: value for name, value in _sent(document).items() if name in _LEGIBLE}
    repair(head)
    for sent, _ in list(misreadings(head)):
        sent.parent[sent.key] = None
    return Envelope(**{_LEGIBLE[name]: _valid(_LEGIBLE[name], value) for name, value in head.items()})


def _sent(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[sent] for sent, name in SENT_AS.items() if sent in document}


def _derived(document: dict[str, Any]) -> dict[str, str]:
    """The marking is the first line of the text, which repeats it; the service comes from the category."""
    text = document.get("submissionContent")
    marking = {"marking": marking_of(text)} if isinstance(text, str) else {}
    return marking | service_of(document)


def _names(fields: Mapping[str, Shape]) -> Iterator[str]:
    for name, shape in fields.items():
        yield name
        yield from _names(shape.fields)


_KNOWN = frozenset(_names(shapes()))
_LEGIBLE = {name: shape.path for name, shape in shapes().items() if shape.path in Envelope.__dataclass_fields__}


def _valid(name: str, value: Any) -> Any:
    try:
        return value_of(name, orjson.dumps(value))
    except (ValidationError, orjson.JSONEncodeError):
        return None
