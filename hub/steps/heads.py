"""Heads: the last link of each chain of the history is told outside the database, so that what is cut off there can be found.

They are lines of a file, which is only ever added to. Whoever may write to the database should not be able to write to it: ship it off.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import orjson

from hub.ledger.chain import Head, catch_up, heads
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.ledger import Ledger

NAME = "history-heads.jsonl"
_TAIL = 64 * 1024  # bytes: the last lines of hundreds of forces


def tell_heads(ledger: Ledger, folder: Path, at: datetime) -> list[Head]:
    """Chain what is not chained yet, and add to the file in this folder each head that has moved since its last lines. Returns those.

    Raises LedgerUnavailable, also where the file cannot be written.
    """
    catch_up(ledger)
    with ledger.read() as connection:
        now = heads(connection)
    file = folder / NAME
    try:
        last = {head.force: head for series, head in _lines(_ending(file, _TAIL).splitlines()) if series == ledger.series}
        moved = [head for head in now if last.get(head.force) != head]
        if moved:
            _add(file, b"".join(_line(ledger.series, at, head) for head in moved))
    except OSError as error:
        raise LedgerUnavailable(f"the heads of its history cannot be told to {file} ({error.strerror})") from None
    return moved


def told(file: Path, series: str) -> tuple[list[Head], int]:
    """The heads of this ledger that a file tells of, and how many of its lines tell of none: another ledger's, or unreadable.

    Raises OSError where it cannot be read.
    """
    lines = file.read_bytes().splitlines()
    found = [head for of, head in _lines(lines) if of == series]
    return found, len(lines) - len(found)


def _line(series: str, at: datetime, head: Head) -> bytes:
    return orjson.dumps({"series": series, "at": at} | asdict(head), option=orjson.OPT_APPEND_NEWLINE)


def _add(file: Path, lines: bytes) -> None:
    """In one write, at the end: workers that share the file do not write into each other's lines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    torn = _ending(file) not in (b"", b"\n")  # by a crash: it must not spoil the line after it
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(descriptor, b"\n" * torn + lines)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ending(file: Path, size: int = 1) -> bytes:
    """The last bytes of the file; none where there is no file."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, opened.seek(0, os.SEEK_END) - size))
            return opened.read()
    except FileNotFoundError:
        return b""


def _lines(lines: list[bytes]) -> Iterator[tuple[str, Head]]:
    """What each line says; one that was torn by a crash, or is none of ours, says nothing."""
    for line in lines:
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(said, Mapping) and isinstance(said.get("number"), int):
            yield str(said.get("series")), Head(str(said.get("force")), said["number"], str(said.get("digest")))
