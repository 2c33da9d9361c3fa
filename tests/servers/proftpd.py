"""A real ProFTPD with mod_sftp: its own host key, one virtual user, and sections of configuration as a test wants them.

`proftpd` is one server for the session. `ProFTPD.start` starts another, with directives that OpenSSH does not know
(`HiddenStores on`, `<Limit DELE>` …).
"""

import grp
import json
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.openssh import free_port, make_key

_CONFIG = """
ModulePath /usr/lib/proftpd
LoadModule mod_sftp.c
ServerType standalone
DefaultAddress 127.0.0.1
SocketBindTight on
Port {port}
User {user}
Group {group}
UseReverseDNS off
UseIPv6 off
PidFile {folder}/pid
ScoreboardFile {folder}/scoreboard
SystemLog {folder}/log
TransferLog none
WtmpLog off
DelayEngine off
ControlsEngine off
AuthPAM off
AuthOrder mod_auth_file.c
AuthUserFile {folder}/users
RequireValidShell off
RootLogin on
Umask 022
SFTPEngine on
SFTPLog {folder}/sftp.log
SFTPHostKey {folder}/host
SFTPAuthMethods password
{directives}
"""
_MISSING = "this test needs ProFTPD with mod_sftp; run: apt-get install --no-install-recommends proftpd-core proftpd-mod-crypto"
PASSWORD = "made-up"
USER = "hub"


@dataclass(frozen=True)
class ProFTPD:
    """A running server. `home` is where a test makes the directories of a drop; paths on the server are those of the machine."""

    port: int
    host_key: str
    credentials: str
    home: Path
    folder: Path

    @classmethod
    @contextmanager
    def start(cls, folder: Path, directives: str = "") -> Iterator["ProFTPD"]:
        """A server that is there within the `with` block; `directives` are added to its configuration."""
        command = _proftpd()
        home, port = folder / "home", free_port()
        home.mkdir()
        make_key(folder / "host")
        _make_user(folder, home)
        names = {"user": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}
        config = _CONFIG.format(port=port, folder=folder, directives=directives, **names)
        (folder / "config").write_text(config)
        with (folder / "errors").open("wb") as errors:
            process = subprocess.Popen(
                [command, "-n", "-c", str(folder / "config")], stderr=errors, stdout=errors, stdin=subprocess.DEVNULL
            )
        try:
            _wait(port, process, folder / "errors")
            host_key = " ".join((folder / "host.pub").read_text().split()[:2])
            yield cls(port, host_key, f"file:{folder}/login.json", home, folder)
        finally:
            process.terminate()
            process.wait(10)

    def settings(self, directory: Path, **others: object) -> dict[str, object]:
        """The settings of a route to this server."""
        found = {"host": "127.0.0.1", "port": self.port, "host_key": self.host_key, "credentials": self.credentials}
        return {**found, "directory": str(directory), **others}

    def drop(self, name: str) -> tuple[Path, Path]:
        """Two new directories, in which drops arrive and acknowledgements lie."""
        arriving, answering = self.home / name / "in", self.home / name / "out"
        arriving.mkdir(parents=True)
        answering.mkdir(parents=True)
        return arriving, answering


@pytest.fixture(scope="session")
def proftpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProFTPD]:
    """One ProFTPD, as it is shipped, for the session."""
    with ProFTPD.start(tmp_path_factory.mktemp("proftpd")) as server:
        yield server


def _proftpd() -> str:
    found = shutil.which("proftpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None or not Path("/usr/lib/proftpd/mod_sftp.so").exists():
        pytest.fail(_MISSING)
    return found


def _make_user(folder: Path, home: Path) -> None:
    """The one virtual user, who is the current one to the operating system. ProFTPD reads no file of users that others may read."""
    hashed = subprocess.run(["openssl", "passwd", "-6", PASSWORD], check=True, capture_output=True, text=True).stdout.strip()
    users = folder / "users"
    users.touch(mode=0o600)
    users.write_text(f"{USER}:{hashed}:{os.getuid()}:{os.getgid()}::{home}:/bin/false\n")
    (folder / "login.json").write_text(json.dumps({"username": USER, "password": PASSWORD}))


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as probe:
                if probe.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"proftpd did not start: {log.read_text()}")
