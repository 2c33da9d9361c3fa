"""The connections of the REST stand-ins, on asyncio's own protocol and llhttp; a fault can end them, or leave them without a word.

A request that no fault can strike is answered as soon as it is whole, without a task.
"""

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from typing import Any, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from sandbox.http import Gone, Request, Response, Serving

CHUNK = 256 * 1024  # bytes that are read at a time


@lru_cache(256)
def _known(name: bytes) -> str:
    return name.decode("latin-1").lower()


def reset_on_close(connected: socket.socket) -> None:
    """Closed, the connection is reset (RST) rather than ended (FIN)."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Lines:
    """All connections of a process, so that what is under way can be answered before it ends."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.open: set[Line] = set()
        self.came = memoryview(bytearray(CHUNK))  # for what comes over any of them: it is read there before anything else comes
        self.tasks: set[asyncio.Future[None]] = set()

    def __call__(self) -> "Line":
        return Line(self)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def finish(self, seconds: float) -> None:
        """Requests that are under way are answered, if they do not take longer."""
        for line in list(self.open):
            line.go_when_done()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=seconds)


class Line(asyncio.BufferedProtocol):
    """One connection: its requests are answered one after the other.

    It has a buffer because asyncio makes one of 256 KiB for each read otherwise, which costs more than the whole answer.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._parser: HttpRequestParser | None = HttpRequestParser(self)
        self._requests: deque[Request] = deque()  # the first is being answered
        self._is_served = False
        self._goes = False
        self._is_paused = False
        self._target = b""
        self._headers: dict[str, str] = {}
        self._lost = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()

    # --- what asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._far = cast(asyncio.Transport, transport)
        self._lines.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._lines.open.discard(self)
        self._lost.set()
        self._may_write.set()
        self._parser = None
        for request in self._requests:
            request.wake()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        return self._lines.came

    def buffer_updated(self, nbytes: int) -> None:
        try:
            if self._parser:
                self._parser.feed_data(self._lines.came[:nbytes])
        except (HttpParserError, HttpParserUpgrade):
            self._far.write(Response(HTTPStatus.BAD_REQUEST).head(closes=True))
            self._far.close()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    # --- what the parser tells

    def on_message_begin(self) -> None:
        self._target, self._headers = b"", {}

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[_known(name)] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        parser = cast(HttpRequestParser, self._parser)
        target, keeps_alive = self._target.decode("latin-1"), parser.should_keep_alive()
        self._requests.append(Request(parser.get_method().decode(), target, self._headers, self, keeps_alive=keeps_alive))
        if self._headers.get("expect", "").lower() == "100-continue":
            self._far.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._go_on()

    def on_body(self, body: bytes) -> None:
        if self._requests:
            self._requests[-1].take(body)

    def on_message_complete(self) -> None:
        if self._requests:
            self._requests[-1].is_whole = True
            self._requests[-1].wake()
            self._go_on()

    # --- answering

    def _go_on(self) -> None:
        """Answers what can be answered now."""
        while self._requests and not self._is_served:
            request = self._requests[0]
            if request.is_quick is None:
                request.is_quick = self._lines.serving.is_quick(request)
            if not request.is_quick:
                self._is_served = True
                self._lines.begin(self._answer(request))
            elif request.is_whole:
                response = self._now(request)
                body = b"" if request.method == "HEAD" else response.body
                self._far.write(response.head(closes=self._ends_after(request)) + body)
                self._done(request)
            else:
                return

    def _now(self, request: Request) -> Response:
        try:
            return self._lines.serving.now(request)
        except Exception as fault:
            return _failed(fault)

    async def _answer(self, request: Request) -> None:
        try:
            response = await self._lines.serving.slowly(request)
        except Gone:
            response = None
        except Exception as fault:
            response = _failed(fault)
        if response and not self.is_lost:
            self._far.write(response.head(closes=self._ends_after(request)))
            if response.pieces is None:
                self._far.write(b"" if request.method == "HEAD" else response.body)
            else:
                async for piece in response.pieces:
                    if self.is_lost:
                        break
                    self._far.write(piece)
                    await self._may_write.wait()
        if not self.is_lost:
            self.listen()  # nobody wants the rest of its body
            self._is_served = False
            self._done(request)
            self._go_on()

    def _ends_after(self, request: Request) -> bool:
        return self._goes or not request.keeps_alive

    def _done(self, request: Request) -> None:
        """The next one's turn; or the connection ends, where this was to be the last."""
        if self._ends_after(request):
            self._far.close()
        if self._requests and self._requests[0] is request:
            self._requests.popleft()

    # --- what may be made of it

    @property
    def is_lost(self) -> bool:
        return self._lost.is_set()

    def wait(self) -> None:
        """Nothing more is read for now."""
        if not self._is_paused and not self.is_lost:
            self._is_paused = True
            self._far.pause_reading()

    def listen(self) -> None:
        """What comes is read again."""
        if self._is_paused and not self.is_lost:
            self._is_paused = False
            self._far.resume_reading()

    async def gone_within(self, seconds: float) -> bool:
        """Whether the client goes away within so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._lost.wait(), seconds)
        return self.is_lost

    async def cut(self, *, resets: bool = False) -> None:
        """Ends the connection: whatever is answered now, the client gets nothing more."""
        if resets and not self.is_lost:
            reset_on_close(cast(socket.socket, self._far.get_extra_info("socket")))
        self._far.abort()
        await self._lost.wait()

    def go_when_done(self) -> None:
        """Ends once what is under way is answered."""
        self._goes = True
        if not self._requests:
            self._far.close()


def _failed(fault: Exception) -> Response:
    logging.getLogger("sandbox").error("a request could not be answered: %s", type(fault).__name__)
    return Response(HTTPStatus.INTERNAL_SERVER_ERROR)
