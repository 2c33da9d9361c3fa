"""Bytes from outside to a JSON object, within limits: refused before anything else looks at them.

RFC 8259 JSON in UTF-8 and nothing beside it: no byte order mark, NaN, Infinity, lone surrogate or control character
(orjson refuses them), no object with the same name twice (RFC 7493), nothing nested deeper than `DEEPEST`.
The size in bytes is the source's limit, before they are read at all.
"""

import json
import re
from typing import Any

import orjson

DEEPEST = 32  # the model itself is five deep
MOST_VALUES = 20_000  # a full report has some hundreds; beyond this a single bad list would cost gigabytes of errors

_NAME = re.compile(rb'"[ \t\r\n]*:')  # the end of a name; in a text it may stand too, so this counts at least the names
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z|\\\Z)|[\[{]|[\]}]', re.DOTALL)


class Fault(Exception):
    """Something in a submission cannot be read: a code of `hub.causes` and the path in the submission, never a value."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(f"{code} at {where}" if where else code)
        self.code = code
        self.where = where


def loads(body: bytes) -> Any:
    """The JSON value in `body`. Raises Fault: `not-json`, `too-deep`."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    raise Fault("too-deep" if _deeper_than(DEEPEST, body) else "not-json")  # outside: orjson's error holds the whole document


def written(document: Any) -> bytes:
    """A JSON value as compactly as it can be written. Raises Fault: `too-deep`."""
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # of what was read from JSON only its depth can be in the way
        raise Fault("too-deep") from None


def within_limits(document: Any, body: bytes) -> bytes:
    """The document as `written` writes it. Raises Fault where no report is like this: `too-deep`, `too-large`, `duplicate-field`."""
    if _is_small(body) and (plain := written(document)) == body:
        return plain  # seen at a glance, and most bodies are so: a name that came twice would be missing
    depth, names, values = measure(document)
    if depth > DEEPEST:
        raise Fault("too-deep")
    if values > MOST_VALUES:
        raise Fault("too-large")
    if len(_NAME.findall(body)) != names:
        _refuse_duplicates(body)
    return written(document)


def _is_small(body: bytes) -> bool:
    """Whether it is too short for too many values, and has not more brackets, those in texts too, than a report may be deep."""
    return len(body) < 2 * MOST_VALUES and body.count(b"{") + body.count(b"[") <= DEEPEST


def measure(document: Any) -> tuple[int, int, int]:
    """How deep a JSON value is nested, how many names its objects have, and how many values there are."""
    depth = names = values = 0
    level = [document]
    while level:
        below: list[Any] = []
        for item in level:
            if type(item) is dict:
                names += len(item)
                below.extend(item.values())
            elif type(item) is list:
                below.extend(item)
        values += len(level)
        level = below
        depth += 1
    return depth - 1, names, values


def _deeper_than(limit: int, body: bytes) -> bool:
    """Whether brackets outside strings open deeper than `limit`; the bytes need not be JSON."""
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(body):
        first = body[token.start()]
        depth += first in b"[{"
        depth -= first in b"]}"
        if depth > limit:
            return True
    return False


def _refuse_duplicates(body: bytes) -> None:
    """Look again, exactly: only a body whose text holds something like a name comes here without a fault."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise Fault("duplicate-field")
        return members

    json.loads(body, object_pairs_hook=unique)
