"""The hub's own Prefect server: started beside the work, on loopback unless it is for other machines, and gone with what started it.

Nothing here imports Prefect by itself, so the server begins to start (about 9 s on two cores) while the caller still imports, samples or
migrates: `start` returns at once and `wait` blocks. The server's database may be thrown away at any time; the truth is the ledger.
"""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

HOST = "127.0.0.1"
_ANY = ("0.0.0.0", "::")  # noqa: S104 - what nobody can be reached at
_PAUSE = 0.1  # seconds between two looks at a server that starts

SERVER_CREDENTIAL = "PREFECT_SERVER_API_AUTH_STRING"  # `user:password`; where it is set, the API answers nobody else
CLIENT_CREDENTIAL = "PREFECT_API_AUTH_STRING"
_HANDED_ON = (SERVER_CREDENTIAL, "PREFECT_SERVER_ENCRYPTION_KEY")  # of what the environment says of Prefect, by every server
_DATABASE = ("PREFECT_SERVER_DATABASE_", "PREFECT_API_DATABASE_")
_UI_API_URL, _UI_URL = "PREFECT_SERVER_UI_API_URL", "PREFECT_UI_URL"  # where a browser reaches it
_IN_SHORT = {"PREFECT_UI_API_URL": _UI_API_URL}  # Prefect takes either name

_SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",  # 16-32 task runs a second as shipped, 74-80 so
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",  # off as shipped: runs would be kept for ever
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "false",  # as shipped: no cookie lets a browser in
}
_DIRECT = build_opener(ProxyHandler({}))  # no proxy knows a server of ours


class ServerUnavailable(Exception):
    """The Prefect server did not start; the text ends with the last lines of its log."""


class PrefectServer:
    """A Prefect server with its UI for one `HUB_HOME`, or the one that already runs there.

    As a context manager it starts on entry, without waiting, and stops on exit. A server that another process of the same
    `HUB_HOME` started is used and left alone. `port` 0 takes a free one; `host` is the address that it listens at. `settings` are of
    Prefect's own (`settings_named`); without a database in them it keeps its runs in an SQLite file below its home.
    """

    def __init__(self, hub_home: Path, *, port: int = 0, host: str = HOST, settings: Mapping[str, str] | None = None) -> None:
        self.home = hub_home.absolute() / "prefect"
        self.log = self.home / "server.log"
        self._nobody = self.home / "nobody.pem"
        self.api_url = ""
        self._port = port
        self._host = host
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    @property
    def ui_url(self) -> str:
        return self.api_url.removesuffix("/api")

    @property
    def pid(self) -> int | None:
        """The server's process; None where another process of this `HUB_HOME` owns it."""
        return self._process.pid if self._process else None

    @property
    def has_ended(self) -> bool:
        """Whether our own server has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    @property
    def environment(self) -> dict[str, str]:
        """What a process that runs flows must have in its environment *before* it imports Prefect."""
        credential = os.environ.get(SERVER_CREDENTIAL) or os.environ.get(CLIENT_CREDENTIAL)
        given = {CLIENT_CREDENTIAL: credential} if credential else {}
        given |= {"PREFECT_API_SSL_CERT_FILE": str(self._nobody)} if self._nobody.exists() else {}
        return given | {
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.api_url,
            "DO_NOT_TRACK": "1",
            "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
            "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",  # each client would ask for a token first, and hear that there are none
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "ERROR",  # what runs say is in the UI; a terminal has progress bars
        }

    def start(self) -> Self:
        """Begin to start, and return at once. Raises OSError where the port is taken or the folder cannot be written."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(self.home / "server.lock")
        if self._lock is None:
            self.api_url = _url_of_the_other(self.home / "server.json")
            return self
        (self.home / "server.json").unlink(missing_ok=True)  # of one that was killed
        _trust_nobody(self._nobody)
        with _listen(self._host, self._port) as listening:
            self.api_url = f"http://{_reached_at(self._host)}:{listening.getsockname()[1]}/api"
            if not any(name.startswith(_DATABASE) for name in self._settings):
                _lay_database(self.home / "prefect.db")
            self._process = self._spawn(listening.fileno())
        (self.home / "server.json").write_text(json.dumps({"api_url": self.api_url, "pid": self._process.pid}))
        return self

    def wait(self, timeout: float = 120) -> Self:
        """Block until the server answers. Raises ServerUnavailable after `timeout` seconds, or as soon as its process has ended."""
        end = time.monotonic() + timeout
        while not _answers(self.api_url):
            if self._process and self._process.poll() is not None:
                raise ServerUnavailable(f"Prefect's server ended with code {self._process.returncode}: see {self.log}\n{_tail(self.log)}")
            if time.monotonic() > end:
                raise ServerUnavailable(f"Prefect's server did not answer within {timeout:.0f} s: see {self.log}\n{_tail(self.log)}")
            time.sleep(_PAUSE)
        return self

    def begin_again(self) -> None:
        """Start it anew at the same address, where it has ended. Raises OSError where another process has taken the port."""
        self._port = int(self.api_url.removesuffix("/api").rpartition(":")[2])
        self.stop()
        self.start()

    def stop(self) -> None:
        """End the server, if it is ours. Harmless when called twice."""
        if self._process:
            _finish_client()
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            (self.home / "server.json").unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _spawn(self, listening: int) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        environment |= _SETTINGS | {
            "PREFECT_HOME": str(self.home),
            _UI_API_URL: self.api_url,
            _UI_URL: self.ui_url,
        }
        environment |= {name: os.environ[name] for name in _HANDED_ON if name in os.environ} | self._settings
        with self.log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 our own module, no input from outside
                [sys.executable, "-m", "flows.server_process", str(listening), str(os.getpid())],
                env=environment,
                cwd=Path(__file__).parents[1],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(listening,),
                start_new_session=True,  # Ctrl-C reaches the hub first, which ends its runs and then the server
            )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def settings_named(environment: Mapping[str, str]) -> dict[str, str]:
    """What an environment says of a server that stays: the database that it keeps its runs in, and where a browser reaches it."""
    given = {_IN_SHORT.get(name, name): value for name, value in environment.items() if value}
    return {name: value for name, value in given.items() if name.startswith(_DATABASE) or name in (_UI_API_URL, _UI_URL)}


