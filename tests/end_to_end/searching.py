"""A search for thousands of texts in some megabytes: all of them at once, by how they begin."""

from collections.abc import Iterable

import numpy as np

_BEGINNING = 4  # bytes that every text has
_TABLE = (1 << 20) - 1


def standing_in(content: bytes, texts: Iterable[bytes]) -> set[bytes]:
    """Those of these texts that stand in the content. Each has four bytes or more."""
    numbers = {text: _number(text[:_BEGINNING]) for text in texts}
    wanted = np.zeros(_TABLE + 1, dtype=bool)
    wanted[[number & _TABLE for number in numbers.values()]] = True
    there = _numbers(content)
    begun = set(np.unique(there[wanted[there & _TABLE]]).tolist())
    return {text for text, number in numbers.items() if number in begun and text in content}


def _number(beginning: bytes) -> int:
    (number,) = _numbers(beginning)
    return int(number)


def _numbers(content: bytes) -> "np.typing.NDArray[np.uint32]":
    """For each place in the content what the bytes from there are, mixed so that a few bits tell most of them apart."""
    found = np.zeros(max(len(content) - _BEGINNING + 1, 0), dtype=np.uint32)
    octets = np.frombuffer(content, dtype=np.uint8)
    for place in range(_BEGINNING):
        found = found * np.uint32(16777619) + octets[place : place + len(found)]
    return found ^ (found >> np.uint32(15))
