"""HTTP/1.1 as bytes: a request written, and an answer read with suspicion. llhttp reads it, by way of httptools."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote, urlsplit

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from adapters.transports.rest.requests import Body
from adapters.transports.rest.templates import is_header_text
from hub.contracts import Misconfigured

CHUNK = 64 * 1024  # bytes
LONGEST_HEAD = 64 * 1024  # bytes of an answer before its body
_TARGET = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]*")
_LEGAL = "/:?[]@!$&'()*+,;=%"
_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]  # scheme, host and port: what one connection is good for


@lru_cache(64)
def origin_and_target(url: str) -> tuple[Origin, str, str]:
    """Where a request goes, the `Host` it names, and what it asks for there. Raises Misconfigured."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, (parts.hostname or "").encode("idna").decode(), parts.port
        usual = _PORTS[scheme]
    except (ValueError, KeyError):
        raise Misconfigured("bad-address", "an address of this endpoint cannot be called: check `url`") from None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    named = f"[{host}]" if ":" in host else host
    return (
        (scheme, host, port or usual),
        named if port in (None, usual) else f"{named}:{port}",
        target if _TARGET.fullmatch(target) else quote(target, safe=_LEGAL),
    )


def head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """The request before its body. Raises Misconfigured where a value would break out of its line."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if not is_header_text("".join(lines)):
        raise Misconfigured("bad-header", "a header of this request would not be one line of ASCII text")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def pieces(body: Body | None, size: int) -> Iterator[bytes]:
    """Exactly `size` bytes, as announced: more would be read as another request. Raises EOFError where they are not as many."""
    left = size
    while left > 0 and (piece := _next(body)):
        left -= len(piece)
        if left < 0:
            break
        yield piece
    if left:
        raise EOFError


def _next(body: Body | None) -> bytes:
    if body is None:
        return b""
    return body.read(CHUNK) if hasattr(body, "read") else next(iter(body), b"")


class Reading:
    """The answers of one connection, one after the other: `status`, `headers` and `body` are those of the last.

    `may_go_on`: whether the connection may carry another request.
    """

    def __init__(self) -> None:
        self._parser: HttpResponseParser | None = None
        self.begin(head_only=False, longest=0)

    def begin(self, *, head_only: bool, longest: int) -> None:
        """The next answer: `head_only` after a HEAD, and of its body no more than `longest` bytes."""
        self._head_only, self._longest = head_only, longest
        self._read = 0  # bytes of the head
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.has_head = self.is_whole = self.is_too_long = self.may_go_on = False

    def feed(self, data: bytes) -> None:
        """What came. Raises HttpParserError where it is no answer."""
        if self._parser is None:
            self._parser = HttpResponseParser(self)
        self._read += 0 if self.has_head else len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self.may_go_on = False
            if not self.is_whole:
                raise
        if self._head_only and self.has_head:  # this one would take the next answer for the body of this
            self._parser = None
        if not self.has_head and self._read > LONGEST_HEAD:
            raise HttpParserError("the head of the answer does not end")

    def end(self) -> None:
        """The far end has closed. Raises EOFError where the answer is not whole: only one without a length ends so."""
        if not self.has_head or not self.headers.keys().isdisjoint(("content-length", "transfer-encoding")):
            raise EOFError
        self.is_whole = True

    def let_go(self) -> None:
        """Apart from its parser, which knows it, it is cleared away at once."""
        self._parser = None

    # --- what the parser tells

    def on_message_begin(self) -> None:
        if self.is_whole:  # nobody asked for another
            self.may_go_on = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:
            known, text = name.decode("latin-1").lower(), _text(value)
            self.headers[known] = f"{self.headers[known]}, {text}" if known in self.headers else text

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code() if self._parser else 0
        if status < 200 or self.has_head:
            return
        self.status, self.has_head = status, True
        if self._head_only:
            self._is_whole()

    def on_body(self, body: bytes) -> None:
        if self.is_whole:
            self.may_go_on = False
        elif len(self.body) + len(body) > self._longest:
            self.is_too_long = True
        else:
            self.body += body

    def on_message_complete(self) -> None:
        if not self.has_head:  # `100 Continue` and the like: the answer is still to come
            self.headers.clear()
        elif not self.is_whole:
            self._is_whole()

    def _is_whole(self) -> None:
        self.is_whole = True
        self.may_go_on = self._parser is not None and self._parser.should_keep_alive()


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
