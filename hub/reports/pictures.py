"""Pictures by their headers: that they are what they are called, and not too large to be unfolded. Nothing is decoded."""

import re
import struct
from collections.abc import Iterable, Iterator

from hub.reports.seen import BOMB, OTHER, Seen

PIXELS = 250_000_000  # the largest camera of a telephone makes 200 million
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG: the markers that give a size
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # JPEG: the markers without a length
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_EXTENT = re.compile(rb"\x00\x00\x00\x14ispe.{4}(.{4})(.{4})", re.DOTALL)
_PAGES = 1000  # of one TIFF
_TIFF_NUMBERS = {3: "H", 4: "I"}  # short, long

Size = tuple[int, int]


def png(seen: Seen) -> str | None:
    """PNG: the size stands in its first chunk."""
    if seen.head[:16] != b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" or len(seen.head) < 24:
        return OTHER
    return _of([struct.unpack(">II", seen.head[16:24])])


def gif(seen: Seen) -> str | None:
    """GIF: the size of its screen, and of the first picture on it."""
    if seen.head[:6] not in (b"GIF87a", b"GIF89a") or len(seen.head) < 13:
        return OTHER
    return _of([struct.unpack("<HH", seen.head[6:10]), *_first_picture(seen.head)])


def _first_picture(head: bytes) -> Iterator[Size]:
    at = 13 + (3 << ((head[10] & 7) + 1) if head[10] & 0x80 else 0)
    while head[at : at + 1] == b"!":  # extensions: a label, then pieces with their lengths, the last of them empty
        at += 2
        while at < len(head) and head[at]:
            at += head[at] + 1
        at += 1
    if head[at : at + 1] == b"," and len(head) >= at + 9:
        yield struct.unpack("<HH", head[at + 5 : at + 9])


def jpeg(seen: Seen) -> str | None:
    """JPEG: segment by segment up to the one that gives the size, which must come within the first megabyte."""
    head = seen.head
    if head[:2] != b"\xff\xd8":
        return OTHER
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return _of([(width, height)])
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + max(2, int.from_bytes(head[at + 2 : at + 4], "big"))
    return OTHER


def webp(seen: Seen) -> str | None:
    """WebP: each of its three ways to begin has the size at a place of its own."""
    head = seen.head
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return OTHER
    match head[12:16]:
        case b"VP8X":
            return _of([(_24(head, 24) + 1, _24(head, 27) + 1)])
        case b"VP8L" if head[20] == 0x2F:
            bits = int.from_bytes(head[21:25], "little")
            return _of([((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)])
        case b"VP8 " if head[23:26] == b"\x9d\x01\x2a":
            width, height = struct.unpack("<HH", head[26:30])
            return _of([(width & 0x3FFF, height & 0x3FFF)])
    return OTHER


def _24(head: bytes, at: int) -> int:
    return int.from_bytes(head[at : at + 3], "little")


def heic(seen: Seen) -> str | None:
    """HEIC: its brand, and the size of every picture that its boxes describe, which must lie within the first megabyte."""
    if seen.head[4:8] != b"ftyp" or seen.head[8:12] not in _HEIC:
        return OTHER
    return _of([(int.from_bytes(w, "big"), int.from_bytes(h, "big")) for w, h in _EXTENT.findall(seen.head)])


def tiff(seen: Seen) -> str | None:
    """TIFF: the size of every page; the directory of each says where the next one is."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(seen.head[:4])
    if order is None or len(seen.head) < 8:
        return OTHER
    try:
        return _of(list(_pages(seen.head, order)))
    except (struct.error, IndexError):
        return OTHER


def _pages(head: bytes, order: str) -> Iterator[Size]:
    (at,), been = struct.unpack_from(f"{order}I", head, 4), set[int]()
    while at and at not in been and len(been) < _PAGES:
        been.add(at)
        (count,) = struct.unpack_from(f"{order}H", head, at)
        entries = dict(_entry(head, order, at + 2 + 12 * n) for n in range(count))
        yield entries.get(256, 0), entries.get(257, 0)
        (at,) = struct.unpack_from(f"{order}I", head, at + 2 + 12 * count)


def _entry(head: bytes, order: str, at: int) -> tuple[int, int]:
    """A directory's entry: its tag, and its value where it is one number."""
    tag, kind = struct.unpack_from(f"{order}HH", head, at)
    letter = _TIFF_NUMBERS.get(kind)
    return tag, struct.unpack_from(order + letter, head, at + 8)[0] if letter else 0


def _of(sizes: Iterable[Size]) -> str | None:
    """No size, or a side of nothing, is no picture."""
    found = list(sizes)
    if not found or any(0 in size for size in found):
        return OTHER
    return BOMB if any(width * height > PIXELS for width, height in found) else None
