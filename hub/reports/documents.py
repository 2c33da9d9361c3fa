"""Documents by their whole content: that they are what they are called, run nothing, hide nothing, and do not unfold without an end."""

import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from hub.reports.seen import ACTIVE, BOMB, LOCKED, OTHER, Seen

UNFOLDED = 200_000_000  # bytes that a document may unpack to
TIMES = 200  # and how many times its own size; small ones may be more
SMALL = 10_000_000
ENTRIES = 2_000
STREAMS = 100_000  # of one PDF
_PIECE = 4_096  # bytes that are unpacked at once: no more is copied in vain
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
_PROGRAM = re.compile(rb"(\xef\xbb\xbf)?\s*(<!doctype|<html|<script|<svg|<\?xml|<\?php|#!|%!ps|%pdf-|\{\\rtf)", re.IGNORECASE)
_HEX = re.compile(rb"#([0-9a-fA-F]{2})")  # how a name of PDF may be disguised: /J#61vaScript
_ACTIVE_PDF = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia|Rendition|SubmitForm|ImportData|GoToE|XFA)(?![A-Za-z0-9])")
_LOCKED_PDF = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_STREAM = re.compile(rb"stream\r?\n(?<!endstream\n)(?<!endstream\r\n)")  # what it looks back for stands behind: thirty times as fast
_ACTIVE_PART = re.compile(r"(?i)(vbaproject|vbadata|activex|embeddings/|oleobject|\.(exe|dll|js|vbs|bat|cmd|ps1|scr|jar|zip|docm|dotm)$)")


def text(seen: Seen) -> str | None:
    """Plain text in UTF-8 or a byte per letter: no control characters, and nothing that a browser or a shell would run."""
    return OTHER if _CONTROLS.search(seen.head) or _PROGRAM.match(seen.head) else None


def pdf(seen: Seen) -> str | None:
    """PDF: what could run, leave the page or carry another file is looked for in the open and in the streams that hold objects."""
    if not seen.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-"):
        return OTHER
    try:
        parts = [_plain(seen.head), *(_plain(part) for part in _object_streams(seen.head))]
    except OverflowError:
        return BOMB
    except ValueError:
        return LOCKED
    if any(_LOCKED_PDF.search(part) for part in parts):
        return LOCKED
    return ACTIVE if any(_ACTIVE_PDF.search(part) for part in parts) else None


def _plain(part: bytes) -> bytes:
    return _HEX.sub(lambda found: bytes((int(found[1], 16),)), part)


def _object_streams(body: bytes) -> Iterator[bytes]:
    """The streams in which objects lie compressed. Raises OverflowError above what may be unfolded, ValueError for what nobody can open."""
    left = UNFOLDED
    for number, found in enumerate(_STREAM.finditer(body)):
        if number == STREAMS:
            raise OverflowError
        about = _plain(body[max(0, found.start() - 1024) : found.start()]).rpartition(b"obj")[2]
        if b"/ObjStm" not in about or b"/Filter" not in about:
            continue
        if re.search(rb"/(LZW|ASCII|RunLength|Crypt|Predictor)", about):
            raise ValueError
        part = _unfolded(memoryview(body)[found.end() :], zlib.MAX_WBITS, left)
        left -= len(part)
        yield part


def _unfolded(packed: bytes | memoryview, wbits: int, most: int) -> bytes:
    """What these bytes unpack to. Raises OverflowError where it is more than `most`, ValueError where they are damaged."""
    unpacking, found, at = zlib.decompressobj(wbits), bytearray(), 0
    while at < len(packed) and not unpacking.eof:
        try:
            found += unpacking.decompress(packed[at : at + _PIECE], most + 1 - len(found))
        except zlib.error:
            raise ValueError from None
        if len(found) > most:
            raise OverflowError
        at += _PIECE
    return bytes(found)


def doc(seen: Seen) -> str | None:
    """The Word of before 2007: a file system in a file, whose directory names what is in it in UTF-16."""
    if not seen.head.startswith(bytes.fromhex("d0cf11e0a1b11ae1")) or _wide("WordDocument") not in seen.head:
        return LOCKED if _wide("EncryptedPackage") in seen.head else OTHER
    return ACTIVE if any(_wide(name) in seen.head for name in ("_VBA_PROJECT", "Macros", "Ole10Native")) else None


def _wide(name: str) -> bytes:
    return name.encode("utf-16-le")


def docx(seen: Seen) -> str | None:
    """The Word of today: a zip with a document in it. What its entries say of their sizes is held against what they unpack to."""
    try:
        with ZipFile(BytesIO(seen.head)) as archive:
            entries = archive.infolist()
    except (BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError):
        return OTHER
    names = [entry.filename for entry in entries]
    if not seen.head.startswith(b"PK\x03\x04") or "[Content_Types].xml" not in names or "word/document.xml" not in names:
        return OTHER
    if len(entries) > ENTRIES or len(set(names)) != len(names):
        return BOMB
    if any(entry.flag_bits & 0x1 for entry in entries):
        return LOCKED
    if any(_ACTIVE_PART.search(name) for name in names):
        return ACTIVE
    return _unfolds(seen.head, entries)


def _unfolds(body: bytes, entries: list[ZipInfo]) -> str | None:
    """Whether all of it unpacks, to what it says, within bounds, and to no second archive."""
    left = min(UNFOLDED, max(SMALL, TIMES * len(body)))
    for entry in entries:
        try:
            part = _unpacked(body, entry, left)
        except OverflowError:
            return BOMB
        except ValueError:
            return OTHER
        if len(part) != entry.file_size or zlib.crc32(part) != entry.CRC:
            return BOMB  # a size that lies
        if part.startswith((b"PK\x03\x04", b"MZ", b"\x7fELF")):
            return ACTIVE
        left -= len(part)
    return None


def _unpacked(body: bytes, entry: ZipInfo, most: int) -> bytes:
    """One entry, whatever its header says of its size. Raises OverflowError and ValueError, as `_unfolded` does."""
    at = entry.header_offset
    if body[at : at + 4] != b"PK\x03\x04" or len(body) < at + 30:
        raise ValueError
    start = at + 30 + int.from_bytes(body[at + 26 : at + 28], "little") + int.from_bytes(body[at + 28 : at + 30], "little")
    packed = body[start : start + entry.compress_size]
    if entry.compress_type == 0:
        return packed
    if entry.compress_type != 8:
        raise ValueError
    return _unfolded(packed, -zlib.MAX_WBITS, most)
