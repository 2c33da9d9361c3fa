"""Records systems of other kinds than the platform's contract, on Python's own HTTP server: each speaks exactly its own.

A stand-in of an Open311 GeoReport v2 council, one for clients of OAuth 2 that is looked into by a search, one that takes a JSON:API
collection and refuses some of it, and one that takes forms with files and answers in XML.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Came:
    """A request, as it came."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Says:
    """An answer."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class RecordsSystem(Protocol):
    """What is behind a server."""

    came: list[Came]

    def answer(self, came: Came) -> Says: ...


@contextmanager
def served(system: RecordsSystem) -> Iterator[str]:
    """The origin at which a records system is there within the `with` block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            came = Came(self.command, address.path, parse_qs(address.query), headers, body)
            system.came.append(came)
            says = system.answer(came)
            self.send_response(says.status)
            about = {"Content-Type": says.media_type, "Content-Length": str(len(says.body)), **says.headers}
            for name, value in about.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(says.body)

        do_PUT = do_GET = do_POST  # noqa: N815 - the names of http.server

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the tests look at what came."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def as_json(status: int, content: object, **headers: str) -> Says:
    return Says(status, json.dumps(content).encode(), headers={name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class Council:
    """Open311 GeoReport v2: `POST /requests.json`, a form, an API key as a parameter, and an array in the answer."""

    key: str
    came: list[Came] = field(default_factory=list)
    held: list[dict[str, list[str]]] = field(default_factory=list)

    def answer(self, came: Came) -> Says:
        if came.query.get("api_key") != [self.key]:
            return as_json(403, [{"code": 403, "description": "Missing or invalid api_key"}])
        if (came.method, came.path) != ("POST", "/requests.json") or came.headers["content-type"] != "application/x-www-form-urlencoded":
            return as_json(404, [{"code": 404, "description": "no such thing"}])
        form = parse_qs(came.body.decode("ascii"), strict_parsing=True)
        if form["service_code"] == ["complaint"]:
            return as_json(404, [{"code": "service_code-not-found", "description": f"no service for {form['description']}"}])
        self.held.append(form)
        return as_json(200, [{"service_request_id": f"{293943 + len(self.held)}", "service_notice": "thank you"}])


@dataclass
class TokenSystem:
    """`PUT /cases` for who has a token, which is good for `uses` requests. It answers 200 to everything that it has understood."""

    user: str
    uses: int = 1000
    came: list[Came] = field(default_factory=list)
    held: dict[str, Any] = field(default_factory=dict)
    tokens: list[int] = field(default_factory=list)  # how often each may still be used
    says_next: list[Says | None] = field(default_factory=list)
    loses: bool = False  # the next case is taken, and the answer says something else

    def answer(self, came: Came) -> Says:
        if came.path == "/token":
            return self._token(came)
        name = came.headers.get("authorization", "").removeprefix("Bearer made-up-")
        if not name.isdigit() or self.tokens[int(name)] == 0:
            return as_json(401, {"error": "expired"})
        self.tokens[int(name)] -= 1
        if came.method == "GET":
            wanted = came.query["submission"][0]
            return as_json(200, {"cases": [{"number": self._number(wanted)}] if wanted in self.held else []})
        return self._take(json.loads(came.body)["case"])

    def _token(self, came: Came) -> Says:
        form = dict(parse_qsl(came.body.decode("ascii"), strict_parsing=True))
        if came.headers.get("authorization") != self.user or form != {"grant_type": "client_credentials", "scope": "cases.write"}:
            return as_json(401, {"error": "invalid_client", "error_description": came.headers.get("authorization")})
        self.tokens.append(self.uses)
        return as_json(200, {"access_token": f"made-up-{len(self.tokens) - 1}", "token_type": "Bearer", "expires_in": 3600})

    def _take(self, case: dict[str, str]) -> Says:
        if self.says_next and (says := self.says_next.pop(0)):
            return says
        if case["submission"] in self.held:
            return as_json(200, {"ok": False, "error": "ALREADY_THERE"})
        self.held[case["submission"]] = case
        if self.loses:
            self.loses = False
            return as_json(502, {})
        return as_json(200, {"ok": True}, X_Case_Number=self._number(case["submission"]))

    def _number(self, submission: str) -> str:
        return f"C-{list(self.held).index(submission) + 1}"


@dataclass
class Collection:
    """A JSON:API collection: `POST /incidents` of many. Every second one it refuses; `status` says what becomes of the others."""

    token: str
    status: int = 207
    refuses: bool = True
    came: list[Came] = field(default_factory=list)
    held: dict[str, Any] = field(default_factory=dict)
    included: dict[str, Any] = field(default_factory=dict)

    def answer(self, came: Came) -> Says:
        if came.headers.get("authorization") != f"Bearer {self.token}":
            return as_json(401, {"errors": [{"code": "who"}]})
        document = json.loads(came.body)
        bad = [number for number, one in enumerate(document["data"]) if self.refuses and "refuse me" in one["attributes"]["text"]]
        errors = [{"status": "422", "code": "no-officer", "source": {"pointer": f"/data/{n}/attributes/text"}} for n in bad]
        if bad and self.status == 422:
            return as_json(422, {"errors": errors})
        self.held |= {one["id"]: one for number, one in enumerate(document["data"]) if number not in bad}
        self.included |= {one["id"]: one for one in document["included"]}
        return as_json(self.status if bad else 201, {"errors": errors} if bad else {"data": []})


@dataclass
class FormTaker:
    """`POST /cases`, multipart/form-data with files, answered in XML."""

    user: str
    came: list[Came] = field(default_factory=list)
    held: dict[str, list[tuple[str, str | None, bytes]]] = field(default_factory=dict)  # by idempotency key: name, filename, content
    loses: bool = False

    def answer(self, came: Came) -> Says:
        if came.headers.get("authorization") != self.user:
            return self._xml(401, "<error><code>who</code></error>")
        if came.method == "GET":
            key = unquote(came.path.removeprefix("/cases/"))
            return self._xml(200, self._case(key)) if key in self.held else self._xml(404, "")
        message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + came.headers["content-type"].encode() + b"\r\n\r\n" + came.body)
        parts = [
            (str(part.get_param("name", header="content-disposition")), part.get_filename(), part.get_payload(decode=True))
            for part in message.iter_parts()
        ]
        key = came.headers["idempotency-key"]
        self.held.setdefault(key, [(name, filename, bytes(content)) for name, filename, content in parts])
        if self.loses:
            self.loses = False
            return Says(502, b"<html>bad gateway", "text/html")
        return self._xml(201, self._case(key))

    def _case(self, key: str) -> str:
        return f'<case number="F/{list(self.held).index(key) + 1}"/>'

    def _xml(self, status: int, inside: str) -> Says:
        return Says(status, f'<r:response xmlns:r="urn:made-up">{inside}</r:response>'.encode(), "text/xml; charset=utf-8")
