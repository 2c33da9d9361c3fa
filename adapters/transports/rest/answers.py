"""One answer of a REST endpoint, read with suspicion: its status, headers and body, and what may be made of them."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from hub.contracts import Payload

LONGEST_WAIT = 24 * 3600.0  # seconds: a longer Retry-After is cut to this


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, headers in lower case, and its body, None where it was longer than is read."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()

    def json(self) -> Any:
        """The body as JSON; None where it is anything else."""
        try:
            return orjson.loads(self.body) if self.body else None
        except orjson.JSONDecodeError:
            return None

    def xml(self) -> Any:
        """The root of the body as XML; None where it is anything else, or has a document type: nobody needs one."""
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(self.body or b"", parser)
        except (etree.XMLSyntaxError, ValueError):
            return None
        return None if root.getroottree().docinfo.internalDTD is not None else root

    def text(self) -> str | None:
        """The body as text; None where it is none."""
        try:
            return self.body.decode().strip() if self.body else None
        except UnicodeDecodeError:
            return None


def content_digest(payload: Payload) -> str:
    """The payload's digest as a header has it (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(payload.digest)).decode()}:"


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds that the far end asks us to wait (RFC 9110, 10.2.3: a number, or a date); None where it does not say."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter of a year, an hour or an offset that is too large for a number of C's
        return None
    seconds = (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT)
