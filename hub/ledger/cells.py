"""Cells: where a row keeps bytes (`body`, `uri`, `data_key`), and how they are sealed for it and opened again.

What is small lies in the row itself. What is large lies as an object at `uri`, sealed with a key of its own, and the row holds that key.
Either is sealed with the force's data key and opens in this row alone: rows that are exchanged, also with all that stands beside, do not
open. A row with neither bytes nor `uri` has been erased.
"""

from typing import Any

from hub.ledger.boxes import Altered
from hub.ledger.store import Stored
from hub.ledger.vault import Vault

CELL = ("body", "uri", "data_key")
Cell = tuple[bytes | None, str | None, int | None]  # values of `CELL`
ERASED = {"body": None, "uri": None, "data_key": None}


class Erased(FileNotFoundError):
    """The bytes were erased: their time was up, or an operator said so."""


def of_body(submission: int, version: int, clean_by: str | None = None) -> str:
    """With who found it clean: bytes do not open beside a word that was not sealed with them."""
    return f"body {submission}/{version}" + (f" clean by {clean_by}" if clean_by else "")


def vouched(row: Any) -> str | None:
    """The edition of the reader that found a body clean, as far as it is sealed: beside plain bytes anything may have been written."""
    clean_by: str | None = row.clean_by
    return clean_by if row.data_key is not None else None


def of_attachment(submission: int, number: int) -> str:
    return f"attachment {submission}/{number}"


def of_payload(key: str) -> str:
    return f"payload {key}"


def of_notice(key: str) -> str:
    return f"notice {key}"


def cell(stored: Stored, place: str) -> dict[str, Any]:
    """The columns that keep these bytes at this place."""
    return dict(zip(CELL, kept_in(stored, place), strict=True))


def kept_in(stored: Stored, place: str) -> Cell:
    """The same, as values of `CELL`."""
    if stored.key is None:
        return stored.body, stored.uri, None
    content = (stored.body if stored.uri is None else stored.secret) or b""
    return stored.key.seal(content, _bound(place, stored.uri)), stored.uri, stored.key.id


def opened_cell(vault: Vault, row: Any, place: str, size: int = 0, digest: str = "") -> Stored:
    """What a row keeps, ready to be read. Raises Erased, Altered, and LedgerUnavailable where its key is not at hand."""
    body, uri, data_key = row.body, row.uri, row.data_key
    if body is None and uri is None:
        raise Erased
    if data_key is None:
        if not vault.masters.plain_too:
            raise Altered
        return Stored(size, digest, body=body, uri=uri)
    key = vault.of(data_key)
    content = key.open(body or b"", _bound(place, uri))
    if uri is None:
        return Stored(size, digest, body=content, key=key)
    return Stored(size, digest, uri=uri, secret=content, key=key)


def _bound(place: str, uri: str | None) -> bytes:
    return f"{place}\n{uri or ''}".encode()
