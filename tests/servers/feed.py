"""The platform's feed of submissions over REST as `docs/submissions.md` has it, on Python's own HTTP server."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 3  # entries
KEY = "a-made-up-key"


class Feed:
    """What was submitted, in order; what was asked for; and what the next answers are instead of the right ones."""

    def __init__(self) -> None:
        self.entries: list[dict[str, object]] = []
        self.files: dict[str, bytes] = {}
        self.had: set[str] = set()  # addresses of files that were given out
        self.asked: list[str] = []
        self.instead: dict[str, tuple[int, bytes]] = {}  # by path
        self.total: str | None = None  # how long it says that a file is, of which it gives a piece; default: as long as it is
        self.url = ""

    def arrive(self, body: bytes, attachments: Mapping[str, bytes]) -> str:
        """Something is submitted. Returns its entry's id."""
        number = f"{len(self.entries) + 1:06d}"
        self.files[f"/submissions/{number}"] = body
        beside = {name: f"submissions/{number}/attachments/{index}" for index, name in enumerate(attachments)}
        for index, content in enumerate(attachments.values()):
            self.files[f"/submissions/{number}/attachments/{index}"] = content
        self.entries.append({"id": number, "submission": f"/submissions/{number}", "attachments": beside})
        return number

    def after(self, entry: str | None) -> list[dict[str, object]]:
        return [each for each in self.entries if entry is None or str(each["id"]) > entry]

    @classmethod
    @contextmanager
    def start(cls) -> Iterator["Feed"]:
        """A feed that is there within the `with` block."""
        feed = cls()
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"feed": feed}))
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        feed.url = f"http://127.0.0.1:{server.server_port}/feed"
        try:
            yield feed
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    feed: Feed

    def do_GET(self) -> None:
        feed, at = self.feed, urlsplit(self.path)
        feed.asked.append(self.path)
        if self.headers.get("X-API-Key") != KEY:
            self._answer(401, b"")
        elif at.path in feed.instead:
            self._answer(*feed.instead[at.path])
        elif at.path == "/feed":
            after = parse_qs(at.query).get("after", [None])[0]
            self._answer(200, json.dumps({"data": feed.after(after)[:PAGE]}).encode())
        elif at.path in feed.files:
            feed.had.add(at.path)
            self._file(feed.files[at.path])
        else:
            self._answer(404, b"")

    def _file(self, body: bytes) -> None:
        wanted = self.headers.get("Range")
        if not wanted:
            self._answer(200, body)
            return
        begin, end = (int(text) for text in wanted.removeprefix("bytes=").split("-"))
        if begin >= len(body):
            self._answer(416, b"")
        else:
            self._answer(
                206, body[begin : end + 1], {"Content-Range": f"bytes {begin}-{min(end, len(body) - 1)}/{self.feed.total or len(body)}"}
            )

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""
