"""Requests and answers of the REST stand-ins, as plain as they can be: what they cost is taken from what is measured."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qsl, unquote

MOST_WAITING = 256 * 1024  # bytes of a body that nobody has read: then the client waits
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Gone(Exception):
    """The client went away before it had said everything."""


@dataclass(slots=True)
class Response:
    """An answer. `pieces` are given in place of the body, after a head that announces the whole of it."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    pieces: AsyncIterator[bytes] | None = None

    def head(self, *, closes: bool) -> bytes:
        """What stands before its body; `closes`: it is the last of its connection."""
        lines = [f"HTTP/1.1 {self.status} {_PHRASES.get(self.status, '')}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(self.body)}")
        if closes:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Connection(Protocol):
    """What a request came over."""

    @property
    def is_lost(self) -> bool: ...

    def wait(self) -> None:
        """Nothing more is read for now."""
        ...

    def listen(self) -> None:
        """What comes is read again."""
        ...

    async def gone_within(self, seconds: float) -> bool:
        """Whether the client goes away within so many seconds."""
        ...

    async def cut(self, *, resets: bool = False) -> None:
        """Ends the connection: whatever is answered now, the client gets nothing more."""
        ...


class Request:
    """A request, as far as it has come. `path` is as it stands in the request; header names are in lower case."""

    def __init__(self, method: str, target: str, headers: Mapping[str, str], line: Connection, *, keeps_alive: bool) -> None:
        self.method = method
        self.path, _, query = target.partition("?")
        self.query = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        self.headers = headers
        self.line = line
        self.keeps_alive = keeps_alive
        self.is_whole = False
        self.is_quick: bool | None = None
        self._pieces: deque[bytes] = deque()
        self._waiting = 0  # bytes
        self._came: asyncio.Event | None = None

    def steps(self) -> tuple[str, ...]:
        """The path's first two steps and what is below them, each decoded."""
        return _steps(self.path)

    def body(self) -> bytes:
        """All of it that has come and was not read yet."""
        whole = b"".join(self._pieces)
        self._pieces.clear()
        self._waiting = 0
        return whole

    async def stream(self) -> AsyncIterator[bytes]:
        """The body, as it comes. Raises Gone."""
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                self._waiting -= len(piece)
                yield piece
            if self.is_whole:
                return
            if self.line.is_lost:
                raise Gone
            self.line.listen()
            self._came = self._came or asyncio.Event()
            self._came.clear()
            await self._came.wait()

    async def gather(self, most: int) -> None:
        """Until `body` is all of it, or more than `most` bytes. Raises Gone."""
        pieces, size = [], 0
        async for piece in self.stream():
            pieces.append(piece)
            size += len(piece)
            if size > most:
                break
        self._pieces.extendleft(reversed(pieces))

    def take(self, piece: bytes) -> None:
        """More of the body."""
        self._pieces.append(piece)
        self._waiting += len(piece)
        if self._waiting > MOST_WAITING:
            self.line.wait()
        self.wake()

    def wake(self) -> None:
        """Something has happened: all has come, or the client is gone."""
        if self._came:
            self._came.set()


@lru_cache(256)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(unquote(step) for step in path.split("/", 3)[1:])


class Serving(Protocol):
    """What answers requests."""

    def is_quick(self, request: Request) -> bool:
        """Whether `now` may answer this request, of which the head has come, once it is whole."""
        ...

    def now(self, request: Request) -> Response:
        """The answer to a whole request."""
        ...

    async def slowly(self, request: Request) -> Response | None:
        """The answer to a request that may still be coming; None where there is nobody to give it to."""
        ...
