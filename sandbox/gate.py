"""The gate of an instance: its port, and the faults that strike before a word is said."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from sandbox.faults import Fault
from sandbox.lines import reset_on_close
from sandbox.listening import Port
from sandbox.stands import Stand
from sandbox.striking import Faults

Greeting = tuple[Callable[[], asyncio.BaseProtocol], ssl.SSLContext | None]  # how a connection is met, and its TLS

EVER = 3600.0  # seconds: longer than any client waits
_LOOK = 0.05  # seconds between two looks at whether the faults were replaced


class Gate:
    """Lets connections in to one instance, as `greet` says anew for each, or keeps them out while a fault wants it."""

    def __init__(self, port: Port, stands: Sequence[Stand], faults: Faults, greet: Callable[[], Greeting]) -> None:
        self._port = port
        self._stands = stands
        self._faults = faults
        self._greet = greet
        self._woken = asyncio.Event()
        self._accepting: asyncio.Future[tuple[socket.socket, Any]] | None = None
        self._lines: set[asyncio.BaseTransport] = set()
        self._under_way: set[asyncio.Future[None]] = set()

    async def serve(self) -> None:
        """Until cancelled. Asks whether it is to be down when it begins, when the faults were replaced, and when somebody comes."""
        came: socket.socket | None = None
        while True:
            if fault := self._strikes("connection-refused"):
                await self._go_down(came)
                came = None
                if await self._wakes(fault.seconds):
                    continue
            elif came:
                self._meet(came)
            came = await self._next()

    def wake(self) -> None:
        """The faults were replaced."""
        self._woken.set()

    def _strikes(self, kind: str) -> Fault | None:
        return self._faults.strikes(kind, "connect", *self._stands)

    async def _go_down(self, came: socket.socket | None) -> None:
        if self._accepting:
            self._accepting.cancel()
            await asyncio.wait({self._accepting})
            self._accepting = None
        self._port.close()
        for line in self._lines:
            if isinstance(line, asyncio.Transport):
                with suppress(AttributeError):  # Python before 3.11.5: a TLS line that is closed already has nothing left to abort
                    line.abort()
        if came:
            came.close()

    async def _wakes(self, seconds: float | None) -> bool:
        """Whether it was woken within the time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        woken = self._woken.is_set()
        self._woken.clear()
        return woken

    async def _next(self) -> socket.socket | None:
        """Who comes next; None where the faults were replaced before anybody did."""
        if self._accepting is None:  # else still under way: cancelled, it could lose somebody who is just coming in
            self._accepting = asyncio.ensure_future(asyncio.get_running_loop().sock_accept(self._port.open()))
        waking = asyncio.ensure_future(self._woken.wait())
        either: set[asyncio.Future[Any]] = {self._accepting, waking}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        waking.cancel()
        self._woken.clear()
        if not self._accepting.done():
            return None
        accepted, self._accepting = self._accepting, None
        with suppress(OSError):  # gone before it was let in
            return accepted.result()[0]
        return None

    def _meet(self, came: socket.socket) -> None:
        if self._strikes("reset"):
            reset_on_close(came)
            came.close()
        elif fault := self._strikes("stall"):
            self._begin(_left_alone(came, fault.seconds or EVER))
        else:
            self._begin(self._let_in(came))

    def _begin(self, work: Awaitable[None]) -> None:
        future = asyncio.ensure_future(work)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)

    async def _let_in(self, came: socket.socket) -> None:
        protocol, tls = self._greet()
        try:
            line, _ = await asyncio.get_running_loop().connect_accepted_socket(protocol, came, ssl=tls)
        except OSError:  # the client does not trust what it saw, or is gone
            came.close()
            return
        self._lines = {line, *(open_ for open_ in self._lines if not open_.is_closing())}


async def keep(gates: Sequence[Gate], faults: Faults) -> None:
    """Serves all gates until cancelled, and wakes them when the faults were replaced."""
    serving = [asyncio.ensure_future(gate.serve()) for gate in gates]
    seen = faults.version
    try:
        while not any(one.done() for one in serving):
            await asyncio.sleep(_LOOK)
            if (version := faults.version) != seen:
                seen = version
                for gate in gates:
                    gate.wake()
        for one in serving:
            if one.done():
                one.result()
    finally:
        for one in serving:
            one.cancel()


async def _left_alone(came: socket.socket, seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
    finally:
        came.close()
