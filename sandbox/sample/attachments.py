"""Small files that are what they say: photographs, a film, a letter. No two have the same bytes."""

import zlib
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from random import Random

from sandbox.sample.people import Wire

SMALLEST, LARGEST, BIG = 1_000, 40_000, 300_000  # bytes

_ONE_PIXEL = b64decode(  # a JPEG of one grey pixel, without its first two bytes (SOI)
    "/+AAEEpGSUYAAQEBAEgASAAA/9sAQwD/////////////////////////////////////////////////////////////////////////////////////"
    "/8IACwgAAQABAQERAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAT8Q"
)


@dataclass(frozen=True, slots=True)
class File:
    """A file to lie beside a submission."""

    name: str
    media_type: str
    body: bytes

    def listed(self) -> Wire:
        """As the submission names it."""
        return {"name": self.name, "mediaType": self.media_type, "size": len(self.body), "sha256": sha256(self.body).hexdigest()}


def attachment(rng: Random, number: int, *, film: bool = False, size: int | None = None) -> File:
    """A submission's n-th made-up file (under a name of its own), of some kilobytes or of about `size` bytes."""
    names, media_type, make = _KINDS["film"] if film else _KINDS[rng.choice(("photograph", "photograph", "screenshot", "letter"))]
    noise = rng.randbytes(size or rng.randrange(SMALLEST, LARGEST))
    return File(rng.choice(names).format(n=f"{number}{rng.randrange(1000):03d}"), media_type, make(noise))


def jpeg(noise: bytes) -> bytes:
    """One pixel, and the rest in comments."""
    pieces = (noise[at : at + 60_000] for at in range(0, len(noise), 60_000))
    comments = b"".join(b"\xff\xfe" + (len(piece) + 2).to_bytes(2, "big") + piece for piece in pieces)
    return b"\xff\xd8" + comments + _ONE_PIXEL + b"\xff\xd9"


def png(noise: bytes) -> bytes:
    """Grey noise, 64 pixels wide."""
    rows = [noise[at : at + 64] for at in range(0, len(noise) - 63, 64)]
    header = (64).to_bytes(4, "big") + len(rows).to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    pixels = zlib.compress(b"".join(b"\x00" + row for row in rows), 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def pdf(noise: bytes) -> bytes:
    """One empty page, with the noise in a stream that nothing shows."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(noise), noise),
    )
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"xref\n0 5\n0000000000 65535 f \n" + table + trailer


def mp4(noise: bytes) -> bytes:
    """The boxes of a film, without a track."""
    return _box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2mp41") + _box(b"free", b"") + _box(b"mdat", noise)


def _chunk(name: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")


def _box(name: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + name + content


_KINDS: dict[str, tuple[tuple[str, ...], str, Callable[[bytes], bytes]]] = {
    "photograph": (("IMG_{n}.jpg", "llun o'r difrod {n}.jpg", "photo {n}.jpeg"), "image/jpeg", jpeg),
    "screenshot": (("Screenshot {n}.png", "Sgrinlun tŷ {n}.png"), "image/png", png),
    "letter": (("letter-{n}.pdf", "receipt & guarantee {n}.pdf"), "application/pdf", pdf),
    "film": (("dashcam_{n}.mp4", "VID_{n}.mp4"), "video/mp4", mp4),
}
