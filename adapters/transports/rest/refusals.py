"""Which reports of a batch an answer refuses: read by the paths that the profile declares, and only ever reports of that batch."""

import re
from collections.abc import Callable, Mapping

from adapters.transports.rest.answers import Answer
from adapters.transports.rest.declared import Refusals, as_code, refused_items
from adapters.transports.rest.paths import value_in
from hub.contracts import Carried, Payload

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
WITHOUT_CODE = "refused-in-batch"  # where the far end gives none that can be kept

Pairs = tuple[tuple[str, str], ...]  # submission id and code


class Unreadable(Exception):
    """The answer refuses something, and nobody can tell which report."""


def refused_reports(refusals: Refusals, answer: Answer, payload: Payload) -> Pairs:
    """The reports that this answer refuses, each once with its first code. Raises Unreadable."""
    name_of = _NAMES[refusals.by]
    found: dict[str, str] = {}
    for item in refused_items(refusals, answer):
        report = name_of(refusals, value_in(refusals.report, item), payload.reports)
        if report is None:
            raise Unreadable
        found.setdefault(report.submission_id, as_code(value_in(refusals.code, item)) or WITHOUT_CODE)
    return tuple(found.items())


def _by_submission(_: Refusals, text: str | None, reports: tuple[Carried, ...]) -> Carried | None:
    wanted = (text or "").lower()
    return next((report for report in reports if report.submission_id == wanted), None)


def _by_reference(_: Refusals, text: str | None, reports: tuple[Carried, ...]) -> Carried | None:
    """Two reports of one reference cannot be told apart."""
    found = [report for report in reports if report.reference is not None and report.reference == text]
    return found[0] if len(found) == 1 else None


def _by_number(refusals: Refusals, text: str | None, reports: tuple[Carried, ...]) -> Carried | None:
    number = int(text) - refusals.first if text and _NUMBER.fullmatch(text) else -1
    return reports[number] if 0 <= number < len(reports) else None


def _by_pointer(refusals: Refusals, text: str | None, reports: tuple[Carried, ...]) -> Carried | None:
    """`/data/3/attributes/name`: the first step that is a number."""
    number = next((step for step in (text or "").split("/") if _NUMBER.fullmatch(step)), None)
    return _by_number(refusals, number, reports)


_Naming = Callable[[Refusals, str | None, tuple[Carried, ...]], Carried | None]
_NAMES: Mapping[str, _Naming] = {
    "submission": _by_submission,
    "reference": _by_reference,
    "number": _by_number,
    "pointer": _by_pointer,
}
