"""One exchange over one connection: a request goes out, an answer comes back, and no request goes out twice.

It waits without holding a thread (`waiting.py`), so that one thread may have many under way.
"""

import ssl
from collections.abc import Generator, Iterator
from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade

from adapters.transports.rest.answers import Answer
from adapters.transports.rest.border import border
from adapters.transports.rest.connections import Connection, Connections, Unsent
from adapters.transports.rest.deadline import Deadline
from adapters.transports.rest.requests import Body
from adapters.transports.rest.waiting import Wait
from adapters.transports.rest.wire import Origin, pieces
from hub.contracts import Unavailable


class Outgoing(NamedTuple):
    """A request as it goes out: `head` its first bytes, then `size` bytes of `body`. `longest`: no more of an answer's body is read."""

    origin: Origin
    method: str
    head: bytes
    body: Body | None
    size: int
    longest: int


def exchange(connections: Connections, outgoing: Outgoing, deadline: Deadline, where: str) -> Generator[Wait, None, Answer]:
    """The answer. Raises what the border knows (`adapters/transports/rest/border.py`), and what reading the body raises."""
    rest = pieces(outgoing.body, outgoing.size)
    first = outgoing.head + next(rest, b"")
    with connections.turn():
        if kept := connections.kept(outgoing.origin):
            try:
                return (yield from _over(kept, connections, outgoing, first, rest, deadline))
            except Unsent:  # the far end closed it at this very moment, and has nothing of the request
                pass
        with border(where, Unavailable, "connection-failed"):
            opened = connections.opened(outgoing.origin)
        return (yield from _over(opened, connections, outgoing, first, rest, deadline))


def _over(
    connection: Connection, connections: Connections, outgoing: Outgoing, first: bytes, rest: Iterator[bytes], deadline: Deadline
) -> Generator[Wait, None, Answer]:
    reading = connection.reading
    reading.begin(head_only=outgoing.method == "HEAD", longest=outgoing.longest)
    try:
        yield from _carry(connection, first, rest, deadline)
    except BaseException:
        connection.close()
        raise
    answer = Answer(reading.status, reading.headers, None if reading.is_too_long else bytes(reading.body))
    connections.done_with(connection)
    return answer


def _carry(connection: Connection, first: bytes, rest: Iterator[bytes], deadline: Deadline) -> Generator[Wait, None, None]:
    """Sends the request, or as much of it as the far end wants to hear, and reads the answer."""
    takes_more = yield from _takes(connection, connection.send(first, deadline), deadline)
    while takes_more and (piece := next(rest, b"")):
        takes_more = yield from _takes(connection, connection.send_on(piece, deadline), deadline)
    if takes_more:
        yield from connection.read(deadline)


def _takes(connection: Connection, sending: Generator[Wait, None, None], deadline: Deadline) -> Generator[Wait, None, bool]:
    """Whether the far end took it; where it takes no more and has said why, that is the answer. Raises what `sending` raises."""
    try:
        yield from sending
    except TimeoutError:
        raise
    except (OSError, Unsent):
        if not (yield from _has_answered(connection, deadline)):
            raise
        return False
    return True


def _has_answered(connection: Connection, deadline: Deadline) -> Generator[Wait, None, bool]:
    try:
        yield from connection.read(deadline)
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return False
    except ssl.SSLError:  # its last word: it does not like our certificate
        raise
    except (OSError, EOFError, HttpParserError, HttpParserUpgrade):
        return False
    connection.reading.may_go_on = False
    return True
