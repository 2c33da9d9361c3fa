"""A line between a client and a server that breaks: it carries bytes both ways, counts them, and resets the connection where it is told."""

import selectors
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closed, the connection is reset rather than ended
_PIECE = 256 * 1024


class Cutting:
    """`port` stands for the server's. `sent` are the bytes that clients sent, one number for each connection.

    Each number in `cuts` resets one connection, the next that is made, after so many of them.
    """

    def __init__(self, port: int) -> None:
        self._server = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.cuts: list[int] = []
        self.sent: list[int] = []

    @classmethod
    @contextmanager
    def start(cls, port: int) -> Iterator["Cutting"]:
        """A line to this port on loopback, there within the `with` block."""
        line = cls(port)
        thread = threading.Thread(target=line._accept, daemon=True)
        thread.start()
        try:
            yield line
        finally:
            with suppress(OSError):
                line._listening.shutdown(socket.SHUT_RDWR)
            line._listening.close()
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                cut = self.cuts.pop(0) if self.cuts else None
                self.sent.append(0)
                threading.Thread(target=self._carry, args=(near, len(self.sent) - 1, cut), daemon=True).start()

    def _carry(self, near: socket.socket, number: int, cut: int | None) -> None:
        far = socket.create_connection(("127.0.0.1", self._server))
        for one in (near, far):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with near, far, selectors.DefaultSelector() as ready, suppress(OSError):
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in ready.select():
                    piece = key.fileobj.recv(_PIECE)  # type: ignore[union-attr]  # only sockets were registered
                    if not piece:
                        return
                    key.data.sendall(piece)
                    self.sent[number] += len(piece) if key.data is far else 0
                if cut is not None and self.sent[number] >= cut:
                    for one in (near, far):
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    return
