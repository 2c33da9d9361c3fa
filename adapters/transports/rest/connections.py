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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from adapters.transports.rest.deadline import Deadline
from adapters.transports.rest.wire import CHUNK, Origin, Reading

LONGEST_IDLE = 4.0  # seconds: many servers close after 5
_FIRST = 16 * 1024  # bytes: no more than one record of TLS, of which a part is worth nothing to anybody
_SAYS_HOW_LONG = re.compile(r"timeout=([0-9]{1,6})\b", re.ASCII)


class Unsent(Exception):
    """Not one byte of the request could leave: it certainly did not arrive."""


class Connection:
    """One connection to an origin, used by one thread at a time."""

    def __init__(self, origin: Origin, line: socket.socket) -> None:
        self.origin = origin
        self.reading = Reading()
        self._line = line
        self._good_until = 0.0

    def send(self, data: bytes, deadline: Deadline, seconds: float) -> None:
        """The beginning of a request. Raises Unsent, and OSError where a part of it may have gone."""
        self._line.settimeout(deadline.left(seconds))
        try:
            sent = self._line.send(data[:_FIRST])
        except TimeoutError:
            raise
        except OSError as error:
            raise Unsent from error
        if sent < len(data):
            self.send_on(memoryview(data)[sent:], deadline, seconds)

    def send_on(self, data: bytes | memoryview, deadline: Deadline, seconds: float) -> None:
        """More of it. Raises OSError."""
        self._line.settimeout(deadline.left(seconds))
        self._line.sendall(data)

    def read(self, deadline: Deadline, seconds: float) -> None:
        """Until `reading` has the whole answer, or its head and too long a body. Raises OSError, EOFError and HttpParserError."""
        reading, listening = self.reading, False
        while not (reading.is_whole or reading.is_too_long):
            if reading.has_head and not listening:
                listening = True
                deadline.nearer(seconds)  # a body that comes drop by drop is not listened to for long
            self._line.settimeout(deadline.left(seconds))
            data = self._line.recv(CHUNK)
            if data:
                reading.feed(data)
            else:
                reading.end()

    def keep(self) -> bool:
        """Whether it may be used again after the answer that it brought, and until when: the far end may say."""
        said = _SAYS_HOW_LONG.search(self.reading.headers.get("keep-alive", ""))
        idle = min(LONGEST_IDLE, float(said[1]) - 1) if said else LONGEST_IDLE
        self._good_until = time.monotonic() + idle
        return idle > 0 and self.reading.may_go_on

    def is_good(self) -> bool:
        """Whether it may carry a request: it was not idle for too long, and nothing has come, neither an end nor words nobody asked for."""
        if time.monotonic() >= self._good_until:
            return False
        try:
            self._line.settimeout(0)
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


class Connections:
    """At most `most` connections, whatever their origins. Every thread may use it; who wants one too many waits for it.

    `tls` makes our side of TLS when the first connection needs it.
    """

    def __init__(self, most: int, tls: Callable[[], ssl.SSLContext], connect_within: float) -> None:
        self._most = most
        self._tls = tls
        self._connect_within = connect_within
        self._context: ssl.SSLContext | None = None
        self._turns = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._used = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Within the block one connection may be had."""
        with self._turns:
            self._count(1)
            try:
                yield
            finally:
                self._count(-1)

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
            too_many = max(0, self._used + len(self._idle) - self._most)
            old, self._idle = self._idle[:too_many], self._idle[too_many:]
        for connection in old:
            connection.close()

    def _count(self, more: int) -> None:
        with self._lock:
            self._used += more

    def _ours(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = self._tls()
            return self._context
