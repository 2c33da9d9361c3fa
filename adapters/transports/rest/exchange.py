"""One exchange over one connection: a request goes out, an answer comes back, and no request goes out twice."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade

from adapters.transports.rest.answers import Answer
from adapters.transports.rest.border import border
from adapters.transports.rest.connections import Connection, Connections, Unsent
from adapters.transports.rest.deadline import Deadline
from adapters.transports.rest.requests import Body
from adapters.transports.rest.wire import Origin, pieces
from hub.contracts import Unavailable


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it goes out: `head` its first bytes, then `size` bytes of `body`. `longest`: no more of an answer's body is read."""

    origin: Origin
    method: str
    head: bytes
    body: Body | None
    size: int
    longest: int


@dataclass(frozen=True, slots=True)
class Patience:
    """How long: `piece` seconds for each piece that is sent or comes, and when all has to be over."""

    piece: float
    deadline: Deadline


def exchange(connections: Connections, outgoing: Outgoing, patience: Patience, where: str) -> Answer:
    """The answer. Raises what the border knows (`adapters/transports/rest/border.py`), and what reading the body raises."""
    rest = pieces(outgoing.body, outgoing.size)
    first = outgoing.head + next(rest, b"")
    with connections.turn():
        if kept := connections.kept(outgoing.origin):
            try:
                return _over(kept, connections, outgoing, first, rest, patience)
            except Unsent:  # the far end closed it at this very moment, and has nothing of the request
                pass
        with border(where, Unavailable, "connection-failed"):
            opened = connections.opened(outgoing.origin)
        return _over(opened, connections, outgoing, first, rest, patience)


def _over(
    connection: Connection, connections: Connections, outgoing: Outgoing, first: bytes, rest: Iterator[bytes], patience: Patience
) -> Answer:
    reading = connection.reading
    reading.begin(head_only=outgoing.method == "HEAD", longest=outgoing.longest)
    try:
        _carry(connection, first, rest, patience)
    except BaseException:
        connection.close()
        raise
    answer = Answer(reading.status, reading.headers, None if reading.is_too_long else bytes(reading.body))
    connections.done_with(connection)
    return answer


def _carry(connection: Connection, first: bytes, rest: Iterator[bytes], patience: Patience) -> None:
    """Sends the request, or as much of it as the far end wants to hear, and reads the answer."""
    takes_more = _takes(connection, connection.send, first, patience)
    while takes_more and (piece := next(rest, b"")):
        takes_more = _takes(connection, connection.send_on, piece, patience)
    if takes_more:
        connection.read(patience.deadline, patience.piece)


def _takes(connection: Connection, send: Callable[[bytes, Deadline, float], None], piece: bytes, patience: Patience) -> bool:
    """Whether the far end took it; where it takes no more and has said why, that is the answer. Raises what `send` raises."""
    try:
        send(piece, patience.deadline, patience.piece)
    except TimeoutError:
        raise
    except (OSError, Unsent):
        if not _has_answered(connection, patience):
            raise
        return False
    return True


def _has_answered(connection: Connection, patience: Patience) -> bool:
    try:
        connection.read(patience.deadline, patience.piece)
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return False
    except ssl.SSLError:  # its last word: it does not like our certificate
        raise
    except (OSError, EOFError, HttpParserError, HttpParserUpgrade):
        return False
    connection.reading.may_go_on = False
    return True
