"""Hostile input as data: each border has an index, `data/<border>.json`, of cases and what must become of them.

A case's bytes are `text` (in UTF-8), `hex`, or both after each other; `times` repeats `unit` between `text` and `after`, so
that what is large is made and not stored. With `at` they stand in the place of that value of a clean document.
"""

import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

DATA = Path(__file__).parent / "data"
LONGEST = 5.0  # seconds for one case, on a machine that is busy
LARGEST = 400_000  # kilobytes that a border may grow by in all of its cases


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile input: `expect` is the stable code that refuses it, or `read` where it passes unharmed.

    `told` is what its border hears of it beside the bytes: a media type, a status.
    """

    name: str
    body: bytes
    at: str | None
    expect: str
    told: str = ""


def cases(border: str) -> list[Case]:
    """Every case of a border, in the index's order."""
    return [_case(row) for row in orjson.loads((DATA / f"{border}.json").read_bytes())]


def _case(row: dict[str, Any]) -> Case:
    body = row.get("text", "").encode() + bytes.fromhex(row.get("hex", ""))
    body += row.get("unit", "").encode() * row.get("times", 0) + row.get("after", "").encode()
    return Case(row["name"], body, row.get("at"), row["expect"], row.get("told", ""))


class Bounded:
    """A block that must end in time, and must not make the process grow."""

    def __enter__(self) -> None:
        self._began, self._size = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def __exit__(self, *_: object) -> None:
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self._size
        assert time.process_time() - self._began < LONGEST
        assert grown < LARGEST
