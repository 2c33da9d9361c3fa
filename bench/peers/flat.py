"""What becomes of a submission, written out plainly for every peer: eleven values, of which the last is the whole text.

Only the standard library is used, so that every peer's own environment can import it. The hub's field maps for the same
(`mappings/profiles/flat-*`) must give the same values; `bench.peers.work` holds what arrived against this.
"""

import json
from datetime import UTC, datetime
from typing import Any

SERVICES = {"OCR": "crime"}  # the input has no others
FIELDS = (
    "SUBMISSION_ID", "REFERENCE", "FORCE_CODE", "SERVICE", "CATEGORY", "SUBMITTED_AT", "LANGUAGE", "FORM_VERSION", "MARKING", "ANONYMOUS",
    "TEXT",
)  # fmt: skip


def flat(body: bytes) -> dict[str, str]:
    """The values of one submission, in the order of `FIELDS`."""
    sent: dict[str, Any] = json.loads(body)
    text: str = sent["submissionContent"]
    return {
        "SUBMISSION_ID": sent["submissionId"],
        "REFERENCE": sent["customerReferenceNumber"],
        "FORCE_CODE": sent["forceIdentifier"],
        "SERVICE": SERVICES[sent["category"]],
        "CATEGORY": sent["category"],
        "SUBMITTED_AT": datetime.fromisoformat(sent["submitTime"]).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "LANGUAGE": sent["language"],
        "FORM_VERSION": sent["formVersion"],
        "MARKING": text.partition("\n")[0],
        "ANONYMOUS": "Y" if sent["digitalReport"]["anonymous"] else "N",
        "TEXT": text,
    }
