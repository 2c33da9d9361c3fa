"""A real S3 server for the tests (moto's), on any address: a process of its own, with one bucket."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up", "AWS_DEFAULT_REGION": "eu-west-2"}
BUCKET = "soh"


@dataclass(frozen=True)
class S3:
    """A server that answers. `environment` is what a hub needs to find it."""

    url: str
    process: "subprocess.Popen[bytes]"

    @property
    def store(self) -> str:
        return f"s3://{BUCKET}/store"

    @property
    def environment(self) -> dict[str, str]:
        return {**KEYS, "AWS_ENDPOINT_URL": self.url}


@contextmanager
def running_s3(port: int, host: str = "127.0.0.1", within: tuple[str, ...] = ()) -> Iterator[S3]:
    """A server while the block runs; `within` is the beginning of the command line that it is started with."""
    command = [*within, "setpriv", "--pdeathsig=KILL", "--", sys.executable, "-m", "moto.server", "-H", host, "-p", str(port)]
    process = subprocess.Popen(command, env={**os.environ, **KEYS}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = S3(f"http://{host}:{port}", process)
    try:
        _make_bucket(server)
        yield server
    finally:
        process.kill()
        process.wait()


def _make_bucket(server: S3) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urlopen(Request(f"{server.url}/{BUCKET}", method="PUT"), timeout=5).close()  # noqa: S310 our own server
        except OSError as error:
            if server.process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the S3 server did not start: {error}")
            time.sleep(0.1)
        else:
            return
