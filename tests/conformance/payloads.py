"""Made-up payloads: as a drop has them, and of the sizes where transports go wrong."""

import hashlib
import io
import itertools

from hub.contracts import Payload
from hub.words import PayloadKind

_numbers = itertools.count(1)

BODIES = {
    "empty": b"",
    "small": "Ŵyn Ŷ, “dyfyniad”, 07700 900123\r\n".encode(),
    "one chunk": b"a" * 32_768,
    "a chunk and a byte": b"b" * 32_769,
    "every byte": bytes(range(256)) * 1_000,
    "some megabytes": b"\x00\xff\n" * 1_100_000,
}


def payload(body: bytes, kind: PayloadKind = PayloadKind.RECORDS, name: str | None = None) -> Payload:
    """A payload with a name and a key of its own."""
    name = name or f"kent.records-system.routine.t3st.{next(_numbers):06d}.csv"
    digest = hashlib.sha256(body).hexdigest()
    return Payload(f"{name}/0f8fad5b-d9cb-469f-a165-70867728950e", name, kind, "text/csv", len(body), digest, lambda: io.BytesIO(body))
