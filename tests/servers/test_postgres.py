import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.servers.postgres import Postgres

_STARTS_AND_DIES = """
import os, signal
from tests.servers.postgres import running_postgres
with running_postgres() as server:
    print(server.port, server.folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _tables(url: str) -> set[str]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return {row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def test_each_database_is_empty_whatever_another_holds(postgres: Postgres) -> None:
    with postgres.database() as one, postgres.database() as other:
        with psycopg.connect(one.replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE welsh (text text)")
            connection.execute("INSERT INTO welsh VALUES ('ŵŷ')")
        assert _tables(one) == {"welsh"}
        assert _tables(other) == set()


def test_a_database_is_gone_after_its_test_even_with_a_connection_left_open(postgres: Postgres) -> None:
    with postgres.database() as url:
        left_open = psycopg.connect(url.replace("+psycopg", ""))
    left_open.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url.replace("+psycopg", ""))


def test_the_server_ends_when_its_test_process_is_killed() -> None:
    killed = subprocess.run([sys.executable, "-c", _STARTS_AND_DIES], stdout=subprocess.PIPE, text=True, check=False)
    port, folder = killed.stdout.split()
    try:
        assert killed.returncode == -signal.SIGKILL
        assert _ends(Postgres(int(port), Path(folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ends(server: Postgres) -> bool:
    end = time.monotonic() + 10
    while server.answers() and time.monotonic() < end:
        time.sleep(0.1)
    return not server.answers()
