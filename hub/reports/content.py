"""What an attachment's bytes are: held against the media type that the submission gives, while they pass on their way into the store.

Nothing is decoded but what a compressed document hides: pictures, sounds and films are judged by their first and last bytes,
whatever their size. Our own tables, because a library that names any file guesses (`BMW` begins a bitmap); nineteen kinds
can be told for certain.
"""

import re
from collections.abc import Callable, Mapping
from typing import BinaryIO

from hub.reports.attachments import ALLOWED
from hub.reports.documents import doc, docx, pdf, text
from hub.reports.pictures import gif, heic, jpeg, png, tiff, webp
from hub.reports.seen import AMBIGUOUS, NOT_ALLOWED, OTHER, TOO_LARGE, Seen

HEAD, TAIL = 1 << 20, 1 << 16  # bytes that are kept of a file that is not held whole
_WHOLE = frozenset({"doc", "docx", "pdf", "text", "tiff"})
_OLD_FILM = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})  # QuickTime before it had `ftyp`
_MARKUP = re.compile(rb"<(!doctype\s+html|html|head|script|svg|iframe)[\s>]", re.IGNORECASE)
_ARCHIVE_ENDS = b"PK\x05\x06"  # a zip is read from its end: a picture with one behind it is both


def iso_media(seen: Seen) -> str | None:
    """MP4, MOV, 3GP and M4A: their boxes. Which of them it is makes no difference to who opens it; a picture in such boxes does."""
    name, brand = seen.head[4:8], seen.head[8:12]
    if name == b"ftyp":
        return None if brand not in (b"heic", b"heix", b"mif1", b"msf1", b"avif") else OTHER
    return None if name in _OLD_FILM else OTHER


def mp3(seen: Seen) -> str | None:
    """A tag of ID3, or the header of a frame: its layer, bit rate and sampling rate are none of the reserved ones."""
    if seen.head[:3] == b"ID3":
        return None
    first, second, third = (*seen.head[:3], 0, 0, 0)[:3]
    frame = first == 0xFF and second >= 0xE0 and second & 0x18 != 0x08 and second & 0x06 != 0
    return None if frame and third & 0xF0 != 0xF0 and third & 0x0C != 0x0C else OTHER


def _begins(*beginnings: re.Pattern[bytes]) -> Callable[[Seen], str | None]:
    return lambda seen: None if any(each.match(seen.head) for each in beginnings) else OTHER


_CHECKS: Mapping[str, Callable[[Seen], str | None]] = {
    "avi": _begins(re.compile(rb"RIFF.{4}AVI ", re.DOTALL)),
    "doc": doc,
    "docx": docx,
    "gif": gif,
    "heic": heic,
    "iso-media": iso_media,
    "jpeg": jpeg,
    "mp3": mp3,
    "ogg": _begins(re.compile(rb"OggS\x00")),
    "pdf": pdf,
    "png": png,
    "text": text,
    "tiff": tiff,
    "wav": _begins(re.compile(rb"(RIFF|RF64).{4}WAVE", re.DOTALL)),
    "webm": _begins(re.compile(rb"\x1aE\xdf\xa3.{,60}(webm|matroska)", re.DOTALL)),
    "webp": webp,
}


class Inspected:
    """A file on its way into the store: gives out what `source` gives, and can say afterwards what is wrong with it.

    Keeps a megabyte of it, or a document whole up to its limit. `largest` cuts nothing off: what is too large is kept, and said.
    """

    def __init__(self, source: BinaryIO, media_type: str) -> None:
        self._source = source
        self._kind = ALLOWED.get(media_type)
        whole = self._kind is not None and self._kind.content in _WHOLE
        self._kept = self._kind.largest if self._kind and whole else HEAD
        self._head, self._tail, self.size = bytearray(), b"", 0

    def read(self, size: int = -1) -> bytes:
        """As `source` gives it."""
        chunk = self._source.read(size)
        self.size += len(chunk)
        self._head += chunk[: self._kept - len(self._head)]
        self._tail = (self._tail + chunk[-TAIL:])[-TAIL:]
        return chunk

    def trouble(self) -> str | None:
        """A code of `hub.causes`, once all of it has been read; None where it may go to a force."""
        if self._kind is None:
            return NOT_ALLOWED
        if self.size > self._kind.largest:
            return TOO_LARGE
        seen = Seen(bytes(self._head), self._tail, self.size)
        return _CHECKS[self._kind.content](seen) or _second(seen, self._kind.content)


def _second(seen: Seen, content: str) -> str | None:
    """Whether it is something else besides: a page, a document or an archive in the coat of a picture."""
    begins = seen.head[:1024]
    if _MARKUP.search(begins) or (content != "pdf" and b"%PDF-" in begins):
        return AMBIGUOUS
    return AMBIGUOUS if content != "docx" and _has_archive(seen.tail) else None


def _has_archive(tail: bytes) -> bool:
    """Whether the end of a zip of one part with entries lies in these bytes."""
    at = tail.rfind(_ARCHIVE_ENDS)
    end = tail[at : at + 22]
    return at >= 0 and len(end) == 22 and end[4:8] == bytes(4) and end[8:10] == end[10:12] != bytes(2)
