"""Whose attachments lie where: what a submission says of its id never becomes a path, it is looked up among names that were listed."""

import re
from collections.abc import Collection

import orjson

_MENTIONED = re.compile(rb'"submissionId"\s*:\s*"([^"\\]{1,100})"')


def submission_id_among(body: bytes, ids: Collection[str]) -> str | None:
    """The submission's id, if it is one of these. Only one that is mentioned is worth reading the JSON for."""
    if not any(match[1].decode(errors="replace") in ids for match in _MENTIONED.finditer(body)):
        return None
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    submission_id = content.get("submissionId") if isinstance(content, dict) else None
    return submission_id if isinstance(submission_id, str) and submission_id in ids else None
