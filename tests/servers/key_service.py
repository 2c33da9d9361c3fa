"""A stand-in for a key-management service: a process of its own that wraps and unwraps over HTTP and never gives its key away.

`served` starts it; `HttpKey` is what a package for such a service puts into `soh_hub.keys` (`httpkey:URL`).
"""

import base64
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.contracts import KeyRefused, KeysUnavailable
from hub.settings import PROJECT

TOKEN = "KEY_SERVICE_TOKEN"


class HttpKey:
    """A key that lies with the service."""

    def __init__(self, url: str) -> None:
        self.name = "stand-in/1"
        self._client = httpx.Client(base_url=url, headers={"Authorization": os.environ[TOKEN]}, timeout=5, trust_env=False)

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        return self._ask("/wrap", secret, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return self._ask("/unwrap", wrapped, context)

    def _ask(self, path: str, body: bytes, context: bytes) -> bytes:
        asked = {"body": base64.b64encode(body).decode(), "context": base64.b64encode(context).decode()}
        try:
            answer = self._client.post(path, json=asked)
        except httpx.HTTPError as error:
            raise KeysUnavailable(type(error).__name__) from None
        if answer.status_code == 422:
            raise KeyRefused
        if answer.status_code != 200:
            raise KeysUnavailable(f"HTTP {answer.status_code}")
        return base64.b64decode(answer.json()["body"])


@contextmanager
def served(key: bytes, token: str, folder: Path, port: int = 0) -> Iterator[str]:
    """The service, until the block ends. Gives its URL. Makes `folder` a package that answers for `httpkey`: put it on the path."""
    package = folder / "key_service_stand_in-1.0.dist-info"
    package.mkdir(parents=True, exist_ok=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: key-service-stand-in\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[soh_hub.keys]\nhttpkey = tests.servers.key_service:HttpKey\n")
    environment = {**os.environ, TOKEN: token, "KEY": key.hex()}
    command = [sys.executable, "-m", "tests.servers.key_service", str(port)]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


class _Service(BaseHTTPRequestHandler):
    cipher: AESGCM
    token: str

    def do_POST(self) -> None:
        asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body, context = base64.b64decode(asked["body"]), base64.b64decode(asked["context"])
        if self.headers["Authorization"] != self.token:
            self._answer(401, b"")
        elif self.path == "/wrap":
            nonce = secrets.token_bytes(12)
            self._answer(200, nonce + self.cipher.encrypt(nonce, body, context))
        else:
            try:
                self._answer(200, self.cipher.decrypt(body[:12], body[12:], context))
            except (InvalidTag, ValueError):
                self._answer(422, b"")

    def _answer(self, status: int, body: bytes) -> None:
        sent = orjson.dumps({"body": base64.b64encode(body).decode()})
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main() -> None:
    _Service.cipher, _Service.token = AESGCM(bytes.fromhex(os.environ["KEY"])), os.environ[TOKEN]
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Service)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
