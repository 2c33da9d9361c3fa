"""A sealed payload's bytes on their way out: held against what was sealed before the last of them is given out."""

import hashlib
import io
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from sqlalchemy import select

from hub.contracts import Spoilt
from hub.ledger.boxes import Altered
from hub.ledger.cells import CELL, Erased, of_payload, opened_cell
from hub.ledger.ledger import Ledger
from hub.ledger.store import Store
from hub.ledger.tables import contents, payloads

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LOST, DAMAGED, GONE = "attachment-lost", "attachment-damaged", "erased"
_CHUNK = 256 * 1024

# payloads with where their bytes lie; what another life of the ledger sealed has none here
WITH_BYTES = select(payloads, *(contents.c[name] for name in CELL)).outerjoin(contents, contents.c.payload_id == payloads.c.id)


def open_payload(ledger: Ledger, row: Any) -> BinaryIO:
    """The same of a row of `WITH_BYTES`. Raises Spoilt, also where its bytes were erased."""
    try:
        kept = opened_cell(ledger.vault, row, of_payload(row.key))
    except Erased:
        raise Spoilt(GONE, row.name) from None
    except Altered:
        raise Spoilt(DAMAGED, row.name) from None
    return open_sealed(ledger.store, kept.body, kept.uri, row.name, row.size, row.digest, kept.secret)


def open_sealed(
    store: Store, body: bytes | None, uri: str | None, name: str, size: int, digest: str, secret: bytes | None = None
) -> BinaryIO:
    """The bytes as they were sealed, in flat memory. Raises Spoilt where they are gone, and where they differ: at once where they lay in
    the ledger's row, else what it gives raises it.

    Raises LedgerUnavailable where the store itself cannot be read.
    """
    if body is not None:
        return _whole(body, name, size, digest)
    try:
        source = store.open(body, uri, secret)
    except FileNotFoundError:
        raise Spoilt(LOST, name) from None
    return cast(BinaryIO, io.BufferedReader(_Sealed(store, source, name, size, digest), _CHUNK))


def _whole(body: bytes, name: str, size: int, digest: str) -> BinaryIO:
    if len(body) != size or hashlib.sha256(body).hexdigest() != digest:
        raise Spoilt(DAMAGED, name)
    return io.BytesIO(body)


class _Sealed(io.RawIOBase):
    """Gives out its last bytes only when all of them are the ones that were sealed: a far end never gets an altered file whole."""

    def __init__(self, store: Store, source: BinaryIO, name: str, size: int, digest: str) -> None:
        self._store = store
        self._source = source
        self._name = name
        self._left = size
        self._expected = digest
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        try:
            with self._store.ours():
                chunk = self._source.read(min(len(view), self._left))
                self._digest.update(chunk)
                self._left -= len(chunk)
                ends = not chunk or not self._left
                if ends and (self._left or self._source.read(1) or self._digest.hexdigest() != self._expected):
                    raise Altered
        except Altered:
            raise Spoilt(DAMAGED, self._name) from None
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._source.close()
        super().close()
