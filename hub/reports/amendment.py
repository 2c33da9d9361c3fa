"""Amendments: a submission's JSON, changed as a JSON Patch (RFC 6902) or a JSON Merge Patch (RFC 7396) says.

A merge patch is an object, a patch a list of operations: which it is shows by itself. No message here holds a value.
"""

from copy import deepcopy
from typing import Any

import orjson

from hub.reports.parsing import Fault, loads, within_limits

NEVER = ("submissionId", "forceIdentifier", "attachments")  # of a submission whose value of it is known already
_OPERATIONS = frozenset({"add", "replace", "remove", "test"})


class NotAmendable(Exception):
    """The patch, or what it is for, is not as it must be. Says what is wrong, never a value."""


def amended(body: bytes, patch: bytes, fixed: tuple[str, ...] = NEVER) -> bytes:
    """The submission's bytes with the patch applied. Members in `fixed` may not change. Raises NotAmendable."""
    before = _document(body, "the submission")
    told = _document(patch, "the amendment")
    if isinstance(told, dict):
        after = merged(before, told)
    elif isinstance(told, list):
        after = patched(before, told)
    else:
        raise NotAmendable("the amendment should be a JSON object (a merge patch) or a list of operations (a JSON Patch)")
    if not isinstance(before, dict) or not isinstance(after, dict):
        raise NotAmendable("a submission is a JSON object, before and after")
    for name in fixed:
        if before.get(name) != after.get(name):
            raise NotAmendable(f"{name} cannot be amended: {_INSTEAD[name]}")
    return orjson.dumps(after)


_INSTEAD = {
    "submissionId": "it is what the submission is known by",
    "forceIdentifier": "re-route the report to the other force",
    "attachments": "ask the platform to send the submission again with its files",
}


def _document(body: bytes, what: str) -> Any:
    try:
        document = loads(body)
        within_limits(document, body)
    except Fault as fault:
        raise NotAmendable(f"{what} cannot be read ({fault.code})") from None
    return document


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2: null takes a member away."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merged(found.get(name), value)
    return found


def patched(document: Any, operations: list[Any]) -> Any:
    """RFC 6902, as far as add, replace, remove and test go."""
    found = deepcopy(document)
    for number, operation in enumerate(operations, start=1):
        try:
            found = _operate(found, operation)
        except (KeyError, IndexError, ValueError, TypeError):
            raise NotAmendable(f"operation {number} does not fit: its path leads nowhere, its test fails, or it is none") from None
    return found


def _operate(document: Any, operation: Any) -> Any:
    op, path = operation["op"], operation["path"]
    value = operation["value"] if op != "remove" else None
    if op not in _OPERATIONS or not path.startswith("/"):
        raise ValueError
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")]
    place = document
    for part in parents:
        place = place[_index(part, len(place))] if isinstance(place, list) else place[part]
    if isinstance(place, list):
        _in_list(place, op, last, value)
    else:
        _in_object(place, op, last, value)
    return document


def _in_list(place: list[Any], op: str, last: str, value: Any) -> None:
    index = len(place) if last == "-" and op == "add" else _index(last, len(place) + (op == "add"))
    if op == "add":
        place.insert(index, value)
    elif op == "remove":
        del place[index]
    elif op == "replace":
        place[index] = value
    elif place[index] != value:
        raise ValueError


def _in_object(place: dict[str, Any], op: str, last: str, value: Any) -> None:
    if op != "add" and last not in place:
        raise KeyError
    if op == "remove":
        del place[last]
    elif op in ("add", "replace"):
        place[last] = value
    elif place[last] != value:
        raise ValueError


def _index(part: str, end: int) -> int:
    """RFC 6901: digits without a leading zero."""
    if not (part.isascii() and part.isdigit()) or (part != "0" and part[0] == "0") or int(part) >= end:
        raise IndexError
    return int(part)
