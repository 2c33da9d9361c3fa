"""The watch hears: a process that reaches for another machine is written down, one that stays here is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.watching.sitecustomize import FILE, HOSTS, beyond

# a datagram to the documentation's own network (RFC 5737) is refused by the audit's ear only in being heard: nobody is there
_CALLS = {
    "connect": "s = socket.socket(); s.setblocking(False); s.connect_ex(('192.0.2.1', 9))",
    "sendto": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 9))",
    "getaddrinfo": "socket.getaddrinfo('telemetry.somewhere', 443)",
}


def _heard(code: str, to: Path, **environment: str) -> str:
    to.touch()
    program = f"import socket\ntry:\n    {code}\nexcept OSError:\n    pass"
    subprocess.run([sys.executable, "-c", program], env={**os.environ, FILE: str(to), **environment}, check=True)
    return to.read_text()


@pytest.mark.parametrize("call", _CALLS)
def test_a_process_that_reaches_for_another_machine_is_written_down(call: str, tmp_path: Path) -> None:
    heard = _heard(_CALLS[call], tmp_path / "reached")
    assert heard.startswith(f"socket.{call} ")
    assert "192.0.2.1" in heard or "telemetry.somewhere" in heard


def test_a_test_host_that_the_tests_made_themselves_is_not(tmp_path: Path) -> None:
    assert _heard(_CALLS["connect"], tmp_path / "reached", **{HOSTS: "192.0.2.0/24"}) == ""


def test_a_process_that_stays_here_is_not(tmp_path: Path) -> None:
    assert _heard("socket.getaddrinfo('localhost', 80)", tmp_path / "reached") == ""


@pytest.mark.parametrize(
    ("host", "elsewhere"),
    [
        ("127.0.0.1", False),
        ("127.8.0.1", False),
        ("::1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address that is judged, not bound
        ("localhost", False),
        (None, False),
        (b"localhost", False),
        ("sftp.kent.example", False),
        ("10.0.0.1", True),
        ("::ffff:8.8.8.8", True),
        ("fe80::1%eth0", True),
        ("api.prefect.cloud", True),
    ],
)
def test_what_is_on_another_machine(host: object, elsewhere: bool) -> None:
    assert beyond(host) is elsewhere
