"""The connections of the REST stand-ins, so that a fault can cut one: HTTP itself has no way to say nothing."""

import asyncio
from typing import cast

from starlette.requests import Request
from uvicorn.protocols.http.auto import AutoHTTPProtocol

_OPEN: dict[object, asyncio.Transport] = {}


class Line(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # uvicorn chooses the class by what is installed
    """An HTTP connection that is known by its peer's address."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._peer = transport.get_extra_info("peername")
        _OPEN[self._peer] = cast(asyncio.Transport, transport)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        _OPEN.pop(self._peer, None)
        super().connection_lost(exc)


def cut(request: Request) -> None:
    """Cuts the connection of this request: whatever is answered now, the client gets nothing."""
    _OPEN[tuple(request.scope["client"])].abort()
