"""dlt with a custom destination: a resource yields the mapped reports, dlt extracts, normalizes and loads, the destination uploads.

Runs in dlt's own environment (`dlt_setup.sh`). A batch of the destination is a drop of at most 500 reports, or one report.
"""

import base64
import csv
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import paramiko

sys.path.insert(0, str(Path(__file__).parents[2]))
from bench.peers.flat import FIELDS, flat
from bench.peers.go import begin

AT_MOST = 500


def work(shape: str, intake: Path, server: dict[str, Any]) -> None:
    ssh = paramiko.SSHClient()
    kind, key = server["host_key"].split()
    ssh.get_host_keys().add(f"[{server['host']}]:{server['port']}", kind, paramiko.Ed25519Key(data=base64.b64decode(key)))
    ssh.connect(server["host"], server["port"], server["username"], key_filename=server["key"], allow_agent=False, look_for_keys=False)
    sftp = ssh.open_sftp()
    sftp.chdir(server["directory"])
    drops = 0

    @dlt.resource(name="reports")  # type: ignore[untyped-decorator]
    def reports() -> Iterator[dict[str, str]]:
        for file in sorted(intake.glob("*.json")):
            yield flat(file.read_bytes())

    def upload(name: str, body: bytes) -> None:
        sftp.putfo(io.BytesIO(body), f".{name}.part", confirm=False)
        sftp.posix_rename(f".{name}.part", name)

    @dlt.destination(  # type: ignore[untyped-decorator]
        batch_size=AT_MOST if shape == "drops" else 1,
        naming_convention="direct",
        skip_dlt_columns_and_tables=True,
        max_parallel_load_jobs=1,
    )
    def far_end(items: list[dict[str, Any]], table: dict[str, Any]) -> None:  # noqa: ARG001 - dlt gives both
        nonlocal drops
        if shape == "drops":
            drops += 1
            text = io.StringIO(newline="")
            writer = csv.DictWriter(text, FIELDS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(map(_as_texts, items))
            upload(f"drop-{drops:06d}.csv", text.getvalue().encode())
        else:
            for item in map(_as_texts, items):
                upload(f"{item['SUBMISSION_ID']}.json", json.dumps(item, ensure_ascii=False).encode())

    columns = {name: {"data_type": "text"} for name in FIELDS}
    pipeline = dlt.pipeline("peers", destination=far_end(), pipelines_dir=os.environ["PEER_HOME"])
    pipeline.run(reports(), columns=columns)
    ssh.close()


def _as_texts(item: dict[str, Any]) -> dict[str, str]:
    return {name: str(item[name]) for name in FIELDS}


if __name__ == "__main__":
    begin(work)
