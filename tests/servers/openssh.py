"""A real OpenSSH server: its own keys and configuration in a folder of its own, one account, the current user's.

`openssh` is one server for the session. `OpenSSH.start` starts another, with requests that it is to deny
(`sshd -P` of sftp-server: `posix-rename`, `stat`, `opendir` …), for servers that offer less.
"""

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/authorized
StrictModes no
UsePAM {pam}
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
AllowUsers {user}
Subsystem sftp internal-sftp {options}
"""
_MISSING = "this test needs OpenSSH's server; run: apt-get install openssh-server"


@dataclass(frozen=True)
class OpenSSH:
    """A running server. `home` is where a test makes the directories of a drop; paths on the server are those of the machine."""

    port: int
    host_key: str
    credentials: str
    home: Path
    folder: Path
    pid: int

    host: str = "127.0.0.1"

    @classmethod
    @contextmanager
    def start(cls, folder: Path, deny: tuple[str, ...] = (), also: str = "") -> Iterator["OpenSSH"]:
        """A server that is there within the `with` block. `also` is more lines of its configuration."""
        _make_keys(folder)
        port = free_port()
        options = f"-P {','.join(deny)}" if deny else ""
        pam = "no" if os.geteuid() == 0 else "yes"  # who may not read the shadow file sees every account as locked
        config = _CONFIG.format(port=port, folder=folder, user=getpass.getuser(), options=options, pam=pam)
        (folder / "config").write_text(f"{config}{also}\n")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([_sshd(), "-D", "-e", "-f", str(folder / "config")], stderr=log, stdin=subprocess.DEVNULL)
        try:
            _wait(port, process, folder / "log")
            (folder / "home").mkdir()
            host_key = " ".join((folder / "host.pub").read_text().split()[:2])
            yield cls(port, host_key, f"file:{folder}/login.json", folder / "home", folder, process.pid)
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.wait(10)

    def settings(self, directory: Path, **others: object) -> dict[str, object]:
        """The settings of a route to this server."""
        found = {"host": self.host, "port": self.port, "host_key": self.host_key, "credentials": self.credentials}
        return {**found, "directory": str(directory), **others}

    def drop(self, name: str) -> tuple[Path, Path]:
        """Two new directories, in which drops arrive and acknowledgements lie."""
        arriving, answering = self.home / name / "in", self.home / name / "out"
        arriving.mkdir(parents=True)
        answering.mkdir(parents=True)
        return arriving, answering


@pytest.fixture(scope="session")
def openssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSSH]:
    """One OpenSSH server for the session."""
    with OpenSSH.start(tmp_path_factory.mktemp("openssh")) as server:
        yield server


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> None:
    """A new key pair, `path` and `path`.pub."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", str(path)], check=True, stdin=subprocess.DEVNULL)


def _make_keys(folder: Path) -> None:
    make_key(folder / "host")
    make_key(folder / "user")
    shutil.copy(folder / "user.pub", folder / "authorized")
    (folder / "login.json").write_text(json.dumps({"username": getpass.getuser(), "private_key": "user"}))


def _sshd() -> str:
    """The server's whole path: it starts itself again for each connection. As root it wants a folder that its package makes at boot."""
    found = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.fail(_MISSING)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    return found


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                if probe.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"sshd did not start: {log.read_text()}")