def template() -> Path:
    """Where the set-up keeps an empty database that is already migrated: migrating a new one takes 12 s of a start."""
    return Path(sys.prefix) / "share" / "soh-hub" / f"prefect-{version('prefect')}.db"


def _lay_database(path: Path) -> None:
    if not path.exists() and template().exists():
        shutil.copyfile(template(), path)


def _lock(path: Path) -> int | None:
    """Hold the file until it is closed or this process ends, however it ends; None where another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _trust_nobody(path: Path) -> None:
    """Whom Prefect's clients trust that speak to our own server, which has no TLS to be asked for: a certificate of nobody.

    Each of them, five for one run, would load all authorities that there are first, 18 ms of processor time. They refuse an empty file:
    what is there has reached the disk.
    """
    if path.exists():
        return
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import CertificateBuilder, Name, NameAttribute, random_serial_number
    from cryptography.x509.oid import NameOID

    key, name = generate_private_key(SECP256R1()), Name([NameAttribute(NameOID.COMMON_NAME, "nobody")])
    made = CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(random_serial_number())
    valid = made.not_valid_before(datetime.now(UTC)).not_valid_after(datetime.now(UTC) + timedelta(seconds=1))
    whole = path.with_suffix(".new")
    with whole.open("wb") as file:
        file.write(valid.sign(key, SHA256()).public_bytes(Encoding.PEM))  # the key is not kept
        file.flush()
        os.fsync(file.fileno())
    whole.replace(path)


def _url_of_the_other(path: Path) -> str:
    for _ in range(50):  # the other may hold the lock and not have written yet
        try:
            return str(json.loads(path.read_text())["api_url"])
        except (OSError, ValueError, KeyError):
            time.sleep(_PAUSE)
    raise ServerUnavailable(f"another process starts a Prefect server and does not say where: {path}. End it, and try again.")


def _reached_at(host: str) -> str:
    """How a URL of this machine names who listens there."""
    known = HOST if host in _ANY else host
    return f"[{known}]" if ":" in known else known


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens already: no other process can take the port before the server is up."""
    listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.set_inheritable(True)
    return listening


def _finish_client() -> None:
    """Send what Prefect's client in this process still holds: the last states and log lines of its runs."""
    if "prefect.events.worker" in sys.modules:
        from prefect.events.worker import EventsWorker
        from prefect.logging.handlers import APILogWorker

        EventsWorker.drain_all(timeout=5)
        APILogWorker.drain_all(timeout=5)


def _answers(api_url: str) -> bool:
    try:
        with _DIRECT.open(f"{api_url}/ready", timeout=2) as response:  # our own address
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def _tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""
