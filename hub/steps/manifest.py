"""The manifest of a drop: what is in it, with count, bytes and SHA-256 of each piece. `docs/delivery.md` has its shape."""

from collections.abc import Sequence

import orjson

from hub.contracts import DropHeader
from hub.ledger.drops import Sealing
from hub.words import PayloadKind

MEDIA_TYPE = "application/json"


def manifest(header: DropHeader, reports: int, pieces: Sequence[Sealing]) -> bytes:
    """The manifest's bytes. The same drop gives the same bytes."""
    return orjson.dumps(
        {
            "drop": header.key,
            "force": header.force,
            "route": header.route,
            "lane": header.lane,
            "series": header.series,
            "sequence": header.sequence,
            "sealed_at": header.sealed_at,
            "reports": reports,
            "voided": list(header.voided),
            "payloads": [_line(piece) | {"kind": piece.kind} for piece in pieces if piece.kind == PayloadKind.RECORDS],
            "attachments": [
                _line(piece) | {"submission_id": piece.submission_id} for piece in pieces if piece.kind == PayloadKind.ATTACHMENT
            ],
        },
        option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS | orjson.OPT_INDENT_2,
    )


def _line(piece: Sealing) -> dict[str, object]:
    return {"name": piece.name, "bytes": piece.stored.size, "sha256": piece.stored.digest}
