"""An HTTP server that says, byte for byte, what a test wants to be said, and ends its connections as it wants them ended."""

import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO

TAKEN = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n{"data": {"id": "RMS-1"}}'
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closed, the connection is reset rather than ended


@dataclass(frozen=True)
class Say:
    """What it says to one request, and whether it then ends the connection: `close` or `reset`."""

    words: bytes = TAKEN
    then: str = ""


class Outspoken:
    """Says the next of `script` to each request, and `TAKEN` when it is at its end. `taken` are the bodies, by connection."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/incidents"
        self.script: deque[Say] = deque()
        self.heads: list[str] = []
        self.taken: list[list[bytes]] = []
        self.ended = threading.Event()  # a connection was ended

    @classmethod
    @contextmanager
    def start(cls, *script: Say) -> Iterator["Outspoken"]:
        """A server that is there within the `with` block."""
        server = cls()
        server.script.extend(script)
        thread = threading.Thread(target=server._accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with suppress(OSError):
                server._listening.shutdown(socket.SHUT_RDWR)
            server._listening.close()
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listening.accept()
                self.taken.append([])
                threading.Thread(target=self._serve, args=(line, self.taken[-1]), daemon=True).start()

    def _serve(self, line: socket.socket, taken: list[bytes]) -> None:
        with line, line.makefile("rb") as came, suppress(OSError):
            while head := self._head(came):
                length = next((int(each.partition(":")[2]) for each in head if each.lower().startswith("content-length:")), 0)
                taken.append(came.read(length))
                said = self.script.popleft() if self.script else Say()
                line.sendall(said.words)
                if said.then:
                    if said.then == "reset":
                        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    break
        self.ended.set()

    def _head(self, came: BinaryIO) -> list[str]:
        lines: list[str] = []
        while (read := came.readline().decode("latin-1").rstrip("\r\n")) != "":
            lines.append(read)
        self.heads += ["\n".join(lines)] if lines else []
        return lines
