"""A real PostgreSQL for the tests: one server for each pytest process, a fresh database for each test that asks.

It listens on 127.0.0.1 and a free port, keeps its data in a folder of its own, and ends with the tests, even when they are killed.
Without PostgreSQL the tests fail, and say which line to run: they are never left out.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

_FAST = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=60")


@dataclass(frozen=True)
class Postgres:
    """A running server; any local user is its superuser `hub`."""

    port: int
    folder: Path
    host: str = "127.0.0.1"
    numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """A new database, as an SQLAlchemy URL; dropped afterwards, with whoever is still connected to it.

        Empty, or a copy of the one named, to which nobody may be connected meanwhile.
        """
        name = f"test_{next(self.numbers)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield f"postgresql+psycopg://hub@{self.host}:{self.port}/{name}"
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def answers(self) -> bool:
        try:
            self._run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, statement: str) -> None:
        with psycopg.connect(
            f"host={self.host} port={self.port} user=hub dbname=postgres connect_timeout=5", autocommit=True
        ) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_postgres(host: str = "127.0.0.1", within: Sequence[str] = ()) -> Iterator[Postgres]:
    """A server while the block runs; `within` is the beginning of the command line that it is started with."""
    with _new_folder() as folder:
        if host != "127.0.0.1":
            with (folder / "data" / "pg_hba.conf").open("a") as rules:
                rules.write("host all all 10.77.0.0/16 trust\n")
        process, postgres = _start(folder, _free_port(), host, within)
        try:
            yield postgres
        finally:
            _end(process)


class Interruptible:
    """A server of a test's own, which it may crash and start again: the same data at the same address."""

    def __init__(self, folder: Path) -> None:
        self._process, self.server = _start(folder, _free_port())

    def crash(self) -> None:
        """Every connection is cut, whatever is under way, and nobody answers any more (PostgreSQL's immediate end)."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(20)

    def start(self) -> None:
        """It is there again, and has recovered."""
        self._process, self.server = _start(self.server.folder, self.server.port)

    def end(self) -> None:
        _end(self._process)


@contextmanager
def interruptible_postgres() -> Iterator[Interruptible]:
    """Such a server while the block runs."""
    with _new_folder() as folder:
        server = Interruptible(folder)
        try:
            yield server
        finally:
            server.end()


@contextmanager
def _new_folder() -> Iterator[Path]:
    """The folder of a new server, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hub-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        shutil.chown(folder, *_owner())
        subprocess.run(
            [
                *_as_owner(),
                _command("initdb"),
                "-D",
                f"{folder}/data",
                "-U",
                "hub",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        yield Path(folder)


def _start(folder: Path, port: int, host: str = "127.0.0.1", within: Sequence[str] = ()) -> tuple["subprocess.Popen[bytes]", Postgres]:
    postgres, log = Postgres(port, folder, host), folder / "log"
    options = [word for setting in _FAST for word in ("-c", setting)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *within,
                *_as_owner(),
                _command("postgres"),
                "-D",
                f"{folder}/data",
                "-h",
                host,
                "-p",
                str(postgres.port),
                "-k",
                f"{folder}",
                *options,
            ],
            stdout=out,
            stderr=out,
            cwd=folder,
        )
    end = time.monotonic() + 60
    while not postgres.answers():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            pytest.fail(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
    return process, postgres


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)  # PostgreSQL's fast end: open connections are cut
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _owner() -> tuple[int, int]:
    """Whose the server is: ours, but PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return entry.pw_uid, entry.pw_gid


def _as_owner() -> list[str]:
    """The start of a command line that becomes the owner, and ends with us. `setpriv` is part of util-linux, on every Debian."""
    uid, gid = _owner()
    change = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *change, "--pdeathsig=INT", "--"]


def _command(name: str) -> str:
    """Where a program of PostgreSQL lies: Debian keeps the server's out of the PATH. The newest version is taken."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ["PATH"]]))
    if not found:
        pytest.fail(f"PostgreSQL's {name} is missing. Run: sudo apt-get install --no-install-recommends postgresql")
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL of this pytest process, started when a test first asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A fresh database: `postgresql+psycopg://…`."""
    with postgres.database() as url:
        yield url
