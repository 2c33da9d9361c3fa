"""Templates of addresses, parameters and headers: text with identifiers of a payload in braces, and never a value of a report."""

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator

from adapters.settings import nearest
from hub.contracts import Misconfigured, Payload

NAMES = ("key", "name", "drop", "submission_id", "service")
_IN_BRACES = re.compile(r"\{([^{}]*)\}")


def _is_template(text: str) -> str:
    """Refuses a name that is none, and a brace that stands alone."""
    for name in _IN_BRACES.findall(text):
        if name not in NAMES:
            raise ValueError(f"there is no {{{name}}} to put here{nearest(name, NAMES)} (there are {', '.join(NAMES)})")
    if set("{}") & set(_IN_BRACES.sub("", text)):
        raise ValueError("a brace stands alone: write {key}, and %7B for a brace itself")
    return text


Template = Annotated[str, AfterValidator(_is_template)]


def values(payload: Payload) -> Mapping[str, str]:
    """What may stand in a template for this payload; `submission_id` and `service` only where it is about one report."""
    found = {"key": payload.key, "name": payload.name, "drop": payload.key.partition("/")[0]}
    if len(payload.reports) == 1:
        (report,) = payload.reports
        found |= {"submission_id": report.submission_id, "service": report.service}
    return found


def in_address(template: str, given: Mapping[str, str]) -> str:
    """The address, each value percent-encoded whole: it can begin no path segment or query of its own. Raises Misconfigured."""
    return _IN_BRACES.sub(lambda found: quote(_value(found[1], given), safe=""), template) if "{" in template else template


def in_text(template: str, given: Mapping[str, str]) -> str:
    """The text as it is: who puts it into a query or a header still has to encode or judge it. Raises Misconfigured."""
    return _IN_BRACES.sub(lambda found: _value(found[1], given), template) if "{" in template else template


def in_header(template: str, given: Mapping[str, str]) -> str:
    """One line of printable ASCII. Raises Misconfigured."""
    text = in_text(template, given)
    if not is_header_text(text):
        raise Misconfigured("bad-template", f"the header '{template}' would not be one line of ASCII text")
    return text


def is_header_text(text: str) -> bool:
    """Whether this can stand in a header without breaking out of it."""
    return text.isascii() and text.isprintable()


def _value(name: str, given: Mapping[str, str]) -> str:
    if name not in given:
        why = "is known of a request with one report alone: use another, or set `batch: report` in the format"
        raise Misconfigured("bad-template", f"{{{name}}} {why}")
    return given[name]
