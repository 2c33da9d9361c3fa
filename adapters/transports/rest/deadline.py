"""A whole exchange has an end: a far end that sends or takes a byte now and then is not waited for for ever.

httpx knows a time for each read and each write only, which a slow drip of headers, or of what we send, never exceeds.
"""

import math
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx


class Deadline(threading.local):
    """When the exchange of this thread has to be over."""

    until = math.inf

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Everything that this thread reads and writes in the block is over after so many seconds, or raises."""
        self.until = time.monotonic() + seconds
        try:
            yield
        finally:
            self.until = math.inf

    def left(self, timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
        """The time for one read or write."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise late
        return min(left, math.inf if timeout is None else timeout) if left < math.inf else timeout


def held_to(transport: httpx.HTTPTransport, deadline: Deadline) -> httpx.HTTPTransport:
    """The transport, with all its connections held to the deadline."""
    transport._pool._network_backend = _Backend(transport._pool._network_backend, deadline)  # the one way to its connections
    return transport


class _Backend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend, deadline: Deadline) -> None:
        self._backend = backend
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
