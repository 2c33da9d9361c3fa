"""A real OpenSSH server on loopback for a measurement: keys and configuration in a folder of its own, one account, the current user's."""

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
_CONFIG = """
Port {port}
ListenAddress {host}
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
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class OpenSSH:
    """A running server. `folder` holds our key (`user`) and the server's (`host.pub`); paths on the server are those of the machine."""

    folder: Path
    port: int
    pid: int

    @property
    def host_key(self) -> str:
        return " ".join((self.folder / "host.pub").read_text().split()[:2])

    def settings(self, directory: Path) -> dict[str, object]:
        """The `transport` section of a route to a directory, which is made."""
        directory.mkdir(parents=True, exist_ok=True)
        reached = {"host": HOST, "port": self.port, "host_key": self.host_key, "credentials": f"file:{self.folder}/login.json"}
        return {**reached, "directory": str(directory)}

    def for_peers(self, directory: Path) -> dict[str, object]:
        """The same for who does not know the hub's settings; `rsa_key` is for who knows no other."""
        directory.mkdir(parents=True, exist_ok=True)
        keys = {"key": str(self.folder / "user"), "rsa_key": str(self.folder / "old_user"), "host_key": self.host_key}
        return {"host": HOST, "port": self.port, "username": getpass.getuser(), "directory": str(directory), **keys}


@contextmanager
def openssh(folder: Path) -> Iterator[OpenSSH]:
    """A server that is there within the `with` block. Raises RuntimeError where there is no OpenSSH server on this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    _make_keys(folder)
    with socket.create_server((HOST, 0)) as probe:
        port = int(probe.getsockname()[1])
    root = os.geteuid() == 0
    config = _CONFIG.format(host=HOST, port=port, folder=folder, user=getpass.getuser(), pam="no" if root else "yes")
    (folder / "config").write_text(config)
    with (folder / "log").open("wb") as log:
        command = [_sshd(), "-D", "-e", "-f", str(folder / "config")]
        process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL)  # noqa: S603 - the system's own server
    try:
        _wait(port, process, folder / "log")
        yield OpenSSH(folder, port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


@contextmanager
def far_disk(otherwise: Path) -> Iterator[Path]:
    """A folder for what comes to the far end, whose disk is another machine's: in memory, so that ours is not measured with it.

    On one disk who deletes what it has read pays for it when the server makes files: ext4 without a journal looks at each inode that was
    freed a while ago (`recently_deleted`), which took two thirds of a server's time. Where memory has no place it lies below `otherwise`.
    """
    has_place = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _PLACE
    with tempfile.TemporaryDirectory(prefix="far-end-", dir=_MEMORY if has_place else otherwise) as folder:
        yield Path(folder)


_MEMORY, _PLACE = Path("/dev/shm"), 2_000_000_000  # noqa: S108 - a folder of our own in it


def _make_keys(folder: Path) -> None:
    for name, kind in (("host", "ed25519"), ("user", "ed25519"), ("old_user", "rsa")):
        command = ["ssh-keygen", "-q", "-t", kind, "-m", "PEM", "-N", "", "-C", "", "-f", str(folder / name)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - the system's own
    (folder / "authorized").write_text((folder / "user.pub").read_text() + (folder / "old_user.pub").read_text())
    (folder / "login.json").write_text(json.dumps({"username": getpass.getuser(), "private_key": "user"}))


def _sshd() -> str:
    """The server's whole path: it starts itself again for each connection. As root it wants a folder that its package makes at boot."""
    found = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError("this measurement needs OpenSSH's server; run: apt-get install openssh-server")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    return found


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            with socket.create_connection((HOST, port), timeout=1) as probe:
                if probe.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"sshd did not start: {log.read_text()}")
