"""The connections of a client: opened when needed, kept while they are good, never more than allowed.

One that the far end may be about to close is not used again, and one that it has closed is noticed before a request goes over it.
Where a request finds it closed all the same and not one byte could leave, it goes over a new one. After that nothing is ever
sent twice here: what became of a request without an answer is not for a client to guess.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from queue import SimpleQueue

from adapters.transports.rest.deadline import Deadline
from adapters.transports.rest.waiting import READS, WRITES, Wait
from adapters.transports.rest.wire import CHUNK, Origin, Reading

LONGEST_IDLE = 4.0  # seconds: many servers close after 5
_FIRST = 16 * 1024  # bytes: no more than one record of TLS, of which a part is worth nothing to anybody
_SAYS_HOW_LONG = re.compile(r"timeout=([0-9]{1,6})\b", re.ASCII)


class Unsent(Exception):
    """Not one byte of the request could leave: it certainly did not arrive."""


class Connection:
    """One connection to an origin, used by one exchange at a time. Its line never blocks: what would have to wait says so."""

    def __init__(self, origin: Origin, line: socket.socket) -> None:
        self.origin = origin
        self.reading = Reading()
        line.setblocking(False)
        self._line = line
        self._number = line.fileno()
        self._good_until = 0.0

    def send(self, data: bytes, deadline: Deadline) -> Generator[Wait, None, None]:
        """The beginning of a request. Raises Unsent, and OSError where a part of it may have gone."""
        try:
            sent = yield from self._taken(data[:_FIRST], deadline.for_piece())
        except TimeoutError:
            raise
        except OSError as error:
            raise Unsent from error
        if sent < len(data):
            yield from self._send_all(memoryview(data)[sent:], deadline)

    def send_on(self, data: bytes, deadline: Deadline) -> Generator[Wait, None, None]:
        """More of it, once others have had their turn. Raises OSError."""
        yield self._number, WRITES, deadline.for_piece()
        yield from self._send_all(memoryview(data), deadline)

    def _send_all(self, data: memoryview, deadline: Deadline) -> Generator[Wait, None, None]:
        until = deadline.for_piece()
        while data:
            data = data[(yield from self._taken(data, until)) :]

    def _taken(self, data: bytes | memoryview, until: float) -> Generator[Wait, None, int]:
        """How many of these bytes the line takes, as soon as it takes any."""
        while True:
            try:
                return self._line.send(data)
            except (BlockingIOError, ssl.SSLWantWriteError):
                yield self._number, WRITES, until
            except ssl.SSLWantReadError:
                yield self._number, READS, until

    def read(self, deadline: Deadline) -> Generator[Wait, None, None]:
        """Until `reading` has the whole answer, or its head and too long a body. Raises OSError, EOFError and HttpParserError."""
        reading, listening, until = self.reading, False, deadline.for_piece()
        yield self._number, READS, until
        while True:
            if data := (yield from self._came(until)):
                reading.feed(data)
            else:
                reading.end()
            if reading.is_whole or reading.is_too_long:
                return
            if reading.has_head and not listening:
                listening = True
                deadline.for_one_piece()  # a body that comes drop by drop is not listened to for long
            until = deadline.for_piece()

    def _came(self, until: float) -> Generator[Wait, None, bytes]:
        """What comes next; nothing where the far end has ended the connection."""
        while True:
            try:
                return self._line.recv(CHUNK)
            except (BlockingIOError, ssl.SSLWantReadError):
                yield self._number, READS, until
            except ssl.SSLWantWriteError:
                yield self._number, WRITES, until

    def keep(self) -> bool:
        """Whether it may be used again after the answer that it brought, and until when: the far end may say."""
        said = _SAYS_HOW_LONG.search(text) if (text := self.reading.headers.get("keep-alive")) else None
        idle = min(LONGEST_IDLE, float(said[1]) - 1) if said else LONGEST_IDLE
        self._good_until = time.monotonic() + idle
        return idle > 0 and self.reading.may_go_on

    def is_good(self) -> bool:
        """Whether it may carry a request: it was not idle for too long, and nothing has come, neither an end nor words nobody asked for."""
        if time.monotonic() >= self._good_until:
            return False
        try:
            self._line.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Ends it. Never raises."""
        self.reading.let_go()
        with suppress(OSError):
            self._line.close()


class _Turn:
    """The right to one connection."""

    def __init__(self, free: SimpleQueue[None]) -> None:
        self._free = free

    def __enter__(self) -> None:
        self._free.get()

    def __exit__(self, *_: object) -> None:
        self._free.put(None)


class Connections:
    """At most `most` connections, whatever their origins. Every thread may use it; who wants one too many waits for it.

    `tls` makes our side of TLS when the first connection needs it.
    """

    def __init__(self, most: int, tls: Callable[[], ssl.SSLContext], connect_within: float) -> None:
        self._most = most
        self._tls = tls
        self._connect_within = connect_within
        self._context: ssl.SSLContext | None = None
        self._free: SimpleQueue[None] = SimpleQueue()  # turns: of all that can make a thread wait it costs least
        for _ in range(most):
            self._free.put(None)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []

    def turn(self) -> "_Turn":
        """Within a `with` block one connection may be had."""
        return _Turn(self._free)

    def kept(self, origin: Origin) -> Connection | None:
        """One that has carried a request to this origin and may carry another; the one used last: it is the least likely to be stale."""
        while connection := self._taken(origin):
            if connection.is_good():
                return connection
            connection.close()
        return None

    def opened(self, origin: Origin) -> Connection:
        """A new one. Raises OSError and Misconfigured; nothing has been sent then."""
        scheme, host, port = origin
        tls = self._ours() if scheme == "https" else None
        self._make_room()
        line = socket.create_connection((host, port), self._connect_within)
        try:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return Connection(origin, tls.wrap_socket(line, server_hostname=host) if tls else line)
        except BaseException:
            line.close()
            raise

    def done_with(self, connection: Connection) -> None:
        """Keeps it for another request if it may carry one, and ends it if not."""
        if not connection.keep():
            connection.close()
            return
        with self._lock:
            self._idle.append(connection)

    def close(self) -> None:
        """Ends all that are idle. Never raises."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _taken(self, origin: Origin) -> Connection | None:
        with self._lock:
            for place in range(len(self._idle) - 1, -1, -1):
                if self._idle[place].origin == origin:
                    return self._idle.pop(place)
        return None

    def _make_room(self) -> None:
        """Ends what is idle at other origins where there would be too many."""
        with self._lock:
            used = self._most - self._free.qsize()
            too_many = max(0, used + len(self._idle) - self._most)
            old, self._idle = self._idle[:too_many], self._idle[too_many:]
        for connection in old:
            connection.close()

    def _ours(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = self._tls()
            return self._context
