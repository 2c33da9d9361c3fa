"""A real nginx in front of an endpoint, as a force's gateway: it asks for our certificate, and has limits and pages of its own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.servers.endpoint import Certificates
from tests.servers.openssh import free_port

_CONFIG = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/log warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size {largest};
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {tls.server};
        ssl_certificate_key {tls.key};
        ssl_client_certificate {tls.ca};
        ssl_verify_client on;
        location / {{
            proxy_pass http://{behind};
            proxy_http_version 1.1;
            proxy_read_timeout {patience};
        }}
    }}
}}
"""
_MISSING = "this test needs nginx; run: apt-get install --no-install-recommends nginx"


@contextmanager
def nginx(folder: Path, tls: Certificates, behind: str, *, largest: str = "4m", patience: str = "30s") -> Iterator[str]:
    """The origin (`https://127.0.0.1:…`) of a gateway to the endpoint at the URL `behind`, there within the `with` block.

    It takes bodies up to `largest`, and waits `patience` for what is behind it.
    """
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""  # its workers must reach the folder too
    config = _CONFIG.format(
        folder=folder, tls=tls, behind=urlsplit(behind).netloc, port=port, user=user, largest=largest, patience=patience
    )
    (folder / "config").write_text(config)
    with (folder / "errors").open("wb") as errors:
        command = [_nginx(), "-e", str(folder / "log"), "-p", str(folder), "-c", str(folder / "config")]
        process = subprocess.Popen(command, stderr=errors, stdin=subprocess.DEVNULL)
    try:
        _wait(port, process, folder / "errors")
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _nginx() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.fail(_MISSING)
    return found


def _wait(port: int, process: "subprocess.Popen[bytes]", errors: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nginx did not start: {errors.read_text()}")
