"""A force's REST endpoint as `docs/delivery.md` has it, on Python's own HTTP server, with answers and faults on demand."""

import base64
import datetime
import hashlib
import ipaddress
import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

JSON_API = "application/vnd.api+json"
PAGE = 2  # acknowledgements on a page


@dataclass(frozen=True)
class Scripted:
    """The next answer, whatever is asked. `takes`: what came is persisted first; `cut`: then the connection ends within the answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    takes: bool = False
    cut: bool = False
    stall: float = 0


@dataclass(frozen=True)
class Request:
    """What came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Endpoint:
    """A running endpoint: what it holds by key, what came, and what it will answer next."""

    def __init__(self) -> None:
        self.reports: dict[str, bytes] = {}
        self.attachments: dict[str, bytes] = {}
        self.acknowledged: list[Mapping[str, object]] = []
        self.script: deque[Scripted] = deque()
        self.requests: list[Request] = []
        self.connections = 0
        self.url = ""

    @classmethod
    @contextmanager
    def start(cls, tls: ssl.SSLContext | None = None) -> Iterator["Endpoint"]:
        """An endpoint that is there within the `with` block."""
        endpoint = cls()
        server = _Server(("127.0.0.1", 0), endpoint, tls)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        endpoint.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/incidents"
        try:
            yield endpoint
        finally:
            server.shutdown()
            server.server_close()
            thread.join(10)

    def settings(self, **others: object) -> dict[str, object]:
        """The settings of a route to this endpoint."""
        return {"url": self.url, "acknowledgements": self.url.replace("/incidents", "/acknowledgements"), **others}

    def page(self, after: str) -> dict[str, object]:
        """A page of acknowledgements; the cursor is how many were given."""
        begin = int(after or 0)
        rows = self.acknowledged[begin : begin + PAGE]
        end = begin + len(rows)
        return {"data": rows, "next": str(end) if end < len(self.acknowledged) else None}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], endpoint: Endpoint, tls: ssl.SSLContext | None) -> None:
        super().__init__(address, _Handler)
        self.endpoint = endpoint
        self.tls = tls

    def finish_request(self, request: "socket.socket | tuple[bytes, socket.socket]", client_address: object) -> None:
        self.endpoint.connections += 1
        assert isinstance(request, socket.socket)
        if self.tls:
            with self.tls.wrap_socket(request, server_side=True) as wrapped:
                super().finish_request(wrapped, client_address)
        else:
            super().finish_request(request, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at `requests`."""

    def _serve(self) -> None:
        endpoint = self.server.endpoint
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        endpoint.requests.append(request)
        scripted = endpoint.script.popleft() if endpoint.script else None
        if scripted is None:
            self._answer(*_judge(endpoint, request))
            return
        if scripted.takes:
            _judge(endpoint, request)
        if scripted.stall:
            threading.Event().wait(scripted.stall)
        if scripted.cut and not scripted.body:
            self._hang_up()
            return
        self._answer(scripted.status, {"Content-Type": JSON_API, **scripted.headers}, scripted.body, cut=scripted.cut)

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body[: len(body) // 2] if cut else body)
        if cut:
            self._hang_up()

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


def _judge(endpoint: Endpoint, request: Request) -> tuple[int, dict[str, str], bytes]:
    """What the contract says the answer is."""
    path = urlsplit(request.path)
    below = unquote(path.path.removeprefix("/incidents").lstrip("/"))
    if path.path == "/acknowledgements":
        return _json(200, endpoint.page(parse_qs(path.query).get("after", [""])[0]))
    if request.method == "POST":
        return _take(endpoint.reports, request.headers["idempotency-key"], request)
    if request.method == "PUT":
        return _take(endpoint.attachments, below.removeprefix("attachments/"), request)
    held = endpoint.attachments if request.method == "HEAD" else endpoint.reports
    key = below.removeprefix("attachments/") if request.method == "HEAD" else below
    if key not in held:
        return _json(404, {"errors": [{"status": "404", "code": "not-found"}]})
    return _json(200, _incident(key), {"Content-Digest": digest_of(held[key])})


def _take(held: dict[str, bytes], key: str, request: Request) -> tuple[int, dict[str, str], bytes]:
    if request.headers.get("content-digest", digest_of(request.body)) != digest_of(request.body):
        return _json(400, {"errors": [{"status": "400", "code": "digest-differs"}]})
    is_new = key not in held
    held.setdefault(key, request.body)
    return _json(201 if is_new else 409, _incident(key))


def digest_of(body: bytes) -> str:
    """The Content-Digest of these bytes."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def _incident(key: str) -> dict[str, object]:
    return {"data": {"type": "incidents", "id": f"RMS-{hashlib.sha256(key.encode()).hexdigest()[:6]}"}}


def _json(status: int, content: object, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": JSON_API, **(headers or {})}, json.dumps(content).encode()


@dataclass(frozen=True)
class Certificates:
    """A made-up authority, a certificate of a server and one of a client, as PEM files."""

    ca: Path
    server: Path
    client: Path
    key: Path

    @classmethod
    def make(cls, folder: Path, *, days: int = 1) -> "Certificates":
        """New ones; with `days` below 0 the server's has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        authority = _certificate("made-up authority", key, None, 2)
        found = cls(folder / "ca.pem", folder / "server.pem", folder / "client.pem", folder / "key.pem")
        found.ca.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
        found.server.write_bytes(_certificate("127.0.0.1", key, authority, days).public_bytes(serialization.Encoding.PEM))
        found.client.write_bytes(_certificate("hub", key, authority, 1).public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        found.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        return found

    def context(self, *, mutual: bool = False) -> ssl.SSLContext:
        """A server's side of TLS; `mutual`: it asks for the client's certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server, self.key)
        if mutual:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def _certificate(name: str, key: ec.EllipticCurvePrivateKey, authority: x509.Certificate | None, days: int) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.subject if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    if name == "127.0.0.1":
        address = x509.IPAddress(ipaddress.ip_address(name))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(key, hashes.SHA256())
