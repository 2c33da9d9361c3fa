"""A body of several parts (multipart/form-data, RFC 7578): the records, and in the same request what came with them, streamed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import parse_qsl

from adapters.transports.rest.settings import Multipart
from hub.contracts import Payload, Unavailable

FORM = "application/x-www-form-urlencoded"
_CHUNK = 64 * 1024  # bytes
_ESCAPED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})  # as browsers do


@dataclass(frozen=True, slots=True)
class Parts:
    """A body: its media type with the boundary, how many bytes it has, and how to open it anew."""

    media_type: str
    size: int
    opened: Callable[[], AbstractContextManager[Iterable[bytes]]]


@dataclass(frozen=True, slots=True)
class _Part:
    """The head of a part, and either its bytes or the payload that has them."""

    head: bytes
    content: bytes | Payload

    @property
    def size(self) -> int:
        return len(self.head) + (self.content.size if isinstance(self.content, Payload) else len(self.content)) + len(_END)


_END = b"\r\n"


def multipart(settings: Multipart, payload: Payload) -> Parts:
    """The records of a payload and its attachments. The same payload gives the same bytes. Raises Unavailable."""
    boundary = f"soh-{hashlib.sha256(f'{payload.key} {payload.digest}'.encode()).hexdigest()[:40]}"
    parts = [*_records(settings, payload, boundary), *_files(settings, payload.attachments, boundary)]
    last = f"--{boundary}--\r\n".encode()
    size = sum(part.size for part in parts) + len(last)
    return Parts(f"multipart/form-data; boundary={boundary}", size, lambda: _opening(parts, last))


def _records(settings: Multipart, payload: Payload, boundary: str) -> list[_Part]:
    """One part; or where it has no name, one for each field of a form."""
    if settings.records is not None:
        return [_Part(_head(boundary, settings.records, payload.media_type), payload)]
    with opened(payload) as body:
        fields = parse_qsl(body.read().decode("ascii"), keep_blank_values=True)
    return [_Part(_head(boundary, name), value.encode()) for name, value in fields]


def _files(settings: Multipart, attachments: Sequence[Payload], boundary: str) -> list[_Part]:
    return [_Part(_head(boundary, settings.files, each.media_type, each.name), each) for each in attachments]


def _head(boundary: str, name: str, media_type: str | None = None, filename: str | None = None) -> bytes:
    disposition = f'form-data; name="{name.translate(_ESCAPED)}"'
    if filename is not None:
        disposition += f'; filename="{filename.translate(_ESCAPED)}"'
    kind = f"Content-Type: {media_type}\r\n" if media_type else ""
    return f"--{boundary}\r\nContent-Disposition: {disposition}\r\n{kind}\r\n".encode()


@contextmanager
def _opening(parts: Sequence[_Part], last: bytes) -> Iterator[Iterable[bytes]]:
    """Everything is opened before anything is sent: what the hub cannot read must not break off an exchange."""
    with ExitStack() as stack:
        streams = [stack.enter_context(opened(part.content)) if isinstance(part.content, Payload) else None for part in parts]
        yield _stream(parts, streams, last)


def _stream(parts: Sequence[_Part], streams: Sequence[BinaryIO | None], last: bytes) -> Iterator[bytes]:
    for part, stream in zip(parts, streams, strict=True):
        yield part.head
        if isinstance(part.content, bytes):
            yield part.content
        while stream and (chunk := stream.read(_CHUNK)):
            yield chunk
        yield _END
    yield last


def opened(payload: Payload) -> BinaryIO:
    """The payload's bytes; that the hub's own store cannot be read is no fault of the far end. Raises Unavailable."""
    try:
        return payload.open()
    except OSError as error:
        raise Unavailable("payload-unreadable", f"the hub cannot read its own {payload.name} ({type(error).__name__})") from None
