"""A Prefect flow with one task for each report, as its tutorials begin: mapped over the files, on one thread pool, with retries.

Each task maps one report and uploads it over a connection that its thread keeps. A task gets the path of its file, so that no report is
stored by Prefect. It runs against a Prefect server that is up already, in the environment of the hub (the server's settings too).
"""

import base64
import io
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import paramiko
import prefect.flow_engine
import prefect.task_engine  # noqa: F401 - both are imported by a first run, else: libraries are loaded before the clock starts
from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner

sys.path.insert(0, str(Path(__file__).parents[2]))
from bench.peers.flat import FIELDS, flat
from bench.peers.go import begin

_SERVER: dict[str, Any] = {}
_OWN = threading.local()


@task(retries=3, retry_delay_seconds=1)
def carry_one(path: str) -> None:
    values = flat(Path(path).read_bytes())
    sftp = _connection()
    name = f"{values['SUBMISSION_ID']}.{'csv' if _SERVER['shape'] == 'drops' else 'json'}"
    body = _csv(values) if _SERVER["shape"] == "drops" else json.dumps(values, ensure_ascii=False).encode()
    sftp.putfo(io.BytesIO(body), f".{name}.part", confirm=False)
    sftp.posix_rename(f".{name}.part", name)


@flow
def carry_all(intake: str) -> None:
    """It is given the folder: Prefect keeps what a flow is given, and takes no more than half a megabyte of it."""
    carry_one.map([str(path) for path in sorted(Path(intake).glob("*.json"))]).wait()


def _csv(values: dict[str, str]) -> bytes:
    import csv

    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, FIELDS)
    writer.writeheader()
    writer.writerow(values)
    return text.getvalue().encode()


def _connection() -> paramiko.SFTPClient:
    if not hasattr(_OWN, "sftp"):
        ssh = paramiko.SSHClient()
        kind, key = _SERVER["host_key"].split()
        ssh.get_host_keys().add(f"[{_SERVER['host']}]:{_SERVER['port']}", kind, paramiko.Ed25519Key(data=base64.b64decode(key)))
        ssh.connect(
            _SERVER["host"], _SERVER["port"], _SERVER["username"], key_filename=_SERVER["key"], allow_agent=False, look_for_keys=False
        )
        _OWN.ssh, _OWN.sftp = ssh, ssh.open_sftp()
        _OWN.sftp.chdir(_SERVER["directory"])
    sftp: paramiko.SFTPClient = _OWN.sftp
    return sftp


def work(shape: str, intake: Path, server: dict[str, Any]) -> None:
    _SERVER.update(server, shape=shape)
    carry_all.with_options(task_runner=ThreadPoolTaskRunner(max_workers=int(os.environ.get("PEER_THREADS", "4"))))(str(intake))  # type: ignore[arg-type]


if __name__ == "__main__":
    carry_all.serialize_parameters({"intake": ""})  # loads what Prefect encodes parameters with
    begin(work)
