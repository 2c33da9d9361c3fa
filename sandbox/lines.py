"""Connections that a fault can end, or leave without a word: HTTP and SFTP themselves have no way to say nothing."""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import cast

from starlette.requests import Request
from uvicorn.protocols.http.auto import AutoHTTPProtocol

_OPEN: dict[object, "Line"] = {}


class Line(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # uvicorn chooses the class by what is installed
    """An HTTP connection that is known by its peer's address."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._peer = transport.get_extra_info("peername")
        self.far = cast(asyncio.Transport, transport)
        self.lost = asyncio.Event()
        _OPEN[self._peer] = self
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        _OPEN.pop(self._peer, None)
        self.lost.set()
        super().connection_lost(exc)


async def cut(request: Request) -> None:
    """Ends the connection of this request: whatever is answered now, the client gets nothing more."""
    if line := _of(request):
        line.far.abort()
        await line.lost.wait()


async def reset(request: Request) -> None:
    """Resets the connection as soon as the first piece of the request's body is there."""
    async for _ in request.stream():
        break
    if line := _of(request):
        reset_on_close(line.far.get_extra_info("socket"))
    await cut(request)


async def gone_within(request: Request, seconds: float) -> bool:
    """Whether the client goes away within so many seconds."""
    if line := _of(request):
        with suppress(TimeoutError):
            await asyncio.wait_for(line.lost.wait(), seconds)
        return line.lost.is_set()
    return True


def reset_on_close(connected: socket.socket) -> None:
    """Closed, the connection is reset (RST) rather than ended (FIN)."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _of(request: Request) -> Line | None:
    return _OPEN.get(tuple(request.scope["client"]))
